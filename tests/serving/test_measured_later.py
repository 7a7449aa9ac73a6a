"""Measuring behind people's backs: only in quiet, again where it was disturbed, never in anybody's way."""

import threading
from collections.abc import Callable

import pytest

from models.catalog import Task
from models.errors import Cancelled
from quantization.automatic.race import Measurement
from quantization.measure.bystanders import Use
from serving import measured_later
from serving.loading import ModelKey, load, resolved
from serving.measured_later import LOOKS, QUIET, measure_later, wait_until_quiet
from serving.model_store import ModelStore

LONG = 120.0
ALONE, BESIDE = Use(others=0.0, processor=2.0, seconds=1.0), Use(others=1.0, processor=2.0, seconds=1.0)
FASTER = {"fp32": 2.0, "openvino": 1.0}


@pytest.fixture
def key(tiny_models) -> ModelKey:
    return ModelKey(Task.QUESTION_ANSWERING, str(tiny_models.bert_qa()), "cpu", "auto")


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it would have waited for quiet, each time; measurements are allowed, and find a machine of their own."""
    waits: list[float] = []
    monkeypatch.setenv(measured_later.VARIABLE, "1")
    monkeypatch.setattr(measured_later, "_asked", set())
    monkeypatch.setattr(measured_later, "wait_until_quiet", lambda store, seconds: waits.append(seconds))
    monkeypatch.setattr("quantization.automatic.race.use_between", lambda before, after: ALONE)
    return waits


def anew(key: ModelKey) -> ModelKey:
    """The key of another click, which knows nothing yet."""
    return ModelKey(key.task, key.model_id, key.device, key.precision)


def finished(thread: threading.Thread | None) -> None:
    assert thread is not None
    thread.join(LONG)
    assert not thread.is_alive()


def races(monkeypatch: pytest.MonkeyPatch, *results: Callable[[threading.Event], Measurement]) -> None:
    """Let each race end as these say, one after another."""
    left = list(results)
    monkeypatch.setattr(measured_later, "measure", lambda card, device, wanted: left.pop(0)(wanted))


def test_what_was_measured_in_quiet_is_what_the_next_click_gets(key, waited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantization.automatic.race.best_of", lambda works, cancelled: FASTER)
    store = ModelStore(10**9)
    with store.use(key) as model:
        assert model.precision == "fp32"
    thread = measure_later(key, store)
    assert measure_later(key, store) is None
    finished(thread)
    assert waited == [QUIET]
    assert resolved(anew(key)).precision == "openvino"
    assert load(anew(key)).precision == "openvino"
    with store.use(anew(key)) as model:
        assert model.precision == "openvino"


def test_nothing_is_measured_behind_any_test() -> None:
    assert not measured_later.is_on()


def test_nothing_is_measured_where_it_is_turned_off(key, waited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(measured_later.VARIABLE, "0")
    assert measure_later(key, ModelStore(10**9)) is None
    assert waited == []


def test_a_disturbed_race_is_repeated_after_a_longer_quiet(key, waited, monkeypatch: pytest.MonkeyPatch) -> None:
    def somebody_comes(wanted: threading.Event) -> Measurement:
        with store.use(key):
            assert wanted.is_set()
        raise Cancelled

    store = ModelStore(10**9)
    races(
        monkeypatch,
        somebody_comes,
        lambda wanted: Measurement(FASTER, BESIDE),
        lambda wanted: Measurement(FASTER, ALONE),
    )
    finished(measure_later(key, store))
    assert waited == [QUIET, 2 * QUIET, 4 * QUIET]


def test_the_quiet_that_it_waits_for_has_an_end(key, waited, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = [lambda wanted: Measurement(FASTER, BESIDE)] * 9
    races(monkeypatch, *tries, lambda wanted: Measurement(FASTER, ALONE))
    finished(measure_later(key, ModelStore(10**9)))
    assert waited[-1] == waited[-2] == measured_later.LONGEST_QUIET


def test_without_spare_room_nothing_is_loaded_and_the_next_use_asks_again(
    key, waited, monkeypatch: pytest.MonkeyPatch
) -> None:
    races(monkeypatch)  # none may begin
    store = ModelStore(1)
    finished(measure_later(key, store))
    again = measure_later(key, store)
    assert again is not None
    finished(again)


def test_what_fails_is_nobodys_error_and_not_tried_again(key, waited, monkeypatch: pytest.MonkeyPatch) -> None:
    races(monkeypatch, lambda wanted: 1 / 0)  # type: ignore[arg-type,return-value]
    store = ModelStore(10**9)
    finished(measure_later(key, store))
    assert measure_later(key, store) is None


def test_other_weights_under_the_same_name_are_measured_as_well(
    key, waited, tiny_models, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    races(monkeypatch, *[lambda wanted: Measurement(FASTER, ALONE)] * 2)
    store = ModelStore(10**9)
    finished(measure_later(key, store))
    os.utime(tiny_models.bert_qa() / "model.safetensors", (1, 1))
    finished(measure_later(anew(key), store))


class Machine:
    """A machine whose others are scripted: at each look they compute, or somebody uses the store, or neither."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, looks: str):
        self.looks, self.slept, self.idle_seconds = iter(looks), [], 0.0
        monkeypatch.setattr(measured_later.time, "sleep", self.sleep)
        monkeypatch.setattr(measured_later.bystanders, "read", lambda: None)
        monkeypatch.setattr(
            measured_later.bystanders, "use_between", lambda before, after: BESIDE if self.now == "p" else ALONE
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now = next(self.looks)
        self.idle_seconds = 0.0 if self.now == "v" else self.idle_seconds + seconds


@pytest.mark.parametrize(
    "looks",
    ["." * LOOKS, "p" + "." * LOOKS, "...v" + "." * LOOKS, "..p..v" + "." * LOOKS],
    ids=["quiet", "a-program-first", "a-visitor-in-between", "one-after-the-other"],
)
def test_it_waits_until_all_looks_in_a_row_saw_nobody(monkeypatch: pytest.MonkeyPatch, looks: str) -> None:
    machine = Machine(monkeypatch, looks)
    wait_until_quiet(machine, 5.0)  # type: ignore[arg-type]
    assert next(machine.looks, "all were needed") == "all were needed"
    assert machine.slept == [5.0 / LOOKS] * len(looks)

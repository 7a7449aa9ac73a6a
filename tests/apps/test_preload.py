"""What is read before anybody asks for it: what, in which order, and when not."""

import sys
import threading
from types import SimpleNamespace

import pytest

from apps import preload
from models.catalog import Task, card_of
from models.errors import DamagedFile
from serving.loading import ModelKey
from serving.model_store import ModelStore


class Model:
    footprint, people = 1000, 1


class Loads:
    """Stands for loading: notes the keys, and fails for those of one task."""

    def __init__(self, broken: Task | None = None) -> None:
        self.keys: list[ModelKey] = []
        self.broken = broken

    def __call__(self, key: ModelKey, on_step: object) -> Model:
        self.keys.append(key)
        if key.task == self.broken:
            raise DamagedFile("It is broken.")
        return Model()


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No pauses, room enough, and as if nothing had begun yet."""
    monkeypatch.setattr(preload, "BREATH_SECONDS", 0)
    monkeypatch.setattr(preload, "_FIRST_PAGE_SECONDS", 0)
    monkeypatch.setattr(preload, "LEAST_MEMORY", 0)
    monkeypatch.setattr(preload, "_begun", threading.Lock())
    monkeypatch.setenv(preload.VARIABLE, "1")
    return monkeypatch


def store_of(loads: Loads, capacity: int = 10**9) -> ModelStore:
    return ModelStore(capacity, loads, lambda key: 0)


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "aula-preload"]


def test_the_models_that_pages_open_with_are_loaded_once(brisk: pytest.MonkeyPatch) -> None:
    loads = Loads()
    store = store_of(loads)
    preload.preload(store)

    assert {"pandas", "altair", "torch", "transformers"} <= set(sys.modules)
    assert [key.model_id for key in loads.keys] == [key.model_id for key in preload.first_models()]
    assert all(card_of(key.model_id).embedded for key in loads.keys)
    with store.use(ModelKey(Task.QUESTION_ANSWERING, "aula/qa-minilm", "cpu", "fp32")):
        assert len(loads.keys) == len(set(loads.keys))  # the page's own words for it lead to the same model


def test_a_broken_model_keeps_none_of_the_others(brisk: pytest.MonkeyPatch) -> None:
    loads = Loads(broken=Task.QUESTION_ANSWERING)
    store = store_of(loads)
    preload.preload(store)

    assert len(store.loaded()) == len(loads.keys) - 1 > 1


def test_nothing_is_read_where_memory_is_short(brisk: pytest.MonkeyPatch) -> None:
    brisk.setattr(preload, "LEAST_MEMORY", 3e9)
    brisk.setattr(preload, "machine_memory", lambda: SimpleNamespace(available=2e9))
    brisk.setattr(preload, "import_module", lambda name: pytest.fail("read although memory is short"))
    loads = Loads()
    preload.preload(store_of(loads))

    assert not loads.keys


def test_no_model_is_dropped_for_one_that_nobody_wants_yet(brisk: pytest.MonkeyPatch) -> None:
    store = store_of(loads := Loads(), capacity=2 * Model.footprint)
    preload.preload(store)

    assert len(loads.keys) == len(store.loaded()) == 1


def test_it_begins_once_for_the_server_and_ends_in_silence(brisk: pytest.MonkeyPatch) -> None:
    begun: list[object] = []

    def fail(store: object) -> None:
        begun.append(store)
        raise ImportError("A library is missing.")

    brisk.setattr(preload, "preload", fail)
    store = store_of(Loads())
    for _ in range(3):
        preload.begin(lambda: store)
    for thread in threads():
        assert thread.daemon
        thread.join(10)

    assert begun == [store]


def test_it_can_be_turned_off(brisk: pytest.MonkeyPatch) -> None:
    brisk.setenv(preload.VARIABLE, "0")
    preload.begin(lambda: pytest.fail("asked for the store"))

    assert not threads()

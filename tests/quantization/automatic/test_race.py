"""The measurement behind “auto”: the works that it runs, that the slower one loses, and what does not count."""

import threading
import time

import pytest

from models.catalog import ModelCard, Task
from models.device import choose_device
from models.errors import Cancelled
from models.tasks import wrapper_class
from models.weights.cards import find_card
from quantization.automatic import race
from quantization.automatic.choice import choose
from quantization.measure.bystanders import NO_USE, Use

KINDS = [
    (Task.QUESTION_ANSWERING, "bert_qa"),
    (Task.TEXT_CLASSIFICATION, "distilbert_classifier"),
    (Task.TEXT_TO_TEXT, "t5"),
    (Task.TEXT_GENERATION, "gpt2"),
    (Task.OBJECT_DETECTION, "yolov5_original"),
    (Task.IMAGE_CLASSIFICATION, "resnet"),
]
ALONE, BESIDE = Use(others=0.1, processor=2.0, seconds=1.0), Use(others=0.5, processor=2.0, seconds=1.0)


@pytest.fixture
def card(tiny_models) -> ModelCard:
    return find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)


def others_use(monkeypatch: pytest.MonkeyPatch, use: Use) -> None:
    """Whatever the machine that runs the tests does besides, the measurement sees this."""
    monkeypatch.setattr(race, "use_between", lambda before, after: use)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    others_use(monkeypatch, ALONE)


@pytest.mark.parametrize(("task", "builder"), KINDS)
def test_there_is_a_work_for_every_kind_of_model(tiny_models, task: Task, builder: str) -> None:
    card = find_card(str(getattr(tiny_models, builder)()), task)
    race.work_of(wrapper_class(task).load(card, "cpu"))()


def test_the_shortest_time_counts_and_stop_ends_it() -> None:
    best = race.best_of({"slow": lambda: time.sleep(0.02), "fast": lambda: None})
    assert best["fast"] < best["slow"]
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        race.best_of({"fast": lambda: None}, stop)


def test_what_was_measured_decides_from_then_on(card: ModelCard) -> None:
    told: list[str] = []
    found = race.measure(card, choose_device("cpu"), on_step=told.append)
    assert set(found.seconds) == {"fp32", "openvino"}
    assert found.counts
    assert not choose(card, "cpu").unmeasured
    assert all("Measuring once" in step for step in told)


@pytest.mark.parametrize("use", [BESIDE, NO_USE], ids=["others-computed", "nobody-knows"])
def test_what_was_measured_beside_others_is_not_remembered(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch, use: Use
) -> None:
    others_use(monkeypatch, use)
    found = race.measure(card, choose_device("cpu"))
    assert set(found.seconds) == {"fp32", "openvino"}
    assert not found.counts
    assert choose(card, "cpu").unmeasured


def test_who_comes_during_the_last_run_makes_it_count_for_nothing(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def last_run(works, cancelled):
        stop.set()
        return dict.fromkeys(works, 1.0)

    monkeypatch.setattr(race, "best_of", last_run)
    with pytest.raises(Cancelled):
        race.measure(card, choose_device("cpu"), stop)
    assert choose(card, "cpu").unmeasured


def test_a_race_is_long_enough_to_see_who_else_computes() -> None:
    begun = time.perf_counter()
    race.best_of({"instant": lambda: None})
    assert time.perf_counter() - begun >= race.SHORTEST


def test_a_candidate_that_this_model_cannot_be_computed_in_loses(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantization.compiled.graphs.convert", lambda *given: 1 / 0)
    assert race.measure(card, choose_device("cpu")).seconds["openvino"] == race.NEVER
    assert choose(card, "cpu").precision.name == "fp32"


def test_without_room_for_both_nothing_is_measured(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "load_beside", lambda size, device, load: None if size else load())
    found = race.measure(card, choose_device("cpu"))
    assert (found.seconds, found.counts) == ({}, False)
    assert choose(card, "cpu").unmeasured

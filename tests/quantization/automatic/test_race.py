"""The measurement behind “auto”: the works that it runs, and that the slower one loses."""

import threading
import time

import pytest

from models.catalog import Task
from models.device import choose_device
from models.errors import Cancelled
from models.tasks import wrapper_class
from models.weights.cards import find_card
from quantization.automatic import race
from quantization.automatic.choice import choose
from serving.loading import ModelKey, load, resolved
from serving.measured_later import measure_later
from serving.model_store import ModelStore

KINDS = [
    (Task.QUESTION_ANSWERING, "bert_qa"),
    (Task.TEXT_CLASSIFICATION, "distilbert_classifier"),
    (Task.TEXT_TO_TEXT, "t5"),
    (Task.TEXT_GENERATION, "gpt2"),
    (Task.OBJECT_DETECTION, "yolov5_original"),
    (Task.IMAGE_CLASSIFICATION, "resnet"),
]


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


def test_what_was_measured_decides_from_then_on(tiny_models) -> None:
    card = find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)
    told: list[str] = []
    seconds = race.measure(card, choose_device("cpu"), on_step=told.append)
    assert seconds is not None
    assert set(seconds) == {"fp32", "openvino"}
    assert not choose(card, "cpu").unmeasured
    assert all("Measuring once" in step for step in told)


def test_a_candidate_that_this_model_cannot_be_computed_in_loses(tiny_models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantization.compiled.graphs.convert", lambda *given: 1 / 0)
    card = find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)
    seconds = race.measure(card, choose_device("cpu"))
    assert seconds is not None
    assert seconds["openvino"] == race.NEVER
    assert choose(card, "cpu").precision.name == "fp32"


def test_without_room_for_both_nothing_is_measured(tiny_models, monkeypatch: pytest.MonkeyPatch) -> None:
    card = find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)
    monkeypatch.setattr(race, "load_beside", lambda size, device, load: None if size else load())
    assert race.measure(card, choose_device("cpu")) is None
    assert choose(card, "cpu").unmeasured


def test_the_store_measures_once_behind_whoever_asked_first(tiny_models, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "best_of", lambda works, cancelled: {"fp32": 2.0, "openvino": 1.0})
    folder = str(tiny_models.bert_qa())
    key, store = ModelKey(Task.QUESTION_ANSWERING, folder, "cpu", "auto"), ModelStore(10**9)
    with store.use(key) as model:
        assert model.precision == "fp32"
    thread = measure_later(key, store)
    assert thread is not None
    assert measure_later(key, store) is None
    thread.join(300)
    again = ModelKey(Task.QUESTION_ANSWERING, folder, "cpu", "auto")
    assert resolved(again).precision == "openvino"
    assert load(again).precision == "openvino"
    with store.use(again) as model:
        assert model.precision == "openvino"

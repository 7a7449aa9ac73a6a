"""What “auto” takes for all models here, measured because somebody asked, and what is said where it cannot be."""

import shutil
import threading
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task, card_of
from models.errors import Cancelled
from models.precision import write_saved
from models.weights.cards import find_card
from quantization.automatic import race, speeds, survey
from quantization.automatic.race import Measurement
from quantization.automatic.survey import TRIES, Taken
from quantization.keep import keep
from quantization.measure.bystanders import Use
from quantization.race.models import models_here
from quantization.recipes import INT8

ALONE, BESIDE = Use(others=0.0, processor=2.0, seconds=1.0), Use(others=1.0, processor=2.0, seconds=1.0)


@pytest.fixture
def card(tiny_models) -> ModelCard:
    return find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "LOOK", 0.0)
    monkeypatch.setattr(survey, "use_between", lambda before, after: ALONE)


def raced(monkeypatch: pytest.MonkeyPatch, *results: Measurement) -> list[Measurement]:
    """Let races end as these, one after another; those that are left."""
    left = list(results)

    def measure(card: ModelCard, device: object, cancelled: object) -> Measurement:
        found = left.pop(0)
        if found.counts:
            speeds.remember(card, found.seconds)
        return found

    monkeypatch.setattr(race, "measure", measure)
    return left


def taken(*cards: ModelCard) -> list[Taken]:
    return [item for item in survey.survey(cards) if isinstance(item, Taken)]


def test_each_model_is_measured_and_what_cannot_differ_is_not(
    card: ModelCard, tiny_models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = raced(monkeypatch, Measurement({"fp32": 3.0, "openvino": 1.0}, ALONE))
    folder = shutil.copytree(tiny_models.gpt2(), tmp_path / "saved")
    write_saved(folder, "int8", quantized=False)
    first, second = taken(card, find_card(str(folder), Task.TEXT_GENERATION))
    assert (first.precision, first.why) == ("openvino", "3.0 × as fast as fp32 here, with the same answers.")
    assert (second.precision, second.error) == ("int8", None)
    assert left == []


def test_it_is_measured_anew_even_where_it_is_known(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    speeds.remember(card, {"fp32": 3.0, "openvino": 1.0})
    raced(monkeypatch, Measurement({"fp32": 1.0, "openvino": 3.0}, ALONE))
    [found] = taken(card)
    assert (found.precision, found.error) == ("fp32", None)


def test_a_disturbed_race_is_run_again_and_counts_then(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"fp32": 3.0, "openvino": 1.0}
    raced(monkeypatch, Measurement(seconds, BESIDE), Measurement(seconds, ALONE))
    assert [(found.precision, found.error) for found in taken(card)] == [("openvino", None)]


def test_what_is_always_disturbed_is_said_and_not_taken(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    left = raced(monkeypatch, *[Measurement({"fp32": 3.0, "openvino": 1.0}, BESIDE)] * TRIES)
    [found] = taken(card)
    assert found.precision == "fp32"
    assert "other programs use 50% of the processor. Close them" in (found.error or "")
    assert left == []


def test_on_a_busy_machine_no_race_is_begun(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    raced(monkeypatch)
    monkeypatch.setattr(survey, "use_between", lambda before, after: BESIDE)
    [found] = taken(card)
    assert "other programs use 50% of the processor" in (found.error or "")


def test_without_room_and_with_a_model_that_fails_the_others_follow(
    card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = iter(
        [Measurement({}), RuntimeError("a broken layer"), Measurement({"fp32": 3.0, "openvino": 1.0}, ALONE)]
    )

    def measure(card: ModelCard, device: object, cancelled: object) -> Measurement:
        found = next(results)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(race, "measure", measure)
    no_room, broken, well = taken(card, card, card)
    assert "do not fit into memory side by side" in (no_room.error or "")
    assert "a broken layer" in (broken.error or "")
    assert well.error is None


def test_what_was_saved_in_a_precision_is_not_raced_and_what_cannot_be_loaded_says_so(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raced(monkeypatch)
    folder = keep(card, INT8, tmp_path / "kept")
    [found] = taken(find_card(str(folder), card.task))
    assert (found.precision, found.why, found.error) == ("int8", "in which this model was saved.", None)
    (folder / "aula_precision.json").write_text('{"precision": "int3"}', encoding="utf-8")
    [found] = taken(find_card(str(folder), card.task))
    assert "a precision that does not exist here" in (found.error or "")


def test_stop_ends_it(card: ModelCard) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        list(survey.survey([card], stop))


def test_the_models_here_are_those_of_the_suite_each_once() -> None:
    names = [card.model_id for card in models_here()]
    assert card_of("aula/yolov5s") in models_here()
    assert len(names) == len(set(names))

"""What “auto” takes: only what is known to cost little, and only where it was measured to be faster here."""

import json
import os
import shutil
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task, card_of
from models.precision import BF16, FP32, write_saved
from models.weights.cards import find_card
from quantization.automatic import losses, speeds
from quantization.automatic.choice import candidates, choose
from quantization.automatic.losses import Loss
from quantization.recipes import INT8, OPENVINO

QA = "aula/qa-minilm"


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """An embedded model of which it is known that int8 loses little and bf16 much; where it is kept is made up."""
    folder = tmp_path / "embedded"
    folder.mkdir()
    known = {"int8": Loss(0.4, "F1", 500, "2026-11-28"), "bf16": Loss(3.0, "F1", 500, "2026-11-28")}
    losses.write(folder, known)
    monkeypatch.setattr("models.weights.hub.embedded_folder", lambda card: folder)
    found = card_of(QA)
    assert found is not None
    return found


def names(card: ModelCard, device: str = "cpu") -> list[str]:
    return [each.name for each in candidates(card, device)]


def test_only_what_is_known_to_cost_little_is_a_candidate(card: ModelCard) -> None:
    assert names(card) == ["fp32", "int8", "openvino"]


def test_without_a_measurement_it_is_fp32_and_says_so(card: ModelCard) -> None:
    choice = choose(card, "cpu")
    assert (choice.precision, choice.unmeasured) == (FP32, True)
    assert "not measured yet" in choice.reason


@pytest.mark.parametrize(
    ("seconds", "taken", "reason"),
    [
        ({"fp32": 0.3, "int8": 0.15, "openvino": 0.25}, INT8, "2.0 × as fast as fp32 here, 0.4 points of F1 lost"),
        ({"fp32": 0.3, "int8": 0.2, "openvino": 0.25}, OPENVINO, "1.2 × as fast as fp32 here, with the same answers"),
        ({"fp32": 0.3, "int8": 0.25, "openvino": 0.35}, FP32, "int8 and openvino would not be much faster here"),
        ({"fp32": 0.3, "int8": 0.2, "openvino": 0.1}, OPENVINO, "3.0 × as fast as fp32 here, with the same answers"),
        ({"fp32": 0.3, "int8": 0.4, "openvino": 0.29}, FP32, "int8 and openvino would not be much faster here"),
    ],
)
def test_the_fastest_is_taken_where_it_is_worth_it(card: ModelCard, seconds, taken, reason: str) -> None:
    speeds.remember(card, seconds)
    choice = choose(card, "cpu")
    assert choice.precision is taken
    assert reason in choice.reason
    assert not choice.unmeasured


HARMED = ["", "[]", '{"seconds": 3}', '{"seconds": {"fp32": 1, "int8": true, "openvino": 1}}']


@pytest.mark.parametrize("content", HARMED)
def test_a_measurement_that_cannot_be_read_is_none(card: ModelCard, content: str) -> None:
    speeds.remember(card, {"fp32": 1.0, "int8": 0.5, "openvino": 0.5})
    [file] = (Path(os.environ["AULA_HOME"]) / "speeds").iterdir()
    file.write_text(content)
    assert choose(card, "cpu").unmeasured


def test_another_processor_or_other_weights_are_measured_anew(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"fp32": 0.3, "int8": 0.2, "openvino": 0.25}
    speeds.remember(card, seconds)
    assert speeds.remembered(card, list(seconds)) == seconds
    assert speeds.remembered(card, ["fp32", "bnb-nf4"]) is None  # a candidate that is new
    monkeypatch.setattr(speeds, "processor_name", lambda: "another")
    assert speeds.remembered(card, list(seconds)) is None


def test_bf16_is_no_candidate_without_units_for_it_however_little_it_loses(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses.write(tmp_path / "embedded", {"bf16": Loss(0.0, "F1", 500, "2026-11-28")})
    monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda: False)
    assert "bf16" not in names(card)
    monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda: True)
    assert "bf16" in names(card)


def test_of_another_model_nothing_is_known_but_what_gives_the_same_answers(tiny_models) -> None:
    assert names(find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)) == ["fp32", "openvino"]
    writes = find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)
    assert names(writes) == ["fp32", "openvino"]
    assert names(writes, "cuda") == ["fp32"]
    assert "of no other precision" in choose(writes, "cuda").reason


def test_a_model_that_was_saved_in_a_precision_keeps_it(tiny_models, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda: True)  # without, bf16 is not taken
    folder = shutil.copytree(tiny_models.gpt2(), tmp_path / "saved")
    write_saved(folder, "bf16", quantized=False)
    choice = choose(find_card(str(folder), Task.TEXT_GENERATION), "cpu")
    assert choice.precision is BF16


@pytest.mark.parametrize("name", ["fp16", "openvino-bf16"])
def test_a_model_saved_in_what_does_not_run_here_is_taken_in_fp32(
    name: str, tiny_models, tmp_path: Path, monkeypatch
) -> None:
    """Its weights are ordinary ones: it was kept on a machine with a graphics card, or with units for bf16."""
    monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda: False)
    folder = shutil.copytree(tiny_models.gpt2(), tmp_path / "saved")
    write_saved(folder, name, quantized=False)
    choice = choose(find_card(str(folder), Task.TEXT_GENERATION), "cpu")
    assert choice.precision is FP32
    assert choice.reason == f"auto took fp32: this model was saved in {name}, which does not run here."


@pytest.mark.parametrize(
    ("loss", "little", "words"),
    [
        (Loss(1.0, "F1", 500, ""), True, "1.0 points of F1 lost in 500 examples"),
        (Loss(1.01, "F1", 500, ""), False, "1.0 points"),
        (Loss(1.9, "perplexity", 2000, ""), True, "1.9 % of perplexity lost in 2,000 examples"),
        (Loss(2.1, "perplexity", 60, ""), False, "2.1 %"),
        (Loss(-0.2, "BLEU", 60, ""), True, "no loss of BLEU in 60 examples"),
    ],
)
def test_a_loss_in_words(loss: Loss, little: bool, words: str) -> None:
    assert loss.is_little is little
    assert words in str(loss)


def test_the_tables_that_come_with_the_suite_can_be_read() -> None:
    for file in Path("models/embedded").glob(f"*/{losses.FILE}"):
        for name, said in json.loads(file.read_text()).items():
            assert Loss(**said).examples >= 50, (file, name)

"""A base with a new head: what of it learns, what is saved, what is drawn, what is refused."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from models.catalog import ModelCard, Task
from models.errors import InvalidInput, ModelNotHere, UnsupportedCheckpoint
from models.folders import EMBEDDED
from models.text.labelled_row import Row
from models.text_classification import TextClassifier
from training.classifier_lessons import TokenLesson
from training.classifier_models import METHODS, outline, parts, prepare, save


def classify(folder: Path, texts: list[str]) -> list[dict[str, float]]:
    classifier = TextClassifier.load(ModelCard("mine", Task.TEXT_CLASSIFICATION, path=folder), device="cpu")
    return [found.scores for found in classifier.classify(texts)]


def test_what_is_written_classifies_as_what_was_trained(base, rows, tmp_path) -> None:
    for method in METHODS:
        torch.manual_seed(1)
        learner = prepare(base, rows.labels, method)
        with torch.no_grad():
            for parameter in learner.model.parameters():
                parameter.add_(0.02 * torch.randn_like(parameter) if parameter.requires_grad else 0)
        lessons = TokenLesson(learner)
        expected = lessons.probabilities(lessons.items(rows.split.test))
        save(learner, tmp_path / method)
        found = classify(tmp_path / method, [row.text for row in rows.split.test])
        torch.testing.assert_close(
            torch.tensor([[scores[label] for label in rows.labels] for scores in found], dtype=torch.float32),
            expected,
            atol=0.01,  # saved in half precision
            rtol=0,
        )


def test_only_what_the_method_names_learns(base, rows, tmp_path) -> None:
    before = {name: value.clone() for name, value in prepare(base, rows.labels).model.state_dict().items()}
    for method in ("head", "lora"):
        learner = prepare(base, rows.labels, method)
        model = learner.model
        lessons = TokenLesson(learner)
        model(**lessons.collate(lessons.items(rows.split.test)))["loss"].backward()
        moved = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
        assert all("lora_" in name or any(part in name for part in learner.head) for name in moved)
        assert moved
        frozen = {name: value for name, value in model.state_dict().items() if name in before}
        inner = {name for name in frozen if not name.startswith(learner.head)}
        assert all(torch.equal(before[name], frozen[name]) for name in inner)


def test_a_lora_of_a_base_with_an_id_is_an_adapter_that_names_it(tmp_path) -> None:
    torch.manual_seed(0)
    learner = prepare("aula/minilm", ["bad", "good"], "lora")
    save(learner, tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"] == "aula/minilm"
    assert json.loads((tmp_path / "config.json").read_text())["classifier_pooling"] == "mean"
    assert not (tmp_path / "model.safetensors").exists()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3_000_000


@pytest.fixture
def writer(tiny_models, tmp_path: Path) -> Path:
    """A tiny GPT-2 that has no token to fill up short texts with, and would put one in front of them."""
    folder = tmp_path / "writer"
    shutil.copytree(tiny_models.gpt2(), folder)
    rewrite(folder / "tokenizer_config.json", padding_side="left", pad_token=None)
    rewrite(folder / "config.json", pad_token_id=None)
    return folder


def rewrite(file: Path, **settings: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | settings), encoding="utf-8")


LENGTHS = ("Me gusta.", "El equipo ganó el partido en el último minuto y toda la ciudad salió.", "¿Dónde?", "Hoy no.")


@pytest.mark.parametrize("method", METHODS)
def test_a_writer_judges_a_text_by_its_last_token_alone_and_beside_longer_ones(writer, method, tmp_path) -> None:
    torch.manual_seed(1)
    learner = prepare(str(writer), ["bad", "good"], method)
    lessons = TokenLesson(learner)
    items = lessons.items([Row(number, text, "good") for number, text in enumerate(LENGTHS)])
    learner.model(**lessons.collate(items))["loss"].backward()
    with torch.no_grad():
        for parameter in learner.model.parameters():
            if parameter.grad is not None:
                parameter -= 0.05 * parameter.grad
    expected = lessons.probabilities(items)[:, 1].tolist()
    save(learner, tmp_path / "model")
    together = [scores["good"] for scores in classify(tmp_path / "model", list(LENGTHS))]
    alone = [classify(tmp_path / "model", [text])[0]["good"] for text in LENGTHS]
    assert together == pytest.approx(expected, abs=0.01)  # saved in half precision
    assert together == pytest.approx(alone, abs=1e-5)
    assert len({round(chance, 3) for chance in together}) == len(LENGTHS)


def test_a_writer_is_saved_with_what_fills_up_its_texts(writer, tmp_path) -> None:
    save(prepare(str(writer), ["bad", "good"]), tmp_path / "model")
    config = json.loads((tmp_path / "model/config.json").read_text(encoding="utf-8"))
    tokenizer = TextClassifier.load(
        ModelCard("mine", Task.TEXT_CLASSIFICATION, path=tmp_path / "model"), device="cpu"
    ).tokenizer
    assert config["pad_token_id"] == tokenizer.pad_token_id == tokenizer.eos_token_id
    assert tokenizer.padding_side == "right"


def test_a_writer_that_no_mark_can_fill_up_is_refused(writer) -> None:
    rewrite(writer / "config.json", pad_token_id=3)  # a letter
    rewrite(writer / "tokenizer_config.json", eos_token=None, bos_token=None, unk_token=None)
    with pytest.raises(UnsupportedCheckpoint, match=r"texts of different lengths\. Choose an encoder"):
        prepare(str(writer), ["bad", "good"])


def test_a_lora_of_the_embedded_writer_names_it_and_is_small(tmp_path) -> None:
    torch.manual_seed(0)
    learner = prepare("aula/gpt2-mini-es", ["bad", "good"], "lora")
    added = sum(part.parameters for part in parts("aula/gpt2-mini-es", "lora") if part.name.startswith("LoRA"))
    assert added == sum(one.numel() for name, one in learner.model.named_parameters() if "lora_" in name)
    save(learner, tmp_path)
    settings = json.loads((tmp_path / "adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == "aula/gpt2-mini-es"
    assert settings["fan_in_fan_out"]
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 2_500_000


@pytest.mark.parametrize("method", METHODS)
def test_the_parts_drawn_are_those_of_the_model(base, method) -> None:
    drawn = parts(base, method, 2)
    model = prepare(base, ["bad", "good"], method).model
    learning = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    assert sum(part.parameters for part in drawn if part.trainable) == learning
    own = sum(parameter.numel() for name, parameter in model.named_parameters() if "original_module" not in name)
    assert sum(part.parameters for part in drawn) == own
    assert drawn[0].name == "Word table"
    assert (drawn[-1].name, drawn[-1].trainable) == ("Head", True)
    assert outline(base, method, 2)[1] == prepare(base, ["bad", "good"], method).head


def test_what_cannot_be_trained_is_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="no way “some” to train"):
        prepare("aula/minilm", ["a", "b"], "some")
    with pytest.raises(ModelNotHere):
        prepare("distilbert/distilbert-base-uncased", ["a", "b"])
    with pytest.raises(InvalidInput, match="addition to another model"):
        prepare(str(EMBEDDED / "sentiment-minilm"), ["a", "b"])

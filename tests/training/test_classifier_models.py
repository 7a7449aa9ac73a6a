"""A base with a new head: what of it learns, what is saved, what is drawn, what is refused."""

import json
from pathlib import Path

import pytest
import torch

from models.catalog import ModelCard, Task
from models.errors import InvalidInput, ModelNotHere
from models.folders import EMBEDDED
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

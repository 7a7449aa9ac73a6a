"""A model card as the hub prescribes it, whose figures come back as they were written."""

from pathlib import Path

import pytest
import yaml

from models.weights.card_file import figures, figures_on, front_matter, headline
from training.card import write_card

CARD = {
    "model_id": "aula/qa-minilm",
    "title": "Answers from a text",
    "licence": "cc-by-sa-4.0",
    "languages": ["en"],
    "task": "question-answering",
    "datasets": ["SQuAD 1.1", "owner/name", "QAMR"],
    "figures": {"F1": 68.2134567, "exact match": 54.1, "balanced accuracy": 0.7},
    "figures_on": "XQuAD, English: 1,190 questions",
    "body": "It finds answers. It learned from QAMR.",
}


def card(folder: Path, **changes: object) -> str:
    write_card(folder, **{**CARD, **changes})
    return (folder / "README.md").read_text(encoding="utf-8")


def test_the_front_matter_is_what_the_hub_prescribes(tmp_path) -> None:
    metadata = yaml.safe_load(card(tmp_path).split("---\n")[1])
    assert metadata["license"] == "cc-by-sa-4.0"
    assert metadata["language"] == ["en"]
    assert metadata["pipeline_tag"] == "question-answering"
    assert metadata["datasets"] == ["owner/name"]
    [model] = metadata["model-index"]
    [result] = model["results"]
    assert model["name"] == "aula/qa-minilm"
    assert result["task"] == {"type": "question-answering"}
    assert result["dataset"]["name"] == "XQuAD, English: 1,190 questions"
    assert result["metrics"][1] == {"name": "exact match", "type": "exact_match", "value": 54.1}


def test_the_hub_library_understands_the_card(tmp_path) -> None:
    from huggingface_hub import ModelCard

    card(tmp_path)
    [first, *_] = ModelCard.load(tmp_path / "README.md").data.eval_results
    assert (first.metric_name, first.metric_value, first.task_type) == ("F1", 68.2135, "question-answering")


def test_the_figures_come_back_in_their_order(tmp_path) -> None:
    card(tmp_path)
    assert list(figures(tmp_path).items()) == [("F1", 68.2135), ("exact match", 54.1), ("balanced accuracy", 0.7)]
    assert figures_on(tmp_path) == "XQuAD, English: 1,190 questions"


def test_the_text_says_it_in_words(tmp_path) -> None:
    text = card(tmp_path).split("---\n", 2)[2]
    assert text.startswith("\n# Answers from a text\n\nIt finds answers.")
    assert "| F1 | 68.2 |" in text
    assert "Measured on: XQuAD, English: 1,190 questions." in text
    assert "- SQuAD 1.1\n- owner/name\n" in text
    assert text.count("QAMR") == 1  # the body names it already


def test_a_card_without_figures_and_languages_has_no_such_fields(tmp_path) -> None:
    text = card(tmp_path, figures={}, languages=[], datasets=[])
    assert front_matter(tmp_path).keys() == {"license", "pipeline_tag", "tags"}
    assert "How good" not in text
    assert "Trained on" not in text
    assert headline(tmp_path) == ""


@pytest.mark.parametrize("name", ["Größe: 5 “quoted” #1", "- a list?", "yes", "{a}: [b]"])
def test_any_name_survives_the_front_matter(tmp_path, name) -> None:
    card(tmp_path, figures={name: 1.5}, figures_on=name)
    assert figures(tmp_path) == {name: 1.5}
    assert figures_on(tmp_path) == name

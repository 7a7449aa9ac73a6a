"""Several models in the terminal, labels of one's own, and a file with gold labels; with tiny models."""

import csv
import json
from pathlib import Path

import pytest

from apps.demos.text_classification.comparison import disk_bytes
from models.catalog import ModelCard, Task, card_of
from models.folders import EMBEDDED
from models.text_classification import TextClassifier
from tests.apps.commands import Aula
from tests.conftest import TinyModels

TEXTS = ("A wonderful film with great actors!", "The food was cold.")
GOLD = """comment,mark
A wonderful film!,positive
The food was cold.,negative
Great actors,mixed
Not bad at all,neutral
"""


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    file = tmp_path / "gold.csv"
    file.write_text(GOLD, encoding="utf-8")
    return file


def test_two_models_are_compared_and_labels_without_a_meaning_are_not(aula: Aula, tiny_models: TinyModels) -> None:
    models = f"{tiny_models.bert_classifier()},{tiny_models.distilbert_classifier()}"
    ended = aula("classify", *TEXTS, "--model", models)
    assert ended.code == 0, ended.errors
    assert "No two of these models can be compared yet." in ended.output
    assert "are not compared: nobody knows which of their labels mean the same" in ended.output
    assert all(text in ended.output for text in TEXTS)

    found = json.loads(aula("classify", *TEXTS, "--json", "--model", models).output)
    assert [model["complete"] for model in found["models"]] == [True, True]
    assert found["agreement"]["pairs"][0]["matching"] is None
    assert [set(text["answers"]) == set(models.split(",")) for text in found["texts"]] == [True, True]


def test_a_model_that_is_not_here_is_named_and_the_others_are_asked(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("classify", *TEXTS, "--json", "--model", f"{tiny_models.bert_classifier()},school/nothing")
    assert ended.code == 1
    assert "school/nothing is not on this machine yet" in ended.errors
    found = json.loads(ended.output)
    assert found["models"][1]["error"]
    assert all(text["answers"] for text in found["texts"])


def test_compared_texts_keep_their_lines_and_what_did_not_count_is_said(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "reviews.txt"
    file.write_text(f"{TEXTS[0]}\n\n{'The food was cold. ' * 30}\n", encoding="utf-8")
    folder = str(tiny_models.bert_classifier())
    ended = aula("classify", "--file", file, "--json", "--model", f"{folder},{tiny_models.distilbert_classifier()}")
    assert ended.code == 0, ended.errors
    assert sorted(text["number"] for text in json.loads(ended.output)["texts"]) == [1, 3]
    assert f"Text 3 is longer than {folder} reads; its end did not count." in ended.errors
    assert f"Text 1 is longer than {folder}" not in ended.errors


def test_words_are_explained_by_one_model_only(aula: Aula) -> None:
    ended = aula("classify", *TEXTS, "--explain", "--model", "aula/sentiment-minilm,school/nothing")
    assert (ended.code, ended.output) == (1, "")
    assert "for one model" in ended.errors


def test_an_adapter_takes_the_disk_of_the_model_that_it_changes_too() -> None:
    files = [file for name in ("sentiment-minilm", "minilm") for file in (EMBEDDED / name).rglob("*") if file.is_file()]
    assert disk_bytes(card_of("aula/sentiment-minilm")) == sum(file.stat().st_size for file in files)


def test_labels_of_one_s_own_in_the_terminal(aula: Aula, tiny_models: TinyModels) -> None:
    model = ("--model", tiny_models.bert_nli())
    ended = aula("zero-shot", *TEXTS, "\u200d", "--labels", "film, food", "--multi", "--json", *model)
    assert ended.code == 1
    found = json.loads(ended.output)
    assert (found["labels"], found["several"], found["complete"]) == (["film", "food"], True, False)
    assert found["measure"].startswith("probability that the text implies")
    assert set(found["results"][0]["scores"]) == {"film", "food"}
    assert isinstance(found["results"][0]["true_labels"], list)
    assert found["results"][2]["number"] == 3

    plain = aula("zero-shot", TEXTS[0], "--labels", "film,food", "--template", "It is a {}.", *model)
    assert plain.code == 0, plain.errors
    assert plain.output.splitlines()[0].endswith(TEXTS[0])
    assert "The number is a probability" in plain.errors


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--labels", " , "), "There is no label"),
        (("--labels", "film"), "for certain"),
        (("--labels", "film", "--labels", "Film"), "more than once"),
        (("--labels", "film,food", "--template", "no place"), "needs one {}"),
    ],
)
def test_labels_that_cannot_be_used_load_no_model(aula: Aula, options: tuple[str, ...], says: str) -> None:
    ended = aula("zero-shot", TEXTS[0], *options)
    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors
    assert "Loading" not in ended.errors


def test_a_file_is_graded_and_its_unknown_label_is_in_no_figure(
    aula: Aula, tiny_models: TinyModels, gold: Path, tmp_path: Path
) -> None:
    folder, out = tiny_models.bert_classifier(), tmp_path / "out.csv"
    ended = aula("grade", gold, "--json", "--out", out, "--model", folder, "--text-column", "comment")
    assert ended.code == 0, ended.errors
    found = json.loads(ended.output)
    wrapper = TextClassifier.load(ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=folder), "cpu")
    rows = list(csv.DictReader(GOLD.splitlines()))
    said = [answer.label for answer in wrapper.classify([row["comment"] for row in rows])]
    graded = [(row["mark"], answer) for row, answer in zip(rows, said, strict=True) if row["mark"] != "mixed"]
    assert found["accuracy"] == pytest.approx(sum(gold == answer for gold, answer in graded) / 3)
    assert (found["graded"], found["total"], found["left_out"]) == (3, 4, {"mixed": 1})
    assert "The model has nothing for “mixed” of the file." in ended.errors
    lines = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [line["said"] for line in lines] == said
    assert [bool(line["not_graded"]) for line in lines] == [False, False, True, False]


def test_of_rows_that_are_too_long_it_is_said_that_their_beginning_was_judged(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "long.csv"
    file.write_text(f"{GOLD}{'The food was cold. ' * 30},negative\n", encoding="utf-8")
    ended = aula("grade", file, "--json", "--model", tiny_models.bert_classifier())
    assert ended.code == 0, ended.errors
    assert "1 row is longer than the model reads" in ended.errors
    json.loads(ended.output)
    assert "longer than" not in aula("grade", file, "--rows", 4, "--model", tiny_models.bert_classifier()).errors


def test_what_a_label_counts_as_can_be_said(aula: Aula, tiny_models: TinyModels, gold: Path) -> None:
    model = ("--model", tiny_models.bert_classifier())
    ended = aula("grade", gold, "--map", "mixed=neutral", "--map", "negative=", "--json", *model)
    found = json.loads(ended.output)
    assert found["matching"]["by"] == "hand"
    assert (found["graded"], found["left_out"]) == (3, {"negative": 1})
    wrong = aula("grade", gold, "--map", "happy=neutral", *model)
    assert wrong.code == 1
    assert "Neither the model nor the file has a label “happy”" in wrong.errors


def test_labels_that_nothing_counts_as_are_refused(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    file = tmp_path / "topics.csv"
    file.write_text("text,label\nA wonderful film!,film\nThe food was cold.,food\n", encoding="utf-8")
    ended = aula("grade", file, "--model", tiny_models.bert_classifier())
    assert (ended.code, ended.output) == (1, "")
    assert "“positive” of the model count as no label of the file." in ended.errors
    assert "None of the file's labels" in ended.errors


def test_the_first_rows_are_graded_as_such(aula: Aula, tiny_models: TinyModels, gold: Path) -> None:
    ended = aula("grade", gold, "--rows", "2", "--model", tiny_models.bert_classifier())
    assert ended.code == 0, ended.errors
    assert ended.output.startswith("Of the first 2 rows of 4: ")


def test_gold_labels_are_not_overwritten_by_what_a_model_says(
    aula: Aula, gold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(gold.parent)
    ended = aula("grade", gold, "--out", "gold.csv")
    assert (ended.code, ended.output) == (1, "")
    assert "gold.csv is read here, and would be overwritten. Choose another file with --out." in ended.errors
    assert gold.read_text(encoding="utf-8") == GOLD

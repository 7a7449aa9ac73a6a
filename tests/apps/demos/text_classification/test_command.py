"""Classifying with tiny models: which texts go in, and what comes out where."""

import json
import signal
from pathlib import Path

import pytest

from apps.demos.text_classification import command as classification
from models.catalog import ModelCard, Task, models_for
from models.text_classification import TextClassifier
from tests.apps.classroom import put_in_cache
from tests.apps.commands import Aula
from tests.conftest import TinyModels

TEXTS = ("A wonderful film with great actors!", "The food was cold.")


@pytest.fixture
def wrapper(tiny_models: TinyModels) -> TextClassifier:
    return TextClassifier.load(ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=tiny_models.bert_classifier()), "cpu")


def test_each_text_gets_a_line_with_label_and_score(
    aula: Aula, tiny_models: TinyModels, wrapper: TextClassifier
) -> None:
    ended = aula("classify", *TEXTS, "--model", tiny_models.bert_classifier())

    assert ended.code == 0, ended.errors
    expected = [f"{found.label:8}  {found.score:.3f}  {found.text}" for found in wrapper.classify(TEXTS)]
    assert ended.output.splitlines() == expected
    assert "Reading the weights" in ended.errors


def test_texts_come_from_a_file_or_standard_input_too(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    file = tmp_path / "reviews.txt"
    file.write_bytes(f"{TEXTS[0]}\r\n\r\n{TEXTS[1]}\r\n".encode("utf-8-sig"))
    model = ("--model", tiny_models.distilbert_classifier())

    direct = aula("classify", *TEXTS, *model)

    assert len(direct.output.splitlines()) == 2
    assert aula("classify", "--file", file, *model).output == direct.output
    assert aula("classify", *model, stdin="\n".join(TEXTS)).output == direct.output


def test_json_has_all_labels(aula: Aula, tiny_models: TinyModels, wrapper: TextClassifier) -> None:
    ended = aula("classify", *TEXTS, "--json", "--model", tiny_models.bert_classifier())

    rows, expected = json.loads(ended.output), wrapper.classify(TEXTS)
    assert [set(row) for row in rows] == [
        {"text", "label", "score", "scores", "truncated", "unreadable", "unreadable_signs"}
    ] * 2
    assert [row["scores"] for row in rows] == [pytest.approx(found.scores, abs=1e-6) for found in expected]


def test_the_strongest_words_follow_their_text(aula: Aula, tiny_models: TinyModels, wrapper: TextClassifier) -> None:
    ended = aula("classify", TEXTS[0], "--explain", "--model", tiny_models.bert_classifier())

    ranked = sorted(wrapper.explain(TEXTS[0]), key=lambda word: -abs(word.importance))
    assert ended.output.splitlines()[1:] == [f"{'':8}  {word.importance:+.3f}  {word.text}" for word in ranked]


def test_one_label_can_be_explained_in_all_texts(aula: Aula, tiny_models: TinyModels, wrapper: TextClassifier) -> None:
    ended = aula("classify", *TEXTS, "--label", "neutral", "--json", "--model", tiny_models.bert_classifier())

    for row, text in zip(json.loads(ended.output), TEXTS, strict=True):
        assert row["explained"] == "neutral"
        expected = wrapper.explain(text, "neutral")
        assert [word["text"] for word in row["words"]] == [word.text for word in expected]
        found = [word["importance"] for word in row["words"]]
        assert found == pytest.approx([word.importance for word in expected], abs=1e-6)


def test_long_texts_are_named_on_standard_error(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("classify", "short", "The food was cold. " * 30, "--model", tiny_models.bert_classifier())

    assert "Text 2 is longer than the model reads; its end did not count." in ended.errors
    assert "Text 1 is" not in ended.errors
    assert len(ended.output.splitlines()) == 2


def test_without_a_model_the_catalog_s_first_that_is_here_is_taken(aula: Aula, tiny_models: TinyModels) -> None:
    full = models_for(Task.TEXT_CLASSIFICATION)[1].model_id
    put_in_cache(full, tiny_models.distilbert_classifier())

    ended = aula("classify", "good", "--precision", "int8")

    assert ended.code == 0, ended.errors
    assert f"Loading {full}" in ended.errors
    assert ended.output.startswith("LABEL_")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "There is no text"),
        (("good", "--file", "reviews.txt"), "not both"),
        (("--file", "no-such-file.txt"), "no-such-file.txt"),
    ],
)
def test_texts_that_are_not_there_are_one_sentence(aula: Aula, arguments: tuple[str, ...], says: str) -> None:
    ended = aula("classify", *arguments)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors
    assert ended.errors.count("\n") == 1


def test_lines_without_words_are_no_texts(aula: Aula) -> None:
    ended = aula("classify", stdin="\n  \n\n")

    assert (ended.code, ended.output) == (1, "")
    assert "There is no text" in ended.errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((" ",), "There is no text"),
        (("good", "--label", "happy"), "Choose one of: negative"),
        (("good", "bad", "--label", "happy"), "Choose one of: negative"),
    ],
)
def test_what_the_model_refuses_is_one_sentence(
    aula: Aula, tiny_models: TinyModels, arguments: tuple[str, ...], says: str
) -> None:
    ended = aula("classify", *arguments, "--model", tiny_models.bert_classifier())

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors
    assert "Text 1" not in ended.errors


@pytest.mark.parametrize("options", [(), ("--explain",)])
def test_a_text_that_cannot_be_read_is_named_and_the_others_are_classified(
    aula: Aula, tiny_models: TinyModels, wrapper: TextClassifier, options: tuple[str, ...]
) -> None:
    model = ("--model", tiny_models.bert_classifier())
    texts = (TEXTS[0], "\u200d\ufeff", " ", "far " * 30_000, TEXTS[1])

    ended, plain = aula("classify", *texts, "--json", *options, *model), aula("classify", *texts, *options, *model)

    rows = json.loads(ended.output)
    assert ended.code == plain.code == 1
    assert [row["text"] for row in rows] == list(texts)
    assert [row.get("number") for row in rows] == [None, 2, 3, 4, None]
    for place, found in zip((0, 4), wrapper.classify(TEXTS), strict=True):
        assert rows[place]["scores"] == pytest.approx(found.scores, abs=1e-6)
    for row in rows[1:4]:
        assert set(row) == {"number", "text", "error"}
        assert f"Text {row['number']} of 5: {row['error']}" in plain.errors.splitlines()
    assert [line.split("  ")[-1] for line in plain.output.splitlines() if line[0] != " "] == list(TEXTS)


def test_a_line_that_is_not_utf_8_costs_only_itself_and_is_named_by_its_number_in_the_file(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    content = b"A good film.\n\nUn caf\xe9 malo\r\n\xe2\x80\x8b\nA bad film.\n"
    file = tmp_path / "comments.txt"
    file.write_bytes(content)
    model = ("--model", tiny_models.bert_classifier())

    ended = aula("classify", "--file", file, "--json", *model)

    rows = json.loads(ended.output)
    assert ended.code == 1
    assert [(row.get("number"), row["text"]) for row in rows] == [
        (None, "A good film."), (3, "Un caf? malo"), (4, "\u200b"), (None, "A bad film.")
    ]  # fmt: skip
    assert "Line 3: The text holds bytes that are not UTF-8" in ended.errors
    assert "Line 4: There is no text" in ended.errors


def test_a_file_most_of_whose_lines_are_not_utf_8_is_refused_as_a_whole(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "cartas.txt"
    file.write_bytes("Un café\nUna canción\nUn gato".encode("latin-1"))
    ended = aula("classify", "--file", file, "--model", tiny_models.bert_classifier())
    assert (ended.code, ended.output) == (1, "")
    assert "cartas.txt” is not UTF-8 text" in ended.errors


def test_ctrl_c_keeps_what_is_done(aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    record = classification.records.classification

    def press_ctrl_c(*arguments: object) -> dict:
        signal.raise_signal(signal.SIGINT)
        return record(*arguments)

    monkeypatch.setattr(classification.records, "classification", press_ctrl_c)

    ended = aula("classify", *TEXTS, "--explain", "--json", "--model", tiny_models.bert_classifier())

    assert ended.code == 130
    assert [row["text"] for row in json.loads(ended.output)] == [TEXTS[0]]


def test_blank_arguments_load_no_model(aula: Aula) -> None:
    ended = aula("classify", " ", "\t\n")

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.startswith("There is no text.")


@pytest.mark.weights
@pytest.mark.parametrize(
    "asked",
    [
        ("classify", "La comida es muy buena y el servicio"),
        ("answer", "¿Dónde está la casa?", "--context", "La casa de los abuelos está en el centro de la ciudad."),
        ("zero-shot", "La comida es muy buena y el servicio", "--labels", "food,sport"),
        ("steps", "La comida es muy buena y el servicio", "--until", "tokens"),
    ],
)
def test_every_command_names_a_language_that_its_model_does_not_read(aula: Aula, asked: tuple[str, ...]) -> None:
    assert "This looks Spanish, and aula/" in aula(*asked, "--even-if-unreadable").errors

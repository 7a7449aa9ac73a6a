"""Answering from the terminal with a tiny model: what goes in, and what comes out where."""

import json
import signal
from pathlib import Path

import pytest

from apps.demos.question_answering import command
from tests.apps.commands import Aula
from tests.conftest import TinyModels

CONTEXT = "The library opens at nine. The café beside it opens at eight."


def press_ctrl_c(*arguments: object, **options: object) -> None:
    signal.raise_signal(signal.SIGINT)


def test_each_question_is_answered_from_the_context(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("answer", "When?", "Where?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--json")

    assert ended.code == 0, ended.errors
    readings = json.loads(ended.output)
    assert [reading["question"] for reading in readings] == ["When?", "Where?"]
    for reading in readings:
        assert set(reading) == {"question", "answers", "no_answer_score", "windows", "unreadable", "unreadable_signs"}
        assert len(reading["answers"]) == 3
        for answer in reading["answers"]:
            assert set(answer) == {"text", "score", "start", "end", "joint_score", "occurrences"}
            assert answer["text"] == CONTEXT[answer["start"] : answer["end"]]
            assert answer["score"] == answer["joint_score"] <= 1
            assert {"start": answer["start"], "end": answer["end"]}.items() <= answer["occurrences"][0].items()


def test_a_question_that_cannot_be_answered_is_named_and_the_others_are_answered(
    aula: Aula, tiny_models: TinyModels
) -> None:
    asked = ("answer", "When?", "Where is it? " * 200, " ", "Who?", "--context", CONTEXT)
    model = ("--model", tiny_models.bert_qa())

    ended, plain = aula(*asked, *model, "--json"), aula(*asked, *model)

    rows = json.loads(ended.output)
    assert ended.code == plain.code == 1
    assert [("answers" in row, row.get("number")) for row in rows] == [
        (True, None),
        (False, 2),
        (False, 3),
        (True, None),
    ]
    assert [row["question"] for row in rows] == list(asked[1:5])
    assert "too long" in rows[1]["error"]
    assert f"Question 2 of 4: {rows[1]['error']}" in plain.errors.splitlines()
    assert f"Question 3 of 4: {rows[2]['error']}" in plain.errors.splitlines()
    assert [line for line in plain.output.splitlines() if not line.startswith(" ")] == ["When?", "Who?"]


def test_the_only_question_that_cannot_be_answered_is_one_sentence(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("answer", "Where? " * 300, "--context", CONTEXT, "--model", tiny_models.bert_qa())

    assert (ended.code, ended.output) == (1, "")
    assert "\nThe question is too long" in ended.errors
    assert aula("answer", " ", "--context", CONTEXT).errors == "A question is empty. Ask one about the text.\n"


def test_what_is_wrong_with_the_text_or_an_option_is_said_once(aula: Aula, tiny_models: TinyModels) -> None:
    model = ("--model", tiny_models.bert_qa())
    for arguments in (("--context", "a" * 1_000_001), ("--context", CONTEXT, "--rank-by", "luck")):
        ended = aula("answer", "When?", "Who?", *arguments, *model)
        assert (ended.code, ended.output) == (1, "")
        assert "Question" not in ended.errors


def test_the_printed_number_is_what_the_answers_are_ranked_by(aula: Aula, tiny_models: TinyModels) -> None:
    asked = ("answer", "When?", "--context", CONTEXT * 20, "--top-k", "9", "--model", tiny_models.bert_qa())
    for ranking in ((), ("--rank-by", "score")):
        printed = [float(line.split()[0]) for line in aula(*asked, *ranking).output.splitlines()[1:]]
        assert printed == sorted(printed, reverse=True)
        assert ranking or max(printed) <= 1


def test_the_context_comes_from_a_file_or_standard_input_too(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "context.txt"
    file.write_bytes(b"\xef\xbb\xbf" + CONTEXT.encode())  # with the mark that Windows puts in front
    question = ("answer", "When?", "--top-k", "2", "--model", tiny_models.bert_qa())

    direct = aula(*question, "--context", CONTEXT)

    assert direct.code == 0
    assert len(direct.output.splitlines()) == 3
    assert aula(*question, "--context-file", file).output == direct.output
    assert aula(*question, stdin=CONTEXT).output == direct.output


def test_a_file_in_another_encoding_is_refused_rather_than_guessed(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "carta.txt"
    file.write_bytes("¿Dónde está la biblioteca?".encode("latin-1"))

    ended = aula("answer", "Where?", "--context-file", file, "--model", tiny_models.bert_qa())

    assert (ended.code, ended.output) == (1, "")
    assert "carta.txt” is not UTF-8 text" in ended.errors


def test_a_model_of_ones_own_may_be_allowed_to_say_that_the_text_does_not_tell(
    aula: Aula, tiny_models: TinyModels
) -> None:
    question = ("answer", "When?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--json")

    [silent] = json.loads(aula(*question).output)
    [allowed] = json.loads(aula(*question, "--no-answer", "--no-answer-threshold", "-1").output)

    assert silent["no_answer_score"] is None
    assert allowed["no_answer_score"] == allowed["answers"][0]["score"]
    assert allowed["answers"][0]["text"] == ""


def test_steps_are_told_on_standard_error(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("answer", "When?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--device", "cpu")

    assert "Reading the weights" in ended.errors
    assert "Ready in" in ended.errors
    assert "weights" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--context", "x", "--context-file", "y"), "not both"),
        (("--context-file", "no-such-file.txt"), "no-such-file.txt"),
        ((), "There is no text"),
    ],
)
def test_a_context_that_is_not_there_is_one_sentence(aula: Aula, arguments: tuple[str, ...], says: str) -> None:
    ended = aula("answer", "When?", *arguments)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors
    assert ended.errors.count("\n") == 1


def test_ctrl_c_between_two_questions_keeps_the_first(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = command._show_reading
    monkeypatch.setattr(command, "_show_reading", lambda *arguments: (press_ctrl_c(), show(*arguments))[1])

    ended = aula("answer", "When?", "Where?", "--context", CONTEXT, "--model", tiny_models.bert_qa(), "--json")

    assert ended.code == 130
    assert [reading["question"] for reading in json.loads(ended.output)] == ["When?"]


def test_of_a_web_page_it_is_said_that_its_tags_are_read_too(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Ada Lovelace was born in London in 1815.</p>", encoding="utf-8")
    ended = aula("answer", "Where was Ada born?", "--context-file", page, "--model", tiny_models.bert_qa())
    assert ended.code == 0, ended.errors
    assert "page.html looks like a web page" in ended.errors

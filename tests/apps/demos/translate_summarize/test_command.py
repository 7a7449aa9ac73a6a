"""Translating and summarizing from the terminal with tiny models: what goes in, and what comes out where."""

import json
import signal
from pathlib import Path

import pytest

from apps.demos.translate_summarize import command
from tests.apps.classroom import put_in_cache
from tests.apps.commands import Aula
from tests.conftest import TinyModels
from tests.tiny.text_to_text import save_marian

CONTEXT = "The library opens at nine. The café beside it opens at eight."
FACTS = ("summary", "parts", "length", "source_characters", "unreadable", "unreadable_signs", "repeated")


def press_ctrl_c(*arguments: object, **options: object) -> None:
    signal.raise_signal(signal.SIGINT)


# translate


@pytest.mark.parametrize("verb", ["translate", "summarize"])
def test_the_search_is_adjustable_as_on_the_page(aula: Aula, tiny_models: TinyModels, verb: str) -> None:
    def words(*options: object) -> str:
        ended = aula(verb, "The sea is cold and wide.", "--model", tiny_models.t5(), "--max-new-tokens", 8, *options)
        assert ended.code == 0, ended.errors
        return ended.output

    searched = words("--beams", 1, "--no-repeat-ngram", 0, "--length-penalty", 1)
    drawn = words("--sample", "--temperature", 1.5, "--top-k", 0, "--top-p", 0.9, "--seed", 7)
    assert drawn == words("--sample", "--temperature", 1.5, "--top-k", 0, "--top-p", 0.9, "--seed", 7)
    assert drawn != searched


def test_beams_and_sampling_exclude_each_other(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("translate", "The sea.", "--model", tiny_models.t5(), "--sample", "--beams", 3)

    assert (ended.code, ended.output) == (1, "")
    assert "Choose one beam, or switch sampling off." in ended.errors


def test_translate_gives_one_line_for_each_line(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    text = "The train leaves at nine.\n\nGood morning. How are you?\n"
    file = tmp_path / "text.txt"
    file.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))  # as PowerShell writes
    options = ("--to", "german", "--beams", "1", "--model", tiny_models.t5())

    ended = aula("translate", *options, stdin=text)

    assert ended.code == 0, ended.errors
    assert ended.output.count("\n") == 3
    assert ended.output.split("\n")[1] == ""
    assert aula("translate", *options, stdin=text.replace("\n", "\r\n")).output == ended.output
    assert aula("translate", *options, "--file", file).output == ended.output
    assert aula("translate", text, *options).output == ended.output
    printed = json.loads(aula("translate", *options, "--json", stdin=text).output)
    assert [line["translation"] for line in printed] == ended.output.split("\n")[:-1]
    assert [line["source"] for line in printed] == text.split("\n")[:-1]
    assert {line["target"] for line in printed} == {"german"}


def test_the_language_that_a_model_reads_is_told_and_one_that_it_does_not_read(aula: Aula, tmp_path: Path) -> None:
    save_marian(tmp_path / "es-en", "es", "en")
    asked = ("translate", "--model", tmp_path / "es-en", "--beams", 1, "--max-new-tokens", 5, "--json")

    spanish = aula(*asked, stdin="El tren sale a las siete y los niños esperan en la estación.\n")
    english = aula(*asked, stdin="The train leaves at seven.\nThe children wait for it in the rain and the cold.\n")

    assert spanish.code == english.code == 0, spanish.errors
    [row] = json.loads(spanish.output)
    assert (row["source_language"], row["target"]) == ("spanish", "english")
    assert "This looks" not in spanish.errors
    assert english.errors.count("This looks English") == 1
    assert "reads only Spanish" in english.errors


def test_without_a_model_that_is_named_one_is_taken_that_writes_the_language(aula: Aula, tmp_path: Path) -> None:
    save_marian(tmp_path / "en-es", "en", "es")
    put_in_cache("Helsinki-NLP/opus-mt-en-es", tmp_path / "en-es")
    options = ("--beams", 1, "--max-new-tokens", 5)

    assert "Loading Helsinki-NLP/opus-mt-en-es" in aula("translate", "The sea.", "--to", "Spanish", *options).errors
    absent = aula("translate", "Das Meer.", "--to", "english", *options)
    assert absent.code == 1
    assert "models fetch Helsinki-NLP/opus-mt-es-en" in absent.errors


def test_a_line_that_cannot_be_translated_stays_empty_and_is_named(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "letter.txt"
    file.write_bytes(b"Good morning.\ncaf\xe9\n\nGood night.\n")
    asked = ("translate", "--file", file, "--model", tiny_models.t5(), "--max-new-tokens", "5")

    ended, plain = aula(*asked, "--json"), aula(*asked)

    rows = json.loads(ended.output)
    assert ended.code == plain.code == 1
    assert [row["source"] for row in rows] == ["Good morning.", "caf?", "", "Good night."]
    assert (rows[1]["number"], "not UTF-8" in rows[1]["error"]) == (2, True)
    assert f"Line 2: {rows[1]['error']}" in plain.errors
    assert len(plain.output.split("\n")) == 5
    assert plain.output.split("\n")[1:3] == ["", ""]


def test_a_language_that_the_model_does_not_write_is_one_sentence(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("translate", "--to", "klingon", "--model", tiny_models.t5(), stdin="Good morning.\nGood night.\n")
    assert (ended.code, ended.output) == (1, "")
    assert "Line 1" not in ended.errors


def test_ctrl_c_keeps_the_lines_that_are_done(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = command.result
    monkeypatch.setattr(command, "result", lambda text: (original(text), press_ctrl_c()))

    ended = aula("translate", "--beams", "1", "--model", tiny_models.t5(), stdin="One.\nTwo.\nThree.\n")

    assert ended.code == 130
    assert ended.output.count("\n") == 1
    assert "Stopping" in ended.errors


@pytest.mark.parametrize(
    ("options", "says"),
    [(("--to", "klingon"), "german"), (("--beams", "99"), "beams"), (("--precision", "fp16"), "fp32")],
)
def test_what_the_model_does_not_offer_is_one_sentence(
    aula: Aula, tiny_models: TinyModels, options: tuple[str, ...], says: str
) -> None:
    ended = aula("translate", "Good morning.", "--model", tiny_models.t5(), "--device", "cpu", *options)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors.splitlines()[-1]


# summarize


def test_summarize_prints_the_whole(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("--length", "short", "--beams", "1", "--model", tiny_models.t5())

    ended = aula("summarize", *options, stdin=CONTEXT)
    printed = json.loads(aula("summarize", CONTEXT, *options, "--json").output)

    assert ended.code == 0, ended.errors
    assert set(printed) == {*FACTS}
    assert ended.output == printed["summary"] + "\n"
    assert (printed["parts"], printed["length"], printed["source_characters"]) == ([], "short", len(CONTEXT))


def test_a_stopped_summary_gives_the_parts(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command.ProgressLine, "update", press_ctrl_c)

    ended = aula("summarize", CONTEXT * 60, "--beams", "1", "--model", tiny_models.t5(), "--json")

    assert ended.code == 130
    printed = json.loads(ended.output)
    assert printed["summary"] is None
    assert len(printed["parts"]) == 1


def test_without_a_t5_sentences_are_chosen(aula: Aula) -> None:
    ended = aula("summarize", "--beams", 2, stdin=f"{CONTEXT} Both sell cake. The library closes at six.")

    assert ended.code == 0, ended.errors
    assert ended.output == "The library opens at nine.\n"
    assert "Loading aula/extractive" in ended.errors
    assert "google-t5/t5-base knows more" in ended.errors


def test_chosen_sentences_are_told_with_their_scores(aula: Aula) -> None:
    source = f"{CONTEXT} Both sell cake. The library closes at six."
    ended = aula("summarize", source, "--length", "long", "--model", "aula/extractive", "--json")

    printed = json.loads(ended.output)
    assert set(printed) == {*FACTS, "made_of", "sentences"}
    assert printed["summary"] == " ".join(sentence["text"] for sentence in printed["sentences"] if sentence["chosen"])
    assert [source[sentence["start"] : sentence["end"]] for sentence in printed["sentences"]] == [
        "The library opens at nine.", "The café beside it opens at eight.", "Both sell cake.",
        "The library closes at six.",
    ]  # fmt: skip


def test_a_t5_on_this_machine_comes_before_the_choice_of_sentences(aula: Aula, tiny_models: TinyModels) -> None:
    put_in_cache("google-t5/t5-small", tiny_models.t5())

    ended = aula("summarize", CONTEXT, "--max-new-tokens", 6)

    assert ended.code == 0, ended.errors
    assert "Loading google-t5/t5-small" in ended.errors


# What is not all it looks like


def test_a_line_that_the_model_cannot_read_is_named_and_the_others_are_translated(aula: Aula) -> None:
    options = ("--model", "aula/t5-mini")
    ended = aula("translate", *options, stdin="Good morning.\nДобрый день.\n\nThank you.\n")

    assert ended.code == 1
    first, second, third, fourth, _ = ended.output.split("\n")
    assert first
    assert fourth
    assert (second, third) == ("", "")
    assert "Line 2: aula/t5-mini cannot read" in ended.errors
    assert "Choose a model that reads this language" in ended.errors

    printed = json.loads(aula("translate", *options, "--json", stdin="Good morning.\nДобрый день.\n").output)
    assert set(printed[0]) == {
        "source",
        "translation",
        "target",
        "source_language",
        "unreadable",
        "unreadable_signs",
        "repeated",
        "unfinished",
        "lost_numbers",
        "lost_things",
    }
    assert printed[0]["unreadable"] == 0
    assert set(printed[1]) == {"number", "source", "error"}
    assert (printed[1]["number"], printed[1]["source"]) == (2, "Добрый день.")
    assert "cannot read" in printed[1]["error"]


def test_a_part_of_a_line_that_is_left_out_is_named_and_the_rest_of_it_stays(aula: Aula) -> None:
    asked = ("translate", "--model", "aula/t5-mini", "--json")
    ended = aula(*asked, stdin="Good night.\nGood morning. Добрый день.\n")

    whole, part = json.loads(ended.output)
    assert ended.code == 1
    assert "error" not in whole
    assert part["translation"]
    assert 0 < part["unreadable"] < 1
    assert (part["number"], "cannot read 91 % of “Добрый день.”" in part["error"]) == (2, True)
    assert f"Line 2: {part['error']}" in ended.errors
    assert aula(*asked, "--even-if-unreadable", stdin="Good morning. Добрый день.\n").code == 0


def test_a_part_that_cannot_be_read_is_named_and_the_rest_is_summarized(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.text.pieces import Written
    from models.text.writing import Writer

    monkeypatch.setattr(Writer, "_generate", lambda writer, sources, cancelled: [Written("Ships came.")] * len(sources))
    english = "The harbour was built in the spring, and the ships came in the summer. " * 60
    text = english + "Жжж щщщ жжж щщщ. " * 60
    ended = aula("summarize", "--model", tiny_models.t5(), "--json", stdin=text)

    told = json.loads(ended.output)
    assert ended.code == 1
    assert told["summary"]
    assert "cannot read" in told["error"]
    assert told["error"] in ended.errors


def test_it_is_translated_all_the_same_where_that_is_asked_for(aula: Aula) -> None:
    ended = aula("translate", "Добрый день.", "--even-if-unreadable", "--model", "aula/t5-mini")

    assert ended.code == 0
    assert "cannot read" in ended.errors


def test_a_typed_mark_is_letters_and_is_told_where_they_cannot_be_read(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("translate", "He has a </s> dog.", "--model", tiny_models.t5())

    assert ended.code == 0
    assert "of line 1: its vocabulary lacks “" in ended.errors
    ended = aula("translate", "He has a </s> dog.", "--model", "aula/t5-mini")  # which spells what it has no piece for

    assert ended.code == 0
    assert "vocabulary lacks" not in ended.errors


def test_what_a_text_without_sentences_was_cut_into_is_told(aula: Aula) -> None:
    talk = " ".join(f"and then we went to house number {number} and nobody was at home there" for number in range(20))
    ended = aula("summarize", "--length", "short", "--model", "aula/extractive", stdin=talk)

    assert ended.code == 0
    assert len(ended.output.split()) < 0.3 * len(talk.split())
    assert "without a full stop" in ended.errors


def test_lines_that_are_all_blank_are_no_success(aula: Aula) -> None:
    ended = aula("translate", stdin=" \n\t\n")

    assert (ended.code, ended.output.strip()) == (1, "")
    assert "There was no text in it" in ended.errors

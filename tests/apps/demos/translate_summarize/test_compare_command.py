"""Several summaries of one text in the terminal."""

import json
from pathlib import Path

import pytest

from apps.demos.translate_summarize.compare_words import EXAMPLES
from models.text.rouge import rouge
from models.text.summary_facts import SourceText
from tests.apps.commands import Aula
from tests.apps.demos.translate_summarize.test_command import press_ctrl_c
from tests.conftest import TinyModels

REPORT = EXAMPLES["A summary that invents"]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The reference and a summary of one's own."""
    reference, own = tmp_path / "reference.txt", tmp_path / "own.txt"
    reference.write_text(REPORT.reference, encoding="utf-8")
    own.write_text(REPORT.own, encoding="utf-8")
    return reference, own


def test_models_lengths_and_ones_own_stand_in_one_table(
    aula: Aula, tiny_models: TinyModels, files: tuple[Path, Path]
) -> None:
    models = f"{tiny_models.t5()},aula/extractive,lead-3"
    options = ("--length", "short,medium", "--max-new-tokens", 8, "--reference", files[0], "--own", files[1])
    ended = aula("summarize", "--model", models, *options, "--json", stdin=REPORT.text)
    assert ended.code == 0, ended.errors
    found = json.loads(ended.output)
    named = [(each["name"], each["length"]) for each in found["summaries"]]
    assert named == [
        (str(tiny_models.t5()), "short"), (str(tiny_models.t5()), "medium"), ("aula/extractive", "short"),
        ("aula/extractive", "medium"), ("lead-3", None), ("your own summary", None), ("the reference", None),
    ]  # fmt: skip
    for each in found["summaries"]:
        assert each["facts"] == json.loads(json.dumps(SourceText(REPORT.text).facts(each["text"]).as_dict()))
    own, reference = found["summaries"][-2:]
    assert own["rouge"] == {kind: score.as_dict() for kind, score in rouge(REPORT.reference, REPORT.own).items()}
    assert reference["rouge"] is None
    assert [(callout["text"], callout["kind"]) for callout in own["facts"]["callouts"]] == [
        ("Daniel Quinn", "combination"), ("Monday", "name"), ("12,000", "number"), ("Springfield", "name")
    ]  # fmt: skip


def test_each_summary_is_printed_and_then_the_table(aula: Aula, files: tuple[Path, Path]) -> None:
    ended = aula("summarize", "--model", "aula/extractive,lead-3", "--own", files[1], stdin=REPORT.text)
    assert ended.code == 0, ended.errors
    assert "To check: “Daniel Quinn” (put together), “Monday” (not in the text)" in ended.output
    table = ended.output.splitlines()[-4:]
    assert table[0].split()[:3] == ["SUMMARY", "WORDS", "TIME"]
    assert "ROUGE-1" not in table[0]
    assert "100 %" in table[2]
    assert table[3].startswith("your own summary")


def test_one_model_in_one_length_stays_one_summary(aula: Aula) -> None:
    ended = aula("summarize", "--model", "aula/extractive", "--length", "short", stdin=REPORT.text)
    assert ended.code == 0
    assert "SUMMARY" not in ended.output


def test_the_same_model_twice_is_one(aula: Aula) -> None:
    ended = aula("summarize", "--model", "aula/extractive,aula/extractive", stdin=REPORT.text)
    assert (ended.code, "SUMMARY" in ended.output) == (0, False)


def test_one_that_fails_is_named_and_the_others_are_compared(aula: Aula) -> None:
    ended = aula("summarize", "--model", "google-t5/t5-base,aula/extractive,nonsense", "--json", stdin=REPORT.text)
    assert ended.code == 1
    first, second, third = json.loads(ended.output)["summaries"]
    assert (first["facts"], third["facts"]) == (None, None)
    assert "google-t5/t5-base" in first["error"]
    assert second["facts"]["coverage"] == 1
    assert "Summary 1 of 3: google-t5/t5-base · medium:" in ended.errors


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--length", "short,huge"), "no length “huge”"),
        (("--reference", "nowhere.txt"), "nowhere.txt cannot be read"),
        (("--model", "lead-3", "--file", "nowhere.txt"), "nowhere.txt cannot be read"),
    ],
)
def test_what_cannot_be_compared_gets_a_sentence(aula: Aula, options: tuple[str, ...], words: str) -> None:
    ended = aula("summarize", *options, stdin="The sea is wide. It is cold. Nobody swims.")
    assert (ended.code, ended.output) == (1, "")
    assert words in ended.errors


def test_a_reference_that_is_too_long_is_said_before_a_model_is_loaded(aula: Aula, tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("far " * 1_001, encoding="utf-8")
    ended = aula("summarize", "--reference", file, stdin=REPORT.text)
    assert (ended.code, ended.output) == (1, "")
    assert "the reference has 1,001: shorten it." in ended.errors
    assert "Loading" not in ended.errors


def test_a_summary_without_the_scores_that_were_asked_for_is_named(
    aula: Aula, files: tuple[Path, Path], tmp_path: Path
) -> None:
    own = tmp_path / "long.txt"
    own.write_text("far " * 1_001, encoding="utf-8")
    options = ("--model", "lead-3", "--reference", files[0], "--own", own, "--json")
    ended = aula("summarize", *options, stdin=REPORT.text)
    assert ended.code == 1
    assert "your own summary: ROUGE takes texts of at most 1,000 words" in ended.errors
    assert [each["rouge"] is None for each in json.loads(ended.output)["summaries"]] == [False, True, True]


def test_a_megabyte_is_refused_before_a_model_is_loaded(aula: Aula) -> None:
    ended = aula("summarize", "--model", "lead-3,aula/extractive", stdin="far " * 250_000)
    assert (ended.code, ended.output) == (1, "")
    assert "Loading" not in ended.errors


def test_ctrl_c_keeps_the_summaries_that_are_done(aula: Aula, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.demos.translate_summarize import compare_command

    original = compare_command._show
    monkeypatch.setattr(compare_command, "_show", lambda each: (original(each), press_ctrl_c()))
    ended = aula("summarize", "--model", "lead-3,aula/extractive", stdin=REPORT.text)
    assert ended.code == 130
    assert ended.output.splitlines()[-1].startswith("lead-3")
    assert "aula/extractive" not in ended.output

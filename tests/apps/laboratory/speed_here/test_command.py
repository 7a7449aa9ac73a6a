"""The command benchmark: a race of tiny work, two files side by side, and what it refuses."""

import json
from pathlib import Path

import pytest

from quantization.automatic import race, survey
from quantization.automatic.race import Measurement
from quantization.measure.bystanders import Use
from tests.apps.commands import Aula, CtrlC
from tests.quantization.race.reports import report, row

MINILM = ("--model", "aula/minilm", "--threads", 1, "--minutes", 60)


def two_files(folder: Path) -> tuple[Path, Path]:
    a, b = folder / "a.json", folder / "b.json"
    a.write_text(report(row(here=20)).to_json(), encoding="utf-8")
    b.write_text(report(row(here=50), processor="a faster one").to_json(), encoding="utf-8")
    return a, b


def test_a_model_is_measured_and_kept_as_a_file_that_can_be_compared(aula: Aula, tmp_path: Path) -> None:
    file = tmp_path / "here.json"
    ended = aula("benchmark", *MINILM, "--precision", "fp32", "--output", file)

    assert ended.code == 0, ended.errors
    assert "sentences a second" in ended.output
    assert "How good the answers are is not judged here" in ended.errors
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert (kept["kind"], kept["finished"], kept["threads"], len(kept["rows"])) == ("aula-speed", True, 1, 1)
    beside = json.loads(aula("benchmark", "--compare", file, file, "--json").output)
    assert [shared["times"] for shared in beside["shared"]] == [1.0]


def test_two_files_stand_side_by_side(aula: Aula, tmp_path: Path) -> None:
    ended = aula("benchmark", "--compare", *two_files(tmp_path))

    assert ended.code == 0
    assert "B: a faster one" in ended.output
    [line] = [line for line in ended.output.splitlines() if line.startswith("aula/qa-minilm")]
    assert line.split("  ")[0] == "aula/qa-minilm"
    assert "2.50 ×" in line


def test_a_comparison_does_not_take_the_place_of_a_measurement(aula: Aula, tmp_path: Path) -> None:
    a, b = two_files(tmp_path)
    before = b.read_bytes()
    ended = aula("benchmark", "--compare", a, b, "--output", b)
    assert (ended.code, ended.output) == (1, "")
    assert "b.json is read here, and would be overwritten" in ended.errors
    assert b.read_bytes() == before


def test_a_damaged_file_is_refused_and_a_missing_one_named(aula: Aula, tmp_path: Path) -> None:
    a, b = two_files(tmp_path)
    b.write_text(b.read_text(encoding="utf-8")[:100], encoding="utf-8")

    damaged = aula("benchmark", "--compare", a, b)
    missing = aula("benchmark", "--compare", a, tmp_path / "c.json")
    assert damaged.code == missing.code == 1
    assert "“b.json” is no JSON file, or only a part of one" in damaged.errors
    assert "c.json cannot be used" in missing.errors


def test_ctrl_c_keeps_what_is_measured(aula: Aula, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at("aula/minilm, int8")
    ended = aula("benchmark", *MINILM, "--json")

    told = json.loads(ended.output)
    assert ended.code == 130
    assert (told["finished"], [row["precision"] for row in told["rows"]]) == (False, ["fp32"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "aula/nothing"), "aula/nothing cannot be measured here. Choose one of: aula/qa-minilm"),
        (("--precision", "fp3"), "There is no precision “fp3”"),
        (("--model", "aula/yolov5s", "--precision", "int8-tied"), "Nothing to measure"),
        (("--minutes", "0"), "The minutes must be from above 0"),
        (("--threads", "0"), "The number of threads must be from 1"),
        (("--page", "question_answering"), "Add --students 30"),
        (("--students", "2", "--compare", "a", "b"), "a comparison measures nothing"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_measured(
    arguments: tuple[str, ...], says: str, aula: Aula
) -> None:
    ended = aula("benchmark", *arguments)

    assert ended.code == 1
    assert says in ended.errors


def test_what_auto_takes_is_measured_and_told(aula: Aula, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, beside = Use(0.0, 2.0, 1.0), Use(1.0, 2.0, 1.0)
    monkeypatch.setattr(survey, "LOOK", 0.0)
    monkeypatch.setattr(survey, "use_between", lambda before, after: alone)
    monkeypatch.setattr(race, "use_between", lambda before, after: alone)
    monkeypatch.setattr(race, "best_of", lambda works, cancelled: {"fp32": 3.0, "openvino": 1.0})

    ended = aula("benchmark", "--auto", "--model", "aula/minilm")
    assert ended.code == 0, ended.errors
    assert "3.0 × as fast as fp32 here, with the same answers" in ended.output

    monkeypatch.setattr(race, "measure", lambda *given: Measurement({"fp32": 1.0, "openvino": 1.0}, beside))
    again = aula("benchmark", "--auto", "--model", "aula/minilm", "--json")
    [told] = json.loads(again.output)
    assert again.code == 1
    assert told["precision"] == "openvino"  # as it was remembered
    assert "other programs use 50% of the processor" in told["error"]


@pytest.mark.parametrize("other", [("--students", 3), ("--compare", "a.json", "b.json")])
def test_only_one_kind_of_measurement_is_made(aula: Aula, other: tuple[str, ...]) -> None:
    ended = aula("benchmark", "--auto", *other)
    assert ended.code == 1
    assert "Choose one of --auto" in ended.errors

"""The file of a machine: what is written is read back, and what comes from elsewhere is looked at."""

import json
from dataclasses import replace
from typing import Any

import pytest

from models.errors import InvalidInput
from quantization.race.compared import compare, remarks
from quantization.race.report import SpeedReport, read_report
from quantization.race.row import SpeedRow, cautions
from tests.quantization.race.reports import report, row

WRITTEN = report(row(), row("aula/yolov5s", "fp32"), SpeedRow("m", "t", "fp32", "w", "u", error="It failed."))


def content(**changes: Any) -> bytes:
    return json.dumps(WRITTEN.as_dict() | changes).encode()


def test_what_was_written_is_read_back_the_same() -> None:
    assert read_report(WRITTEN.to_json().encode(), "a.json") == WRITTEN


@pytest.mark.parametrize(
    ("damaged", "says"),
    [
        (b"", "no JSON file"),
        (b"\xff\xfe\x00", "no JSON file"),
        (b"[" * 100_000, "no JSON file"),
        (b" " * 2_000_001, "larger than any file"),
        (b'{"rows": []}', "does not come from the speed benchmark"),
        (b"[1, 2]", "does not come from the speed benchmark"),
        (content(version=2), "another version"),
        (content()[:-40], "no JSON file, or only a part"),
        (content(rows=None), "is damaged"),
        (content(rows=[{}]), "is damaged"),
        (content(rows=[row().as_dict() | {"ratio": -1}]), "is damaged"),
        (content(rows=[row().as_dict() | {"ratio": float("nan")}]), "is damaged"),
        (content(rows=[row().as_dict() | {"here_per_second": "fast"}]), "is damaged"),
        (content(rows=[row().as_dict() | {"here_per_second": None}]), "is damaged"),
        (content(rows=[row().as_dict() | {"ratio_low": 9}]), "is damaged"),
        (content(rows=[row().as_dict() | {"model_id": " "}]), "is damaged"),
        (content(rows=[row().as_dict()] * 1_001), "is damaged"),
        (content(cores=True), "is damaged"),
        (content(memory=-1), "is damaged"),
        (content(versions=[]), "is damaged"),
    ],
    ids=str,
)
def test_a_foreign_or_damaged_file_is_refused_in_a_sentence(damaged: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        read_report(damaged, "a.json")

    assert "“a.json”" in str(refused.value)


def test_line_breaks_and_long_texts_of_a_file_do_not_come_through() -> None:
    changed = row().as_dict() | {"work": "a\n\n# b" + "x" * 1_000}
    [read] = read_report(content(rows=[changed]), "a.json").rows

    assert read.work.startswith("a # bx")
    assert len(read.work) == 300


def test_two_machines_share_what_both_have_measured() -> None:
    a = report(row(here=20), row("aula/yolov5s", "fp32"))
    b = report(row(here=50), row("aula/minilm", "fp32"))
    found = compare(a, b)

    assert [(pair.a.model_id, pair.times) for pair in found.pairs] == [("aula/qa-minilm", 2.5)]
    assert found.as_dict()["shared"][0]["times"] == 2.5
    assert remarks(found) == []


def test_what_makes_two_machines_hard_to_compare_is_said() -> None:
    a, b = report(row("a")), report(row("b"), threads=8, versions={"torch": "2.0"})

    nothing, threads, versions = remarks(compare(a, b))
    assert nothing.startswith("The two files share no work")
    assert threads == "A computed with 2 threads, B with 8 threads."
    assert "torch 2.15 and 2.0" in versions


def test_a_row_that_was_disturbed_is_named() -> None:
    busy, unsteady = replace(row(), busy=0.5), replace(row("aula/minilm"), ratio_low=1.0, ratio_high=2.0)

    first, second = cautions([busy, unsteady, row("aula/yolov5s")])
    assert "other programs used up to 50 % of the processor while qa-minilm · int8 was measured" in first
    assert "minilm · int8 was measured" in second
    assert cautions([row()]) == []


def test_a_report_for_people_has_the_machine_the_figures_and_the_failures() -> None:
    text = WRITTEN.to_markdown()

    assert "- cores: 2, computed with 2 threads" in text
    assert "20 questions a second | 2.00 × (1.90–2.10) |" in text
    assert "- m · fp32: It failed." in text
    assert isinstance(WRITTEN, SpeedReport)

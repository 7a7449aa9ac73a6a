"""The folder of results: what is in its files, what a second start takes over, and what it refuses."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow.parquet import read_table

from models.errors import InvalidInput
from serving.cluster.shards import Results

COLUMNS = {"label": "text", "score": "real"}
JOB: dict[str, Any] = {"task": "classify", "settings": {"model": "a", "explain": False}, "column": "text"}


def opened(folder: Path, form: str = "parquet", job: dict[str, Any] = JOB) -> Results:
    return Results.open(str(folder), form, COLUMNS, dict(job))


def row(key: str, error: str | None = None, **more: Any) -> dict[str, Any]:
    return {"key": key, "number": 3, "error": error, "record": {"text": "=ñ", "n": 1.5}, **more}


def rows_in(folder: Path, form: str) -> list[dict[str, Any]]:
    """Read by other programs' libraries."""
    if form == "parquet":
        return [each for file in sorted(folder.glob("*.parquet")) for each in read_table(file).to_pylist()]
    return [
        each
        for file in sorted(folder.glob("*.csv"))
        for each in csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    ]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_rows_come_back_with_their_columns_and_their_record(tmp_path: Path, form: str) -> None:
    results = opened(tmp_path / "new" / "results", form)
    results.add(row("/a#3", label="good", score=0.25))
    results.add(row("/b", "It is broken.", number=None) | {"record": None})
    results.flush()

    first, second = rows_in(tmp_path / "new" / "results", form)
    assert (first["key"], first["label"], float(first["score"]), int(first["number"])) == ("/a#3", "good", 0.25, 3)
    assert json.loads(first["record"]) == {"text": "=ñ", "n": 1.5}
    assert second["error"] == "It is broken."
    assert not second["label"]
    assert not second["record"]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_second_start_skips_what_is_done_and_does_again_what_failed(tmp_path: Path, form: str) -> None:
    first = opened(tmp_path, form)
    assert first.done == set()
    first.add(row("/a", label="x", score=1.0))
    first.add(row("/b", "no"))
    first.flush()
    first.add(row("/c", "no"))
    first.flush()

    second = opened(tmp_path, form)

    assert second.done == {"/a"}
    assert [(each["key"], each["label"]) for each in rows_in(tmp_path, form)] == [("/a", "x")]
    second.add(row("/b", label="y", score=0.5))
    second.flush()
    assert opened(tmp_path, form).done == {"/a", "/b"}
    assert {each["key"] for each in rows_in(tmp_path, form)} == {"/a", "/b"}


def test_what_is_half_written_is_never_taken_for_a_result(tmp_path: Path) -> None:
    results = opened(tmp_path)
    results.add(row("/a"))
    results.flush()
    (tmp_path / ".abc-00002.parquet.abc").write_bytes(b"PAR1 half")  # what a start leaves that was killed

    assert opened(tmp_path).done == {"/a"}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (JOB | {"task": "translate"}, 'task: "classify", now "translate"'),
        (JOB | {"settings": {"model": "b", "explain": False}}, 'model: "a", now "b"'),
        (JOB | {"settings": {"model": "a", "explain": False, "label": "x"}}, 'label: left out, now "x"'),
    ],
)
def test_another_job_is_refused_with_what_differs(tmp_path: Path, other: dict[str, Any], said: str) -> None:
    opened(tmp_path)
    with pytest.raises(InvalidInput, match=said):
        opened(tmp_path, job=other)
    with pytest.raises(InvalidInput, match='format: "parquet", now "csv"'):
        opened(tmp_path, "csv")
    opened(tmp_path)  # and nothing of it stays


def test_files_of_texts_may_be_added_but_must_not_change(tmp_path: Path) -> None:
    opened(tmp_path, job=JOB | {"texts": {"/a.jsonl": [10, 1]}})
    opened(tmp_path, job=JOB | {"texts": {"/b.jsonl": [20, 1]}})
    opened(tmp_path, job=JOB | {"texts": {"/a.jsonl": [10, 1], "/b.jsonl": [20, 1]}})
    with pytest.raises(InvalidInput, match=r"/a\.jsonl has changed since"):
        opened(tmp_path, job=JOB | {"texts": {"/a.jsonl": [11, 2]}})


def test_folders_that_cannot_be_used_are_refused_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(InvalidInput, match="holds something else"):
        opened(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be written"):
        opened(tmp_path / "photo.jpg" / "results")
    with pytest.raises(InvalidInput, match="cannot be reached"):
        Results.open("ftp://host/x", "parquet", COLUMNS, dict(JOB))
    with pytest.raises(InvalidInput, match="no format “xlsx”"):
        opened(tmp_path / "new", "xlsx")


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_file_that_is_broken_is_named(tmp_path: Path, form: str) -> None:
    opened(tmp_path, form)
    (tmp_path / f"x-00001.{form}").write_bytes(b"a,b\n\xff,2\n")
    with pytest.raises(InvalidInput, match=f"x-00001.{form} is broken"):
        opened(tmp_path, form)
    (tmp_path / "job.json").write_text("[")
    with pytest.raises(InvalidInput, match=r"job\.json is broken"):
        opened(tmp_path, form)


def test_a_cell_that_a_spreadsheet_would_compute_becomes_text(tmp_path: Path) -> None:
    results = opened(tmp_path, "csv")
    results.add(row("/a", label="=1+1", score=1.0))
    results.flush()
    assert rows_in(tmp_path, "csv")[0]["label"] == "'=1+1"


def test_signs_that_no_file_can_hold_become_question_marks(tmp_path: Path) -> None:
    results = opened(tmp_path)
    results.add(row("/a", label="caf\udce9") | {"record": {"text": "\udce9"}})
    results.flush()
    [only] = rows_in(tmp_path, "parquet")
    assert only["label"] == "caf?"
    assert json.loads(only["record"]) == {"text": "?"}

"""Tables of any size are opened, and what cannot be has its sentence."""

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.errors import InvalidInput
from training.exploration import reading
from training.exploration.reading import open_table


def parquet(table: pa.Table, **options) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def test_of_a_large_file_the_beginning_is_read_and_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_text("text,label\n" + "".join(f"text {number},{number % 2}\n" for number in range(1_000)))
    monkeypatch.setattr(reading, "MAX_BYTES", 3_000)
    opened = open_table(file)
    assert 200 < len(opened.table.records) < 300
    assert opened.table.records[-1].cells["text"] == f"text {len(opened.table.records) - 1}"  # no half line
    assert opened.table.faults == ()
    assert "Its first 2" in opened.remarks[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig", "cp1252"])
def test_the_beginning_ends_between_two_records(tmp_path: Path, encoding: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([("text", "label"), *((f"año {n}\nand a second line, too", n % 2) for n in range(300))])
    opened = open_table(out.getvalue().encode(encoding), "a.csv", most_rows=99)
    assert [record.cells["text"].split("\n")[0] for record in opened.table.records] == [
        f"año {number}" for number in range(len(opened.table.records))
    ]
    assert opened.table.faults == ()
    assert 30 < len(opened.table.records) <= 50
    assert len(opened.remarks) == 1


def test_a_small_file_is_read_whole_and_nothing_is_said() -> None:
    opened = open_table(b"text,label\na,x\nb,y\n", "a.csv")
    assert (len(opened.table.records), opened.remarks) == (2, ())


def test_parquet_is_read_with_its_types_and_equal_names_are_told_apart() -> None:
    table = pa.table([pa.array(["a", None]), pa.array([1, 2]), pa.array([[1], []]), pa.array([b"xy", b""])],
                     names=["text", "text", "tags", "raw"])  # fmt: skip
    opened = open_table(parquet(table), "a.parquet").table
    assert opened.columns == ("text", "text (2)", "tags", "raw")
    assert [record.cells for record in opened.records] == [
        {"text": "a", "text (2)": 1, "tags": [1], "raw": "(2 B of bytes)"},
        {"text": None, "text (2)": 2, "tags": [], "raw": "(0 B of bytes)"},
    ]


def test_of_a_parquet_file_with_many_rows_the_first_are_read_and_said() -> None:
    content = parquet(pa.table({"text": ["again and again"] * 5_000}))
    opened = open_table(content, "a.parquet", most_rows=1_500)
    assert len(opened.table.records) == 1_500
    assert "a.parquet has 5,000 rows. The first 1,500 were looked at" in opened.remarks[0]


def test_a_long_text_that_comes_in_each_row_of_a_parquet_file_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    from training.exploration import parquet as module

    monkeypatch.setattr(module, "MOST_READ", 1_000_000)
    content = parquet(pa.table({"text": ["z" * 100_000] * 2_000}), compression="zstd")
    assert len(content) < 10_000
    assert len(open_table(content, "bomb.parquet").table.records) == 11


def test_a_parquet_file_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from training.exploration import parquet as module

    monkeypatch.setattr(module, "MOST_DECODED", 1_000_000)
    content = parquet(pa.table({"text": ["z" * 100_000] * 20}), compression="zstd", use_dictionary=False)
    with pytest.raises(InvalidInput, match=r"would need 2\.0 MB of memory; the limit is 1\.0 MB"):
        open_table(content, "bomb.parquet")


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "a.csv", "is empty"),
        (b"PAR1 and then nothing of use", "a.parquet", "damaged Parquet file"),
        (parquet(pa.table({"text": ["a"] * 99}))[:200], "a.parquet", "damaged Parquet file"),
        (parquet(pa.table({"text": pa.array([], pa.string())})), "a.parquet", "columns and no rows"),
        (parquet(pa.table({f"c{n}": [1] for n in range(2_001)})), "a.parquet", "2,001 columns"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a.csv", "is a picture, not a table"),
        (b"one column\nonly\n", "a.csv", "one column only"),
    ],
)
def test_what_is_not_a_table_gets_a_sentence(content: bytes, name: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        open_table(content, name)


def test_a_file_that_is_not_there_and_a_folder_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        open_table(tmp_path / "nowhere.csv")
    with pytest.raises(InvalidInput, match="is a folder"):
        open_table(tmp_path)

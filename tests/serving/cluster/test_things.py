"""What is found to work on in folders, lists and files of texts, and what a worker reads of it."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow.parquet import write_table

from models.errors import InvalidInput
from serving.cluster.kinds import KINDS
from serving.cluster.things import Reader, Things, look_for

PICTURES, TEXTS, WHOLE = KINDS["detect"], KINDS["classify"], KINDS["summarize"]


def keys(things: Things, folder: Path) -> list[str]:
    return [things.key(thing).removeprefix(f"{folder}/") for thing in things.found]


def texts(things: Things) -> list[object]:
    """What a worker reads, or the sentence that says why it cannot."""
    reader = Reader(things.places, things.column, of_pictures=False)

    def one(thing) -> object:
        try:
            return reader.read(thing)
        except InvalidInput as error:
            return error

    return [one(thing) for thing in things.found]


def found(folder: Path, *named: str, kind=TEXTS, column: str = "text") -> Things:
    return look_for(kind, [str(folder / name) for name in named], column)


def test_pictures_directly_in_a_folder_are_found_and_others_where_they_are_named(tmp_path: Path) -> None:
    for name in ("b.jpg", "A.PNG", "notes.txt", ".hidden.jpg", "deep/c.jpg", "odd.name"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    assert keys(found(tmp_path, "", kind=PICTURES), tmp_path) == ["A.PNG", "b.jpg"]
    twice = found(tmp_path, "", "b.jpg", "deep", "odd.name", kind=PICTURES)
    assert keys(twice, tmp_path) == ["A.PNG", "b.jpg", "deep/c.jpg", "odd.name"]


def test_a_list_names_pictures_and_what_is_not_there_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "list.txt").write_text(f"{tmp_path}/gone.jpg\n\n{tmp_path}/a.jpg\n")

    things = found(tmp_path, "list.txt", kind=PICTURES)

    assert keys(things, tmp_path) == ["a.jpg"]
    assert len(things.problems) == 1
    assert "gone.jpg" in things.problems[0]


def test_each_line_is_a_text_or_the_whole_file_where_the_task_reads_whole_texts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("\ufeffOne.\r\n\r\n  \nZwölf – 12.\nlast".encode())

    lines = found(tmp_path, "a.txt")
    whole = found(tmp_path, "a.txt", kind=WHOLE)

    assert keys(lines, tmp_path) == ["a.txt#1", "a.txt#4", "a.txt#5"]
    assert texts(lines) == ["One.", "Zwölf – 12.", "last"]
    assert keys(whole, tmp_path) == ["a.txt"]
    assert texts(whole) == ["One.\n\n  \nZwölf – 12.\nlast"]


def test_lines_are_found_across_the_pieces_in_which_a_file_is_read(tmp_path: Path, monkeypatch) -> None:
    from serving.cluster import things

    each_line = things._each_line
    monkeypatch.setattr(things, "_each_line", lambda file: each_line(file, size=3))
    (tmp_path / "a.txt").write_text("abcdefgh\n\nij\nk\n")
    assert texts(found(tmp_path, "a.txt")) == ["abcdefgh", "ij", "k"]


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 20])
def test_lines_end_as_they_do_in_the_plain_command(tmp_path: Path, monkeypatch, size: int) -> None:
    from serving.cluster import things

    each_line = things._each_line
    monkeypatch.setattr(things, "_each_line", lambda file: each_line(file, size=size))
    (tmp_path / "a.txt").write_bytes(b"One.\rTwo.\r\nThree.\n\r\rSix.\r")

    lines = found(tmp_path, "a.txt")

    assert keys(lines, tmp_path) == ["a.txt#1", "a.txt#2", "a.txt#3", "a.txt#6"]
    assert texts(lines) == ["One.", "Two.", "Three.", "Six."]
    assert texts(found(tmp_path, "a.txt", kind=WHOLE)) == ["One.\nTwo.\nThree.\n\n\nSix."]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("kind", [TEXTS, WHOLE])
def test_what_is_not_utf_8_but_looks_like_it_is_no_text(tmp_path: Path, encoding: str, kind) -> None:
    (tmp_path / "a.txt").write_bytes("A good film.\nA bad one.\n".encode(encoding))
    read = texts(found(tmp_path, "a.txt", kind=kind))
    assert read
    assert all(isinstance(each, InvalidInput) and "not UTF-8 text" in str(each) for each in read)


def test_json_lines_name_what_is_wrong_with_a_line_and_go_on(tmp_path: Path) -> None:
    lines = ['{"review": "Good."}', "{broken", '{"text": "other field"}', '{"review": 7}', '["x"]', '{"review": "ñ"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")

    read = texts(found(tmp_path, "a.jsonl", column="review"))

    assert (read[0], read[5]) == ("Good.", "ñ")
    assert str(read[1]) == "What stands in line 2 is not JSON."
    assert "no field “review” in line 3" in str(read[2])
    assert "holds no text in line 4" in str(read[3])
    assert "line 5" in str(read[4])


def test_parquet_is_read_by_column_over_row_groups(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2, 3, 4, 5], "body": ["a", "b", None, "d", "e"]})
    write_table(table, tmp_path / "a.parquet", row_group_size=2)

    things = found(tmp_path, "a.parquet", column="body")
    read = texts(things)

    assert keys(things, tmp_path) == [f"a.parquet#{number}" for number in range(1, 6)]
    assert [read[0], read[1], read[3], read[4]] == ["a", "b", "d", "e"]
    assert "no text in row 3" in str(read[2])


def test_a_column_that_is_missing_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    write_table(pa.table({"id": [1], "body": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(InvalidInput, match=r"no column “text”.*id, body.*--column"):
        found(tmp_path, "a.parquet")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "There is no text in"),
        ("blank.jsonl", b"\n\n", "There is no text in"),
        ("no.parquet", b"PAR1 not", "is not a Parquet file, or it is broken"),
        ("a.docx", b"x", "is not a file of texts"),
        ("gone.txt", None, "There is no file or folder"),
        ("*.jsonl", None, "Nothing fits"),
    ],
)
def test_files_of_no_use_are_named(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=said):
        found(tmp_path, name)

    (tmp_path / "good.txt").write_text("A text.")
    assert [said in problem for problem in found(tmp_path, name, "good.txt").problems] == [True]


def test_a_folder_without_pictures_or_texts_says_what_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no picture in .* Put JPEG or PNG"):
        found(tmp_path, "", kind=PICTURES)
    with pytest.raises(InvalidInput, match=r"There is no text in .*\.jsonl"):
        found(tmp_path, "")


def test_texts_that_are_not_utf_8_are_left_to_the_model_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"caf\xe9\n")
    [text] = texts(found(tmp_path, "a.txt"))
    assert text == "caf\udce9"
    json.dumps(text)  # as it travels

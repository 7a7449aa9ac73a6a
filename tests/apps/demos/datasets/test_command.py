"""`explore` in the terminal."""

import csv
import json
from pathlib import Path

import pytest

from tests.apps.commands import Aula, CtrlC
from tests.loopback_hub import LoopbackHub
from tests.training.exploration import served
from tests.training.exploration.test_pictures import photographs
from tests.training.pictures.drawn import folder
from training.text_data import SAMPLE


def table(folder: Path, name: str = "mine.csv", more: str = "") -> Path:
    lines = "".join(f"a {kind} thing to say about number{n},{kind}\n" for n in range(12) for kind in ("good", "bad"))
    file = folder / name
    file.write_text(f"text,label\n{lines}{more}", encoding="utf-8")
    return file


def test_the_sample_is_explored(aula: Aula) -> None:
    ended = aula("explore", SAMPLE)
    assert ended.code == 0, ended.errors
    assert "360 rows, of 7 to 28 words (median 16)" in ended.output
    assert "positive   180  50.0%" in ended.output
    assert "Line 1 names the columns: text, label, language, subject." in ended.errors


def test_json_holds_everything_and_nothing_else_is_printed(aula: Aula, tmp_path: Path) -> None:
    file = table(tmp_path, more="A GOOD thing to say about number3,bad\n,good\n")
    told = json.loads(aula("explore", file, "--json").output)
    assert (told["text_column"], told["label_column"], told["records"]) == ("text", "label", 26)
    assert told["files"][0]["left_out_lines"] == [{"line": 27, "reason": "the text is missing"}]
    assert [[row["line"] for row in group] for group in told["texts"]["conflicts"]] == [[8, 26]]
    assert told["texts"]["parts_from"] == "seed"


def test_columns_and_the_line_of_names_are_read_as_told(aula: Aula, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("".join(f"kind{n % 2};Text number {n} of a table\n" for n in range(20)), encoding="utf-8")
    told = json.loads(aula("explore", file, "--no-header", "--label-column", 1, "--json").output)
    assert (told["text_column"], told["label_column"], told["records"]) == ("column 2", "column 1", 20)
    ended = aula("explore", file, "--label-column", "colour")
    assert (ended.code, ended.output) == (1, "")
    assert "has no column “colour”" in ended.errors


def test_two_files_are_parts_of_one(aula: Aula, tmp_path: Path) -> None:
    ended = aula("explore", table(tmp_path, "train.csv"), table(tmp_path, "test.csv"))
    assert "24 of 24 in test.csv stand in train.csv, too (100.0%)" in ended.output


def test_reports_are_written(aula: Aula, tmp_path: Path) -> None:
    file = table(tmp_path, more="a good thing to say about number3,good\n=a formula of some words,bad\n")
    for kind in ("md", "csv", "json"):
        assert aula("explore", file, "--report", tmp_path / f"report.{kind}").code == 0
    rows = list(csv.DictReader((tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["finding"], row["line"]) for row in rows if row["finding"].startswith("duplicate")] == [
        ("duplicate 1", "8"), ("duplicate 1", "26"),
    ]  # fmt: skip
    assert "# mine.csv" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["name"] == "mine.csv"
    ended = aula("explore", file, "--report", tmp_path / "report.pdf")
    assert ended.code == 1
    assert "does not end in .md or .csv or .json" in ended.errors


def test_a_report_does_not_take_the_place_of_the_data(aula: Aula, tmp_path: Path) -> None:
    file = table(tmp_path)
    before = file.read_bytes()
    ended = aula("explore", SAMPLE, file, "--report", file)
    assert (ended.code, ended.output) == (1, "")
    assert "mine.csv is read here, and would be overwritten" in ended.errors
    assert file.read_bytes() == before


def test_what_was_found_is_shown_though_its_report_cannot_be_written(
    aula: Aula, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = table(tmp_path)
    held = tmp_path / "held.csv"

    def refuse(path: Path, *arguments: object, **options: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "replace", refuse)
    ended = aula("explore", file, "--report", held)
    assert ended.code == 1
    assert "held.csv cannot be written: Permission denied. Choose another with --report" in ended.errors
    assert "24 rows" in ended.output


def test_pictures_are_explored_and_a_broken_one_is_named(aula: Aula, tmp_path: Path) -> None:
    pets = folder(tmp_path / "pets", photographs() | {"cat/copy.png": photographs()["cat/0.png"]})
    whole = aula("explore", pets)
    assert whole.code == 0, whole.errors
    assert "cat/0.png = cat/copy.png" in whole.output
    (pets / "dog" / "broken.jpg").write_bytes(b"\xff\xd8 nothing")
    ended = aula("explore", pets, "--json")
    assert ended.code == 1
    told = json.loads(ended.output)
    assert (told["pictures"], [one["name"] for one in told["left_out"]]) == (11, ["dog/broken.jpg"])
    assert "Name one folder or ZIP file" in aula("explore", pets, pets).errors


def test_a_dataset_of_the_hub_is_fetched_only_with_the_option(
    aula: Aula, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Offline mode is on" in aula("explore", "class/emotion", "--hub").errors
    with LoopbackHub(served.repositories(tmp_path / "served")) as hub:
        for name, value in hub.environment().items():
            monkeypatch.setenv(name, value)
        without = aula("explore", "class/emotion")
        assert (without.code, hub.requests) == (1, [])
        assert "add --hub" in without.errors
        ended = aula("explore", "class/emotion", "--hub", "--split", "train", "--rows", 12, "--json")
    assert ended.code == 0, ended.errors
    assert json.loads(ended.output)["texts"]["classes"] == {"sadness": 6, "joy": 6}
    assert "Others, with --config: unsplit." in ended.errors


def test_ctrl_c_ends_it(aula: Aula, ctrl_c_at: CtrlC, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.demos.datasets import command

    monkeypatch.setattr(command, "_patient", lambda line: line.update)
    ctrl_c_at("Counting")
    ended = aula("explore", SAMPLE)
    assert (ended.code, ended.output) == (130, "")


@pytest.mark.parametrize(("given", "says"), [(("nowhere.csv",), "There is no file or folder nowhere.csv"),
                                             (("~nobody-here/a.csv",), "There is no file or folder ~nobody-here/a.csv"),
                                             (("x y", "--hub"), "is not the id of a dataset")])  # fmt: skip
def test_what_cannot_be_explored_is_one_sentence(aula: Aula, given: tuple, says: str, monkeypatch) -> None:
    ended = aula("explore", *given)
    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors

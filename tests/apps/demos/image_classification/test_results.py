"""The parts of the image classification page that take a result and nothing else."""

from dataclasses import replace
from pathlib import Path

from apps.demos.image_classification.results import Seen, bar_table, pictures_table, readable, short, speed_text
from apps.demos.object_detection.pictures import Picture
from models.image_classification import Classification, FileResult
from models.pictures.label_export import to_csv

FOUND = Classification(("crane", "dog, hound", "crane", "=cat"), (0.4, 0.2, 0.3, 0.1), 5, (30, 20), 0.01)


def seen(name: str, found: Classification | None = FOUND, error: str | None = None) -> Seen:
    return Seen(Picture(name, b""), found, error, 0.5)


def test_bars_of_one_name_are_told_apart() -> None:
    table = bar_table(FOUND, 3)
    assert list(table["shown"]) == ["crane (#0)", "crane (#2)", "dog"]
    assert list(table["score"]) == [0.4, 0.3, 0.2]
    assert list(table["label"]) == ["crane", "crane", "dog, hound"]


def test_a_long_name_is_cut() -> None:
    assert short("a" * 60) == "a" * 47 + "…"
    assert short("tench, Tinca tinca") == "tench"
    assert short(", odd") == ", odd"


def test_models_that_came_less_far_have_empty_cells() -> None:
    found = {"one/a": [seen("x.jpg"), seen("y.jpg", None, "y.jpg is broken")], "two/b": [seen("x.jpg")]}
    table = pictures_table(found)
    assert list(table.columns) == ["picture", "name", "a · label", "a · score", "b · label", "b · score", "problem"]
    assert table["b · label"].isna().tolist() == [False, True]
    assert readable(found) == [0]
    assert speed_text(found["one/a"]) == "0.5 s a picture"


def test_two_models_of_one_name_have_columns_of_their_own() -> None:
    other = replace(FOUND, scores=(0.1, 0.7, 0.1, 0.1))
    table = pictures_table({"one/vit": [seen("x.jpg")], "two/vit": [seen("x.jpg", other)]})
    assert (table["one/vit · label"].item(), table["one/vit · score"].item()) == ("crane", 0.4)
    assert (table["two/vit · label"].item(), table["two/vit · score"].item()) == ("dog", 0.7)


def test_a_spreadsheet_gets_no_formula() -> None:
    files = [FileResult(Path("=x.jpg"), FOUND, None, 0.1), FileResult(Path("b.jpg"), None, "=broken", 0.1)]
    lines = to_csv({"m": files}).splitlines()
    assert lines[0] == "image,model,rank,class_id,label,score,error"
    assert len(lines) == 1 + 4 + 1
    assert not any(cell.startswith("=") for line in lines for cell in line.split(","))

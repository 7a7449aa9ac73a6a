"""Labelled pictures: counts, copies by their pixels, near-duplicates, leaks, broken files."""

import json
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.training.exploration.test_picture_hash import photograph
from tests.training.pictures.drawn import folder, picture, zipped
from training.exploration.pictures import explore_pictures
from training.pictures.reading import read_archive, read_pictures


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photographs(count: int = 5, part: str = "", start: int = 0) -> dict[str, bytes]:
    return {
        f"{part}{label}/{number}.png": encoded(photograph(start + 100 * place + number))
        for place, label in enumerate(("cat", "dog"))
        for number in range(count)
    }


def test_equal_pixels_are_copies_whatever_the_file() -> None:
    contents = photographs()
    contents["cat/again.bmp"] = encoded(photograph(0), "BMP")
    contents["dog/wrong.png"] = encoded(photograph(1), compress_level=1)
    report = explore_pictures(read_archive(zipped(contents), "pets.zip"))
    names = [one.name for one in report.data.pictures]
    copies = [[names[place] for place in group] for group in report.copies]
    assert sorted(map(sorted, copies)) == [["cat/0.png", "cat/again.bmp"], ["cat/1.png", "dog/wrong.png"]]
    assert [[names[place] for place in group] for group in report.conflicts] == [["cat/1.png", "dog/wrong.png"]]
    assert (report.duplicates, report.near) == (2, ())
    assert report.classes == {"cat": 6, "dog": 6}


def test_parts_of_folders_leak_what_is_the_same_and_what_is_nearly_so() -> None:
    contents = photographs(4, "train/") | photographs(3, "test/", start=50)
    contents["test/cat/same.png"] = contents["train/cat/0.png"]
    contents["test/dog/smaller.jpg"] = encoded(photograph(101).resize((120, 96)), "JPEG", quality=70)
    report = explore_pictures(read_archive(zipped(contents), "pets.zip"))
    [leak] = report.leaks
    assert (leak.first, leak.second, leak.same, leak.near, leak.total) == ("train", "test", 1, 1, 8)
    names = [one.name for one in report.data.pictures]
    assert [[names[place] for place in pair] for pair in leak.examples] == [
        ["train/cat/0.png", "test/cat/same.png"], ["train/dog/1.png", "test/dog/smaller.jpg"],
    ]  # fmt: skip
    assert report.parts is not None
    assert report.parts.source == "folders"


def test_broken_files_are_named_and_the_rest_is_explored(tmp_path: Path) -> None:
    contents = photographs() | {"cat/broken.jpg": b"\xff\xd8 nothing", "dog/notes.txt": b"x"}
    report = explore_pictures(read_pictures(folder(tmp_path / "pets", contents)))
    assert len(report.data.pictures) == 10
    assert {one.name for one in report.data.left_out} == {"cat/broken.jpg", "dog/notes.txt"}
    assert (report.problem, report.parts.source if report.parts else "") == (None, "seed")
    json.dumps(report.as_dict())


def test_a_picture_that_has_gone_since_is_named(tmp_path: Path) -> None:
    data = read_pictures(folder(tmp_path / "pets", photographs()))
    (tmp_path / "pets" / "cat" / "0.png").unlink()
    report = explore_pictures(data)
    assert [one.name for one in report.data.left_out] == ["cat/0.png"]
    assert len(report.data.pictures) == 9


def test_sizes_and_one_class_are_told() -> None:
    contents = {f"red/{n}.png": picture(seed=n, size=(24 + n, 20)) for n in range(3)}
    report = explore_pictures(read_archive(zipped(contents), "red.zip"))
    assert report.widths is not None
    assert (report.widths.smallest, report.widths.median, report.widths.largest) == (24, 25, 26)
    assert report.problem is not None
    assert "Add pictures of a second class" in report.problem
    assert any("smaller than 224 pixels" in remark for remark in report.remarks)

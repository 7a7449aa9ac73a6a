"""Folders, archives and uploads of labelled pictures: what is a class, what is left out, and what is said of it."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from models.errors import InvalidInput
from models.pictures import prepared
from tests.training.pictures.drawn import COLOURS, files, folder, picture, zipped
from training.pictures import reading
from training.pictures.data import PictureData, require_trainable
from training.pictures.packing import is_packed, pack, unpack
from training.pictures.reading import ENOUGH, read_archive, read_pictures, read_uploads

BOTH = {"green": 6, "red": 6}


def told(data: PictureData) -> list[str]:
    return [one.reason for one in data.left_out]


def test_a_folder_with_one_subfolder_a_class(tmp_path: Path) -> None:
    data = read_pictures(folder(tmp_path / "colours"))
    assert (data.name, data.classes, data.labels) == ("colours", BOTH, ["green", "red"])
    first = data.pictures[0]
    assert (first.name, first.label, first.width, first.height, first.part) == ("green/0.png", "green", 24, 20, None)
    assert first.open().size == (24, 20)
    assert not data.left_out
    assert not data.remarks


@pytest.mark.parametrize("around", ["", "colours/", "colours/more/"])
def test_a_zip_of_the_same_whatever_lies_around_the_classes(around: str) -> None:
    contents = {f"{around}{name}": content for name, content in files().items()}
    data = read_archive(zipped(contents), "colours.zip")
    assert data.classes == BOTH


def test_what_systems_leave_behind_is_passed_over_in_silence(tmp_path: Path) -> None:
    litter = {
        "__MACOSX/red/._0.png": b"x", ".DS_Store": b"x", "red/.DS_Store": b"x", "red/Thumbs.db": b"x",
        ".thumbnails/0.png": picture(), "red/desktop.ini": b"x",
    }  # fmt: skip
    for data in (read_pictures(folder(tmp_path, files() | litter)), read_archive(zipped(files() | litter), "a.zip")):
        assert data.classes == BOTH
        assert not data.left_out


def test_several_uploads_a_class() -> None:
    uploads = {label: [(f"{n}.png", picture(colour, n)) for n in range(4)] for label, colour in COLOURS.items()}
    assert read_uploads(uploads).classes == {"blue": 4, "green": 4, "red": 4}
    with pytest.raises(InvalidInput, match="has no name"):
        read_uploads({" ": [("a.png", picture())]})
    assert read_uploads(uploads | {"yellow": []}).remarks == ("The class “yellow” has no picture, so it is left out.",)


@pytest.mark.parametrize("names", [("train", "validation"), ("Training", "val"), ("training_set", "test set")])
def test_folders_of_parts_above_the_classes(names: tuple[str, str]) -> None:
    contents = {f"{names[0]}/{name}": content for name, content in files().items()}
    contents |= {f"{names[1]}/red/9.png": picture(seed=99), f"{names[1]}/green/9.png": picture((0, 255, 0), 98)}
    data = read_archive(zipped(contents), "beans.zip")
    second = "test" if names[1].startswith("test") else "validation"
    assert data.classes == {"green": 7, "red": 7}
    assert [picture.part for picture in data.pictures].count("train") == 12
    assert [picture.part for picture in data.pictures].count(second) == 2


def test_a_stray_picture_beside_the_classes_does_not_make_classes_of_the_parts() -> None:
    contents = {f"{part}/{name}": content for part in ("train", "test") for name, content in files().items()}
    data = read_archive(zipped(contents | {"train/overview.png": picture(seed=77)}), "beans.zip")
    assert data.classes == {"green": 12, "red": 12}
    assert told(data) == ["train/overview.png lies in no class's folder. Put it into one."]


def test_classes_that_are_called_as_parts_are_classes() -> None:
    contents = {name.replace("red", "train").replace("green", "test"): content for name, content in files().items()}
    assert read_archive(zipped(contents), "vehicles.zip").classes == {"test": 6, "train": 6}


def test_a_broken_file_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = {
        "red/half.png": picture()[:200], "red/text.jpg": b"hello", "red/none.png": b"",
        "red/dot.png": picture(size=(1, 1)),
        "red/strip.png": picture(size=(900, 9)), "red/notes.txt": b"x", "loose.png": picture(),
        "red/more.zip": zipped(),
    }  # fmt: skip
    data = read_pictures(folder(tmp_path / "p", files() | bad))
    assert data.classes == BOTH
    assert {one.name: one.label for one in data.left_out}["red/half.png"] == "red"
    assert sorted(told(data)) == [
        "half.png is broken, or not a picture that can be read. Save it as JPEG or PNG.",
        "loose.png lies in no class's folder. Put it into one.",
        "red/dot.png has only 1 × 1 pixels; at least 8 × 8 are needed.",
        "red/more.zip is an archive inside. Unpack it, and put its pictures into the folders of their classes.",
        "red/none.png is empty.",
        "red/notes.txt is not a picture.",
        "red/strip.png is a strip, in which a model sees nothing. Cut out a part that is closer to a square.",
        "text.jpg is broken, or not a picture that can be read. Save it as JPEG or PNG.",
    ]


def test_a_picture_of_too_many_pixels_is_named(tmp_path: Path) -> None:
    Image.new("1", (10_001, 10_000)).save(folder(tmp_path) / "red" / "huge.png")
    assert told(read_pictures(tmp_path)) == ["huge.png has more than 100 megapixels. Make it smaller and try again."]


def test_a_strip_is_what_a_model_would_refuse() -> None:
    assert reading.LONGEST_RATIO == prepared.LONGEST_RATIO


def test_a_large_picture_is_kept_as_a_smaller_copy(tmp_path: Path) -> None:
    Image.new("RGB", (3 * ENOUGH, 2 * ENOUGH), "red").save(folder(tmp_path) / "red" / "large.png")
    large = read_pictures(tmp_path).pictures[-1]
    assert (large.name, large.width, large.height) == ("red/large.png", 3 * ENOUGH, 2 * ENOUGH)
    assert large.open().size == (1.5 * ENOUGH, ENOUGH)


def test_labels_that_differ_in_case_or_white_space_only(tmp_path: Path) -> None:
    contents = files() | {"Red/7.png": picture(seed=70), "RED /8.png": picture(seed=80), "n\u0303/1.png": picture()}
    data = read_archive(zipped(contents), "a.zip")
    assert data.classes == {"green": 6, "red": 8, "ñ": 1}
    assert data.remarks == (
        "“RED” and “Red” and “red” differ only in capital letters, so they were taken for one class, “red”.",
    )
    written = read_archive(zipped(contents), "a.zip", as_written=True)
    assert written.classes == {"RED": 1, "Red": 1, "green": 6, "red": 6, "ñ": 1}
    assert not written.remarks


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no names that are not text")
def test_names_that_are_not_text_can_be_told_and_packed(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder(tmp_path)) + b"/caf\xe9"))
    odd.mkdir()
    (odd / os.fsdecode(b"\xff.png")).write_bytes(picture())
    data = read_pictures(tmp_path)
    assert data.labels == [r"caf\xe9", "green", "red"]
    assert data.pictures[0].name == r"caf\xe9/\xff.png" or data.pictures[-1].name == r"caf\xe9/\xff.png"
    file = tmp_path / "pictures.zip"
    file.write_bytes(pack(data))
    assert unpack(file).labels == data.labels


def test_an_empty_folder_is_said_to_be_no_class(tmp_path: Path) -> None:
    (folder(tmp_path) / "blue").mkdir()
    sentence = "The class “blue” has no picture, so it is left out."
    assert read_pictures(tmp_path).remarks == (sentence,)
    assert read_archive(zipped(files() | {"blue/": b""}), "a.zip").remarks == (sentence,)


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        ({}, "There is no picture in a.zip. Put the pictures of each class into a folder of its own."),
        ({"a/notes.txt": b"x"}, "There is no picture in a.zip."),
        ({"1.png": picture(), "2.png": picture()}, "The pictures in a.zip lie in no folders."),
    ],
)
def test_what_holds_no_labelled_picture_says_what_is_missing(contents: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_archive(zipped(contents), "a.zip")


def test_what_is_neither_a_folder_nor_an_archive(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(InvalidInput, match="There is no folder or ZIP file"):
        read_pictures(tmp_path / "b")
    with pytest.raises(InvalidInput, match=r"a\.txt is neither a folder nor a ZIP file"):
        read_pictures(tmp_path / "a.txt")


def test_a_folder_of_somebody_unknown_and_a_file_that_may_not_be_opened_get_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="There is no folder or ZIP file ~nobody-here/things"):
        read_pictures(Path("~nobody-here/things"))

    def refuse(path: Path) -> bool:
        raise PermissionError

    (tmp_path / "a.zip").write_bytes(zipped())
    monkeypatch.setattr(reading, "is_archive", refuse)
    with pytest.raises(InvalidInput, match="may not be read by you"):
        read_pictures(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("contents", "sentence"),
    [
        (files(labels=("red",)), "All pictures of a.zip are of the class “red”. Add pictures of a second class."),
        (files() | {"blue/1.png": picture((0, 0, 255))}, "The class “blue” has only one picture; at least 3"),
        (files() | {f"blue/{n}.png": picture((0, 0, 255), n % 2) for n in range(5)}, "has only two different pictures"),
        ({"a/1.png": b"x", "b/1.png": b"x"}, r"holds no picture that can be used \(2 files were left out\)"),
    ],
)
def test_too_little_to_learn_from(contents: dict[str, bytes], sentence: str) -> None:
    data = read_archive(zipped(contents), "a.zip")
    with pytest.raises(InvalidInput, match=sentence):
        require_trainable(data)


def test_packed_pictures_come_back_the_same(tmp_path: Path) -> None:
    contents = files() | {"red/bad.png": b"x", "RED/1.png": picture(seed=5)}
    data = read_archive(zipped({f"train/{name}": content for name, content in contents.items()}), "a.zip")
    file = tmp_path / "pictures.zip"
    file.write_bytes(pack(data))
    assert unpack(file) == data
    assert is_packed(file)
    assert not is_packed(folder(tmp_path / "p"))
    file.write_bytes(zipped({"aula.json": b'{"name": 3}'}))
    with pytest.raises(InvalidInput, match="does not hold the pictures of a training"):
        unpack(file)

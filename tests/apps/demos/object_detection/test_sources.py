"""Which pictures are meant by files, folders, patterns and lists; what leads nowhere is named, and the rest goes on."""

import os
from pathlib import Path

import pytest

from apps.demos.object_detection.sources import look_for
from models.errors import InvalidInput


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """photos/a.jpg, photos/b.png and photos/deep/c.jpg, in the folder where one is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos" / "deep").mkdir(parents=True)
    for name in ("a.jpg", "b.png", "deep/c.jpg"):
        (tmp_path / "photos" / name).touch()
    return Path("photos")


def write(name: str, content: str | bytes) -> Path:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return Path(name)


def test_a_pattern_finds_files_and_with_two_stars_those_in_folders(photos: Path) -> None:
    assert look_for([photos / "*.jpg"]).pictures == [photos / "a.jpg"]
    assert look_for([photos / "**" / "*.jpg"]).pictures == [photos / "a.jpg", photos / "deep" / "c.jpg"]
    assert look_for([photos / "de*"]).pictures == [photos / "deep" / "c.jpg"]


def test_a_pattern_that_nothing_fits_is_named_and_the_rest_goes_on(photos: Path) -> None:
    found = look_for([photos / "*.tiff", photos / "a.jpg"])
    assert found.pictures == [photos / "a.jpg"]
    assert found.problems == [f"Nothing fits the pattern {photos / '*.tiff'}. Check its folder and its suffix."]
    with pytest.raises(InvalidInput, match=r"Nothing fits the pattern .*\.tiff"):
        look_for([photos / "*.tiff"])


def test_a_name_with_the_signs_of_a_pattern_is_a_name_first(photos: Path) -> None:
    (photos / "a[1].jpg").touch()
    assert look_for([photos / "a[1].jpg"]).pictures == [photos / "a[1].jpg"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_names_files_folders_and_patterns(photos: Path, end: str, encoding: str) -> None:
    (photos / "ñ é.jpg").touch()
    lines = [
        "photos/ñ é.jpg",
        "",
        "  photos/deep  ",
        "photos/*.png",
        "photos/b.png",
        (photos / "a.jpg").resolve().as_uri(),
    ]
    found = look_for([write("list.txt", end.join(lines).encode(encoding))])
    here = Path.cwd()
    assert found.pictures == [photos / "ñ é.jpg", photos / "deep" / "c.jpg", photos / "b.png", here / photos / "a.jpg"]
    assert found.problems == []


def test_a_list_may_lie_beside_its_pictures(photos: Path) -> None:
    assert look_for([write("photos/list.txt", "a.jpg\n*.png\n")]).pictures == [photos / "a.jpg", photos / "b.png"]


def test_what_a_list_names_and_is_not_there_stays_to_be_named(photos: Path) -> None:
    found = look_for([write("list.txt", f"photos/a.jpg\nphotos/gone.jpg\n{'prose ' * 90}\n")])
    assert found.pictures[:2] == [photos / "a.jpg", photos / "gone.jpg"]
    assert len(found.pictures) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xd8\xff\xe0 a photograph under the wrong name", "is not a list of pictures"),
        (b"photos/a.jpg\0photos/b.png\0", "is not a list of pictures"),
        (b"", "lists no picture"),
        (b"\n  \n", "lists no picture"),
        (b"gone.jpg\n", "There is no file or folder gone.jpg"),
    ],
)
def test_a_list_of_no_use_is_named_and_the_rest_goes_on(photos: Path, content: bytes, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        look_for([write("list.txt", content)])
    assert photos / "a.jpg" in look_for([Path("list.txt"), photos / "a.jpg"]).pictures


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a file that may not be read")
def test_a_list_that_may_not_be_read_is_named(photos: Path) -> None:
    write("list.txt", "photos/a.jpg").chmod(0)
    assert "cannot be read" in look_for([Path("list.txt"), photos / "a.jpg"]).problems[0]


def test_nothing_named_twice_is_looked_at_twice(photos: Path) -> None:
    again = look_for([photos, photos / "a.jpg", photos / "*.jpg", photos])
    assert again.pictures == [photos / "a.jpg", photos / "b.png"]
    assert len(again.not_read) == 1


def test_other_ways_to_a_picture_lead_to_the_same_one(photos: Path) -> None:
    ways = [(photos / "a.jpg").resolve(), photos / "deep" / ".." / "a.jpg", photos / "b.png"]
    again = look_for([photos / "a.jpg", *ways])
    assert again.pictures == [photos / "a.jpg", photos / "b.png"]


def test_links_into_a_folder_above_have_no_end_and_are_not_followed_twice(photos: Path) -> None:
    try:
        for name in ("again", "once-more"):
            (photos / "deep" / name).symlink_to(photos.resolve(), target_is_directory=True)
    except OSError:
        pytest.skip("this system lets nobody make links")
    found = look_for([photos / "**" / "*.jpg"])
    assert found.pictures == [photos / "a.jpg", photos / "deep" / "c.jpg"]
    assert look_for([photos / "**"]).pictures == [photos / "a.jpg", photos / "b.png", photos / "deep" / "c.jpg"]


def test_two_stars_alone_begin_where_one_is_and_pass_over_what_is_hidden(photos: Path) -> None:
    (photos / ".hidden").mkdir()
    (photos / ".hidden" / "d.jpg").touch()
    (photos / "brackets [1]").mkdir()
    (photos / "brackets [1]" / "e.jpg").touch()
    expected = [photos / "a.jpg", photos / "brackets [1]" / "e.jpg", photos / "deep" / "c.jpg"]
    assert look_for([Path("**") / "*.jpg"]).pictures == expected
    assert look_for([Path("pho*") / "**" / "*.jpg"]).pictures == expected


@pytest.mark.parametrize("address", ["https://example.org/bus.jpg", "http://example.org/bus?size=1", "rtsp://camera/1"])
def test_addresses_of_the_web_are_named_as_such_and_the_rest_goes_on(photos: Path, address: str) -> None:
    found = look_for([Path(address), photos / "a.jpg"])
    assert found.pictures == [photos / "a.jpg"]
    assert "is an address of the web, and nothing is fetched from there" in found.problems[0]
    with pytest.raises(InvalidInput, match="is an address of the web"):
        look_for([Path(address)])

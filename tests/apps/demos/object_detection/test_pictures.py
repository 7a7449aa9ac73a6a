"""Where pictures come from: uploads, a folder, the gallery with its attributions."""

from pathlib import Path

import pytest

from apps.demos.object_detection import pictures
from apps.demos.object_detection.pictures import Picture, attributions, base_name
from models.errors import InvalidInput, UnreadableImage

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize("name", ["../../evil.jpg", "..\\..\\evil.jpg", "C:\\evil.jpg", "evil.jpg"])
def test_a_browser_cannot_choose_the_folder_in_the_archive(name: str) -> None:
    assert base_name(name) == "evil.jpg"


def test_an_upload_that_is_not_a_picture_is_named() -> None:
    with pytest.raises(UnreadableImage, match=r"mine\.jpg"):
        Picture("mine.jpg", b"").open()


def test_every_photograph_of_the_gallery_has_its_attribution() -> None:
    stories = attributions(ROOT / "images" / "ATTRIBUTION.md")
    names = {picture.name for picture in pictures.pictures_of(str(ROOT / "images"))}
    assert names
    assert names <= set(stories)
    assert all(stories[name].who and stories[name].licence for name in names)


def test_a_table_that_somebody_edited_does_not_break_the_gallery(tmp_path: Path) -> None:
    table = tmp_path / "ATTRIBUTION.md"
    assert attributions(table) == {}
    table.write_text("# Mine\n\n| file |\n| --- |\n| `a.jpg` | a cat |\n| `b.jpg` | a dog | me | CC0 |\n")
    assert list(attributions(table)) == ["b.jpg"]


def test_no_folder_is_not_the_present_one() -> None:
    with pytest.raises(InvalidInput, match="No folder was given"):
        pictures.pictures_of("")

"""What lies in a folder: all that can be opened is taken, all else is named."""

from pathlib import Path

import pytest
from PIL import Image, features

from models.errors import InvalidInput
from models.pictures.images import open_image, pictures_in
from models.pictures.picture_folder import SUFFIXES, look_into

NOT_BY_ITSELF = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "WMF"}  # needs another program, or is recognised only
MOSTLY_ELSE = {".fit", ".msp", ".vst", ".iim"}


def test_every_suffix_that_pillow_opens_is_taken() -> None:
    Image.init()
    opened = {suffix for suffix, name in Image.registered_extensions().items() if name in Image.OPEN}
    refused = {suffix for suffix, name in Image.registered_extensions().items() if name in NOT_BY_ITSELF}
    assert opened - refused - MOSTLY_ELSE <= SUFFIXES


@pytest.mark.parametrize("name", ["a.mpo", "b.ppm", "c.tga", "d.avif", "e.heic", "f.PSD", "g.hif"])
def test_what_can_be_opened_is_read_from_a_folder(tmp_path: Path, name: str) -> None:
    from pillow_heif import from_pillow

    picture = Image.new("RGB", (64, 48), "teal")
    if name.endswith("avif") and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    if name.endswith(("heic", "hif")):
        from_pillow(picture).save(tmp_path / name, quality=90)
    elif name.endswith("PSD"):
        header = b"8BPS\0\1" + bytes(6) + b"\0\3" + (48).to_bytes(4) + (64).to_bytes(4) + b"\0\x08\0\3"
        pixels = b"".join(bytes([level]) * 64 * 48 for level in (0, 128, 128))
        (tmp_path / name).write_bytes(header + bytes(12) + b"\0\0" + pixels)
    else:
        picture.save(tmp_path / name)
    [path] = pictures_in(tmp_path)
    red, green, blue = open_image(path).getpixel((20, 20))
    assert (red < 10, abs(green - 128) < 10, abs(blue - 128) < 10) == (True, True, True)
    assert look_into(tmp_path).not_read is None


def test_what_is_not_read_is_counted_and_named_with_the_next_step(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.CR2", "c.dng", "d.arw", "e.nef", "notes", "f.svg", "desktop.ini", ".DS_Store"):
        (tmp_path / name).touch()
    (tmp_path / "more.jpg").mkdir()
    assert look_into(tmp_path).not_read == (
        f"Not read in {tmp_path}: 4 raw photographs (b.CR2, c.dng, d.arw, …), 1 drawing (f.svg), 1 other file (notes), "
        "1 folder (more.jpg). Save what should be looked at as JPEG or PNG. "
        "Name a folder itself to have the pictures in it read."
    )


def test_a_folder_of_other_things_says_which(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").touch()
    with pytest.raises(InvalidInput, match=r"no picture in .*1 film \(film\.mp4\)"):
        pictures_in(tmp_path)


def test_films_are_named_apart_from_what_is_not_read(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.MP4", "c.webm", "d.wmv"):
        (tmp_path / name).touch()
    found = look_into(tmp_path)
    assert [path.name for path in found.films] == ["b.MP4", "c.webm"]
    assert found.not_read == f"Not read in {tmp_path}: 1 video (d.wmv). Save videos as MP4."
    assert found.films_text == f"Films in {tmp_path}: 2 films (b.MP4, c.webm)."

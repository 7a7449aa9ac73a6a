"""Pictures of every kind, whole, turned, transparent and broken."""

import io
import os
import struct
import zlib
from itertools import pairwise
from pathlib import Path

import numpy
import pytest
from PIL import Image

from models.errors import InvalidInput, UnreadableImage
from models.pictures import images
from models.pictures.detections import Detection, Detections
from models.pictures.images import class_colour, draw, jpeg, open_image, pictures_in, to_rgb


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def saved(tmp_path, image: Image.Image, name: str, **options):
    image.save(tmp_path / name, **options)
    return open_image(tmp_path / name)


def two_colours() -> Image.Image:
    """Red on the left, blue on the right: 40 wide, 20 high."""
    image = Image.new("RGB", (40, 20), (255, 0, 0))
    image.paste((0, 0, 255), (20, 0, 40, 20))
    return image


def near(pixel, expected, tolerance=6) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, expected, strict=True))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = saved(tmp_path, two_colours(), "turned.jpg", exif=exif, quality=95)
    # From the EXIF standard: where the stored picture's left (red) side belongs.
    red_at = {1: "left", 2: "right", 3: "right", 4: "left", 5: "top", 6: "top", 7: "bottom", 8: "bottom"}[orientation]
    assert image.size == ((40, 20) if orientation <= 4 else (20, 40))
    width, height = image.size
    place = {"left": (2, 10), "right": (37, 10), "top": (10, 2), "bottom": (10, 37)}[red_at]
    assert near(image.getpixel(place), (255, 0, 0), 20)
    assert near(image.getpixel((width - 1 - place[0], height - 1 - place[1])), (0, 0, 255), 20)


@pytest.mark.parametrize(
    "mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "I;16", "I", "F", "HSV", "PA", "RGBX"]
)
def test_every_mode_becomes_rgb(mode) -> None:
    grey = Image.new("L", (8, 8), 200)
    if mode == "PA":
        image = grey.convert("LA").convert("PA")
    elif mode == "I;16":
        image = Image.fromarray(numpy.full((8, 8), 200 * 257, dtype=numpy.uint16))
    elif mode == "HSV":
        image = grey.convert("RGB").convert("HSV")
    else:
        image = grey.convert("RGB").convert(mode) if mode in ("CMYK", "YCbCr", "RGBX") else grey.convert(mode)
    assert image.mode == mode
    rgb = to_rgb(image)
    assert rgb.mode == "RGB"
    expected = (255,) * 3 if mode == "1" else (200,) * 3
    assert near(numpy.asarray(rgb).mean(axis=(0, 1)), expected, 56 if mode == "1" else 2)


def test_sixteen_bits_keep_their_shades(tmp_path) -> None:
    ramp = numpy.linspace(0, 65535, 256).astype(numpy.uint16)[None].repeat(4, axis=0)
    for name in ("ramp.png", "ramp.tif"):
        image = saved(tmp_path, Image.fromarray(ramp), name)
        assert numpy.abs(numpy.asarray(image)[0, :, 0].astype(int) - numpy.arange(256)).max() <= 1


def test_sixteen_bits_of_colour(tmp_path) -> None:
    """Written by hand: Pillow has no such mode to save."""
    rows = b"".join(b"\0" + struct.pack(">6H", 65535, 32768, 0, 0, 32768, 65535) for _ in range(2))
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    image = open_image(io.BytesIO(content))
    assert near(image.getpixel((0, 0)), (255, 128, 0), 1)
    assert near(image.getpixel((1, 1)), (0, 128, 255), 1)


def test_float_pictures_are_scaled() -> None:
    assert near(to_rgb(Image.fromarray(numpy.full((4, 4), 0.5, dtype=numpy.float32))).getpixel((0, 0)), (127,) * 3, 1)
    assert near(to_rgb(Image.fromarray(numpy.full((4, 4), 90, dtype=numpy.float32))).getpixel((0, 0)), (90,) * 3, 1)


def test_transparency_lies_on_white(tmp_path) -> None:
    clear = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    clear.paste((0, 128, 0, 255), (5, 0, 10, 10))
    for name, options in (("clear.png", {}), ("clear.webp", {"lossless": True}), ("clear.gif", {})):
        image = saved(tmp_path, clear, name, **options)
        assert image.getpixel((1, 5)) == (255, 255, 255)
        assert near(image.getpixel((8, 5)), (0, 128, 0))


def test_half_transparent_is_mixed_with_white() -> None:
    assert near(to_rgb(Image.new("RGBA", (4, 4), (255, 0, 0, 128))).getpixel((0, 0)), (255, 127, 127), 1)


def test_palette_with_a_transparent_colour(tmp_path) -> None:
    palette = Image.new("P", (10, 10), 0)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(1, (5, 0, 10, 10))
    image = saved(tmp_path, palette, "palette.png", transparency=0)
    assert image.getpixel((1, 1)) == (255, 255, 255)
    assert image.getpixel((8, 1)) == (0, 0, 255)


def test_cmyk_jpeg(tmp_path) -> None:
    image = saved(tmp_path, two_colours().convert("CMYK"), "print.jpg", quality=95)
    assert near(image.getpixel((5, 5)), (255, 0, 0), 20)
    assert near(image.getpixel((35, 5)), (0, 0, 255), 20)


@pytest.mark.parametrize(
    ("mode", "name", "kept"), [("RGB", "a.png", True), ("L", "a.png", False), ("CMYK", "a.tif", False)]
)
def test_a_profile_is_kept_with_the_colours_that_it_is_of(tmp_path, mode: str, name: str, kept: bool) -> None:
    image = saved(tmp_path, two_colours().convert(mode), name, icc_profile=b"a profile")
    assert ("icc_profile" in image.info) is kept


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp", "moving.png"])
def test_first_frame_of_an_animation(tmp_path, name) -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "lime", "blue")]
    image = saved(tmp_path, frames[0], name, save_all=True, append_images=frames[1:], duration=100)
    assert near(image.getpixel((5, 5)), (255, 0, 0))


def test_file_objects_and_wrong_suffixes_are_read(tmp_path) -> None:
    two_colours().save(tmp_path / "picture.png")
    (tmp_path / "picture.png").rename(tmp_path / "picture.jpg")
    assert open_image(str(tmp_path / "picture.jpg")).size == (40, 20)
    assert open_image(io.BytesIO((tmp_path / "picture.jpg").read_bytes())).size == (40, 20)


def test_what_is_not_a_file_is_refused_and_nobody_waits_for_it(tmp_path) -> None:
    with pytest.raises(UnreadableImage, match=f"{tmp_path.name}: this is a folder"):
        open_image(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        for path in (tmp_path / "pipe.jpg", Path("/dev/zero")):
            with pytest.raises(UnreadableImage, match=f"{path.name}: this is a pipe or a device"):
                open_image(path)


def test_broken_files_are_unreadable(tmp_path) -> None:
    two_colours().save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    contents = {
        "empty.jpg": b"",
        "text.jpg": b"hello",
        "half.jpg": whole[: len(whole) // 2],
        "noise.png": b"\x89PNG\r\n\x1a\n?",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableImage, match=name):
            open_image(tmp_path / name)
    with pytest.raises(UnreadableImage, match="no file"):
        open_image(tmp_path / "missing.jpg")
    with pytest.raises(UnreadableImage):
        open_image(tmp_path)


@pytest.mark.parametrize("brands", [b"heic\0\0\0\0mif1heic", b"mif1\0\0\0\0mif1heic", b"heix\0\0\0\0"])
def test_heic_is_named_whatever_its_suffix(tmp_path, brands) -> None:
    content = struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + b"\0\0\0\x10meta" + b"\0" * 100
    (tmp_path / "IMG_1.jpg").write_bytes(content)
    for source in (tmp_path / "IMG_1.jpg", str(tmp_path / "IMG_1.jpg"), io.BytesIO(content)):
        with pytest.raises(UnreadableImage, match=r"HEIC.*Save it as JPEG"):
            open_image(source)


def test_other_files_that_begin_alike_are_not_taken_for_heic(tmp_path) -> None:
    (tmp_path / "film.jpg").write_bytes(struct.pack(">I", 16) + b"ftypmp42\0\0\0\0heic")
    with pytest.raises(UnreadableImage, match="not a picture"):
        open_image(tmp_path / "film.jpg")


def test_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch) -> None:
    def refuse(source):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Image, "open", refuse)  # a real one would let root in
    with pytest.raises(UnreadableImage, match=r"locked\.jpg may not be read"):
        open_image(tmp_path / "locked.jpg")


def test_full_memory_is_no_broken_picture(tmp_path, monkeypatch) -> None:
    def full(image):
        raise MemoryError

    two_colours().save(tmp_path / "large.png")
    monkeypatch.setattr(images, "to_rgb", full)
    with pytest.raises(MemoryError):
        open_image(tmp_path / "large.png")


def test_pictures_of_a_folder_are_files_by_name(tmp_path) -> None:
    for name in ("b.jpg", "A.PNG", "notes.txt", ".hidden.jpg"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "c.jpg").mkdir()
    assert [path.name for path in pictures_in(tmp_path)] == ["A.PNG", "b.jpg"]


def test_a_folder_of_folders_holds_no_picture(tmp_path) -> None:
    (tmp_path / "x.jpg").mkdir()
    with pytest.raises(InvalidInput, match="no picture in"):
        pictures_in(tmp_path)
    with pytest.raises(InvalidInput, match="no folder"):
        pictures_in(tmp_path / "missing")


def test_enormous_pictures_are_refused_before_they_are_decoded(tmp_path, monkeypatch) -> None:
    def png_that_claims(width: int, height: int) -> bytes:
        header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"\0" * 10)) + png_chunk(b"IEND", b"")

    for width, height in ((10_001, 10_000), (60_000, 60_000)):  # below and above Pillow's own limit
        with pytest.raises(UnreadableImage, match="100 megapixels"):
            open_image(io.BytesIO(png_that_claims(width, height)))
    monkeypatch.setattr(images, "LARGEST_PIXELS", 40 * 20)
    assert saved(tmp_path, two_colours(), "just.png").size == (40, 20)


def test_draw_marks_the_box_and_leaves_the_original() -> None:
    image = Image.new("RGB", (200, 100), "white")
    found = Detections((200, 100), (Detection("dog", 16, 0.9, (50, 40, 120, 90)),), 0.0)
    drawn = draw(image, found)
    assert image.getcolors() == [(20_000, (255, 255, 255))]
    assert drawn.size == image.size
    assert drawn.getpixel((50, 65)) == class_colour(16)
    assert drawn.getpixel((85, 65)) == (255, 255, 255), "the inside of the box stays visible"
    plate = drawn.crop((50, 20, 120, 39))
    assert class_colour(16) in [colour for _, colour in plate.getcolors(2000)], "no label above the box"


@pytest.mark.parametrize("box", [(0, 0, 5, 5), (190, 90, 200, 100), (0, 0, 200, 100), (150, 0, 200, 3)])
def test_labels_stay_inside_the_picture(box) -> None:
    image = Image.new("RGB", (200, 100), "white")
    drawn = draw(image, Detections((200, 100), (Detection("traffic light", 9, 0.5, box),), 0.0))
    coloured = numpy.argwhere((numpy.asarray(drawn) == class_colour(9)).all(axis=2))
    height, width = coloured.max(axis=0) - coloured.min(axis=0)
    assert width > 60, "the label's plate is cut off"
    assert height > 8


def test_colours_are_stable_and_neighbours_differ() -> None:
    colours = [class_colour(class_id) for class_id in range(80)]
    assert colours == [class_colour(class_id) for class_id in range(80)]
    assert len(set(colours)) == 80
    for one, other in pairwise(colours):
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 100


@pytest.mark.parametrize("thickness", [1, 5, 50])
def test_lines_are_as_thick_as_asked_for(thickness: int) -> None:
    box = (50.0, 50.0, 250.0, 250.0)
    found = Detections((300, 300), (Detection("dog", 0, 0.5, box),), 0.0)
    drawn = draw(Image.new("RGB", (300, 300)), found, thickness)
    across = [drawn.getpixel((x, 200)) for x in range(40, 150)]
    assert across.count(class_colour(0)) == thickness


@pytest.mark.parametrize("thickness", [0, -1, 51])
def test_a_thickness_out_of_range_is_refused(thickness: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 50 pixels"):
        draw(Image.new("RGB", (9, 9)), Detections((9, 9), (), 0.0), thickness)


def test_tiny_and_odd_pictures_can_be_drawn_on() -> None:
    for size in ((1, 1), (3, 400), (400, 3)):
        found = Detections(size, (Detection("ñandú", 0, 1.0, (0, 0, *size)),), 0.0)
        assert draw(Image.new("RGB", size), found).size == size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_of_phones_are_upright(tmp_path, orientation) -> None:
    from pillow_heif import from_pillow

    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = two_colours().resize((160, 80), Image.Resampling.NEAREST)
    from_pillow(stored).save(tmp_path / "IMG_1.HEIC", quality=95, exif=exif.tobytes())
    stored.save(tmp_path / "IMG_1.jpg", exif=exif, quality=95)
    phone, other = open_image(tmp_path / "IMG_1.HEIC"), open_image(tmp_path / "IMG_1.jpg")
    assert phone.size == other.size
    for place in ((8, 8), (phone.width - 9, phone.height - 9)):
        assert near(phone.getpixel(place), other.getpixel(place), 30)
    assert open_image(io.BytesIO((tmp_path / "IMG_1.HEIC").read_bytes())).size == phone.size


def test_a_picture_longer_than_a_jpeg_can_be_is_made_smaller_and_stays_as_it_is_itself() -> None:
    long = Image.new("RGB", (66_000, 1))
    assert Image.open(io.BytesIO(jpeg(long, quality=90))).size == (65_500, 1)
    assert long.size == (66_000, 1)
    assert Image.open(io.BytesIO(jpeg(two_colours(), quality=90))).size == (40, 20)

"""Pictures of more than 8 bits: one odd value does not decide over the others, and what is declared is exact."""

import numpy
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from models.errors import UnreadableImage
from models.pictures.images import open_image, remark_of, to_rgb

RAMP = numpy.linspace(0, 1, 64 * 64, dtype=numpy.float32).reshape(64, 64)
GREYS = RAMP * 255


def shades(image: Image.Image) -> numpy.ndarray:
    return numpy.asarray(image)[..., 0].astype(float)


def opened(tmp_path, values: numpy.ndarray, name: str = "deep.tif", **options):
    Image.fromarray(values).save(tmp_path / name, **options)
    return open_image(tmp_path / name)


@pytest.mark.parametrize("odd", [numpy.nan, numpy.inf, -numpy.inf, 1e30, -1e30, 3.4e38, -9999.0])
@pytest.mark.parametrize("count", [1, 10, 700])
def test_odd_values_of_a_float_picture_do_not_darken_the_rest(tmp_path, odd: float, count: int) -> None:
    values = RAMP.copy()
    values.flat[-count:] = odd
    image = opened(tmp_path, values)
    rest = slice(None, -count)
    assert numpy.abs(shades(image).ravel()[rest] - GREYS.ravel()[rest]).max() <= 1
    assert remark_of(image)
    assert f"{count} of its values" in remark_of(image)


def test_floats_from_0_to_1_need_no_remark(tmp_path) -> None:
    assert remark_of(opened(tmp_path, RAMP)) is None


def test_a_picture_without_a_number_is_unreadable(tmp_path) -> None:
    with pytest.raises(UnreadableImage, match=r"deep\.tif: No value"):
        opened(tmp_path, numpy.full((8, 8), numpy.nan, dtype=numpy.float32))


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("name", ["deep.tif", "deep.png"])
def test_a_camera_with_fewer_bits_than_sixteen_is_not_dark(tmp_path, bits: int, name: str) -> None:
    values = (RAMP * (2**bits - 1)).round().astype(numpy.uint16)
    values[5, 5] = 65535  # a hot pixel
    image = opened(tmp_path, values, name)
    difference = numpy.abs(shades(image) - GREYS)
    difference[5, 5] = 0
    assert difference.max() <= 1
    assert f"{bits} bits" in remark_of(image)


def test_sixteen_bits_that_are_used_stay_exact(tmp_path) -> None:
    values = (RAMP * 65535).round().astype(numpy.uint16)
    image = opened(tmp_path, values)
    assert (shades(image) == (values / 257).round()).all()
    assert remark_of(image) is None


@pytest.mark.parametrize(
    ("values", "dtype"),
    [(RAMP * 2000 - 1000, numpy.int32), (RAMP * 2000 - 1000, numpy.float32),
     (280 + RAMP * 30, numpy.float32), (RAMP * 1e-3, numpy.float32), (29000 + RAMP * 2000, numpy.uint16)],
)  # fmt: skip
def test_a_range_of_its_own_is_spread_from_black_to_white(tmp_path, values, dtype) -> None:
    image = opened(tmp_path, values.astype(dtype))
    assert numpy.abs(shades(image) - GREYS).max() <= 4
    assert "scaled from" in remark_of(image)


def test_whole_numbers_of_32_bits_without_a_sign_keep_their_order(tmp_path) -> None:
    Image.fromarray((RAMP.astype(float) * 4e9).astype(numpy.uint32).view(numpy.int32)).save(tmp_path / "deep.tif")
    content = (tmp_path / "deep.tif").read_bytes()
    kind = b"\x53\x01\x03\0\1\0\0\0"  # SampleFormat, one short; 2 is signed, 1 is unsigned
    assert content.count(kind + b"\2") == 1
    (tmp_path / "deep.tif").write_bytes(content.replace(kind + b"\2", kind + b"\1"))
    assert numpy.abs(shades(open_image(tmp_path / "deep.tif")) - GREYS).max() <= 4


@pytest.mark.parametrize(("value", "dtype", "grey"), [
    (0.5, numpy.float32, 128), (90, numpy.float32, 90), (90, numpy.int32, 90), (-7, numpy.int32, 128),
    (10**6, numpy.int32, 128), (0, numpy.uint16, 0), (200 * 257, numpy.uint16, 200),
])  # fmt: skip
def test_a_picture_of_one_value_has_one_shade(value: float, dtype, grey: int) -> None:
    image = to_rgb(Image.fromarray(numpy.full((8, 8), value, dtype=dtype)))
    assert abs(image.getpixel((3, 3))[0] - grey) <= 1


def test_sixteen_bits_with_a_transparent_value_lie_on_white(tmp_path) -> None:
    values = (RAMP * 4095).round().astype(numpy.uint16)
    values[:20] = 60000
    image = opened(tmp_path, values, "clear.png", transparency=60000)
    assert (shades(image)[:20] == 255).all()
    assert numpy.abs(shades(image)[20:] - GREYS[20:]).max() <= 1


def test_a_declared_depth_is_exact_however_dark_it_is(tmp_path) -> None:
    tags = ImageFileDirectory_v2()
    tags[281] = 4095  # MaxSampleValue
    image = opened(tmp_path, numpy.full((8, 8), 100, dtype=numpy.uint16), tiffinfo=tags)
    assert set(shades(image).ravel()) == {round(100 * 255 / 4095)}
    (tmp_path / "dark.pgm").write_bytes(b"P5 2 1 1023\n" + bytes([0, 40, 3, 255]))
    assert shades(open_image(tmp_path / "dark.pgm")).tolist() == [[10, 255]]
    assert remark_of(open_image(tmp_path / "dark.pgm")) is None


def test_a_value_that_is_declared_to_be_no_data_does_not_count(tmp_path) -> None:
    tags = ImageFileDirectory_v2()
    tags.tagtype[42113] = 2
    tags[42113] = "300"
    values = RAMP.copy()
    values[:50] = 300
    image = opened(tmp_path, values, tiffinfo=tags)
    assert numpy.abs(shades(image)[50:] - GREYS[50:]).max() <= 1


@pytest.mark.parametrize("name", ["deep.png", "deep.tif"])
def test_colours_of_twelve_bits_in_sixteen_are_not_dark(tmp_path, name: str) -> None:
    import cv2  # Pillow has no such mode to save

    values = numpy.stack([RAMP * 4095, RAMP.T * 4095, RAMP * 0], axis=2).astype(numpy.uint16)  # red, green, blue
    cv2.imwrite(str(tmp_path / name), values[..., ::-1])
    image = open_image(tmp_path / name)
    found = numpy.asarray(image).astype(float)
    assert numpy.abs(found[..., 0] - GREYS).max() <= 1
    assert numpy.abs(found[..., 1] - GREYS.T).max() <= 1
    assert found[..., 2].max() == 0
    assert "12 bits" in remark_of(image)

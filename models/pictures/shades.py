"""Pictures whose values have more than 8 bits: what range of them becomes black to white, and the sentence about it.

A file says of few of them how bright “white” is: 12 bits of a camera lie in 16, floats go to 1, to 255 or to anything,
and a hot pixel or a mark for “no data” may be a thousand times larger than all else. So the range is taken from nearly
all values, never from the largest one; where the file declares it, that counts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy
from PIL import Image

from models.errors import UnreadableImage

USUAL = (255, 65535)  # whole numbers from 0 to one of these need no explanation; floats may also end at 1
CAMERAS = (10, 12, 14)  # bits that cameras store in 16
SAMPLE = 1_000_000  # so many values tell the range; sorting a hundred million would take longer than detecting
APART = 0.005  # the share of values at either end that does not decide about the range
_BITS, _SMALLEST, _LARGEST, _KIND, _NO_DATA = 258, 340, 341, 339, 42113  # tags of TIFF, the last one GDAL's
_LARGEST_WHOLE = 281

Array = numpy.ndarray[Any, numpy.dtype[Any]]


@dataclass(frozen=True)
class Declared:
    """What a file says about its values: the `smallest` and `largest` there can be, and which one means “no data”.

    `unsigned`: whole numbers of 32 bits that Pillow, which has no such mode, gives as if they had a sign.
    """

    smallest: float = 0.0
    largest: float | None = None
    no_data: float | None = None
    unsigned: bool = False


NOTHING_DECLARED = Declared()


def is_deep(image: Image.Image) -> bool:
    """Whether it is a grey picture of more than 8 bits, which Pillow would cut off at 255."""
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def declared_by(image: Image.Image) -> Declared:
    """What the opened file says; Pillow has already scaled to 16 bits what PGM and JPEG 2000 declare."""
    if image.format == "JPEG2000" or (image.format == "PPM" and image.mode != "F"):
        return Declared(largest=65535)
    tags: Any = getattr(image, "tag_v2", {})
    bits = _number(tags.get(_BITS)) or 0
    largest = _number(tags.get(_LARGEST)) or _number(tags.get(_LARGEST_WHOLE))
    return Declared(
        smallest=_number(tags.get(_SMALLEST)) or 0.0,
        largest=largest or (2**bits - 1 if 8 < bits < 16 else None),
        no_data=_number(tags.get(_NO_DATA)),
        unsigned=image.mode == "I" and bits == 32 and (_number(tags.get(_KIND)) or 1) == 1,
    )


def _number(tag: Any) -> float | None:
    """The first number of a tag, which anybody may have written."""
    first = tag[0] if isinstance(tag, tuple) and tag else tag
    try:
        return float(str(first).strip("\0 ")) if first is not None else None
    except ValueError:
        return None


def eight_bits(image: Image.Image, declared: Declared = NOTHING_DECLARED) -> tuple[Image.Image, str | None]:
    """A deep grey picture in 8 bits (“L”, or “LA” where one of its values means transparent), and what was done.

    Raises:
        UnreadableImage: none of its values is a number.
    """
    values = _values(image, declared)
    known = numpy.isfinite(values)
    if declared.no_data is not None:
        known &= values != declared.no_data
    clear = image.info.get("transparency")
    visible = known & (values != clear) if isinstance(clear, (int, float)) else known
    if not known.any():
        raise UnreadableImage("No value of this picture is a number. Save it again from the program that made it.")
    low, high, done = _range(values[visible if visible.any() else known], image.mode == "F", declared)
    shades = Image.fromarray(_scaled(numpy.where(known | numpy.isinf(values), values, low), low, high))
    if isinstance(clear, (int, float)):
        shades.putalpha(Image.fromarray(numpy.where(values == clear, 0, 255).astype(numpy.uint8)))
    unknown = int(known.size - known.sum())
    left_out = f"{_values_text(unknown)} no number or no data, and left out of account." if unknown else None
    return shades, " ".join(sentence for sentence in (done, left_out) if sentence) or None


def _values(image: Image.Image, declared: Declared) -> Array:
    values: Array = numpy.asarray(image)
    if declared.unsigned:
        values = values.view(numpy.uint32)
    return values.astype(numpy.float64 if image.mode == "I" else numpy.float32)


def _scaled(values: Array, low: float, high: float) -> Array:
    with numpy.errstate(over="ignore", invalid="ignore"):  # a large float minus a small one
        scaled = (values.astype(numpy.float64) - low) * (255 / (high - low))
    return numpy.rint(numpy.clip(scaled, 0, 255)).astype(numpy.uint8)


def _range(values: Array, is_float: bool, declared: Declared = NOTHING_DECLARED) -> tuple[float, float, str | None]:
    """What becomes black and white, and a sentence where the file did not say it and it is not the usual range."""
    lowest, highest = _ends(values)
    if declared.largest is not None and declared.smallest < declared.largest and highest <= 1.05 * declared.largest:
        return declared.smallest, declared.largest, None
    usual = (1, *USUAL) if is_float else USUAL
    if lowest == highest:
        ceiling = next((one for one in usual if 0 <= highest <= one), None)
        if ceiling is not None:
            return 0, ceiling, _cut_off(values, ceiling)
        reach = max(1.0, abs(highest) / 2)
        return lowest - reach, highest + reach, f"Nearly all its values are {highest:g}, which is shown as grey."
    for ceiling in usual:
        if _fills(lowest, highest, ceiling):
            return 0, ceiling, _cut_off(values, ceiling)
    for bits in CAMERAS:
        if _fills(lowest, highest, 2**bits - 1):
            return 0, 2**bits - 1, f"It does not say how bright its values can be: they were read as {bits} bits."
    done = f"they were scaled from {lowest:g} (black) to {highest:g} (white)"
    return lowest, highest, f"It does not say how bright its values can be: {done}."


def _fills(lowest: float, highest: float, ceiling: float) -> bool:
    """Whether values look like those of a picture from 0 to `ceiling`: neither all dark nor all alike."""
    is_inside = lowest >= -0.05 * ceiling and ceiling / 4 < highest <= 1.05 * ceiling
    return is_inside and highest - lowest >= ceiling / 8


def _cut_off(values: Array, ceiling: float) -> str | None:
    beyond = int(((values < 0) | (values > ceiling)).sum())
    return f"{_values_text(beyond)} outside of 0 to {ceiling} and cut off." if beyond else None


def _values_text(count: int) -> str:
    return "1 of its values is" if count == 1 else f"{count:,} of its values are"


def _ends(values: Array) -> tuple[float, float]:
    """The smallest and the largest value of nearly all; marks that stand far apart from the rest do not count."""
    values = values.ravel()
    ordered = numpy.sort(values[:: max(1, values.size // SAMPLE)].astype(numpy.float64))
    total, before = ordered.size, 0
    while ordered.size != before:
        before = ordered.size
        ordered = _without_mark(ordered, total, beyond=USUAL[-1])
        ordered = -_without_mark(-ordered[::-1], total, beyond=0)[::-1]  # the smallest one, if it is below 0
    last = ordered.size - 1
    return float(ordered[round(APART * last)]), float(ordered[round((1 - APART) * last)])


def _without_mark(ordered: Array, total: int, beyond: float) -> Array:
    """Sorted values without the largest one, where that is far from the others.

    A value that no picture has, larger than `beyond`, may fill up to half of it; another one only a few places.
    """
    rest = ordered[: int(numpy.searchsorted(ordered, ordered[-1]))]
    if not rest.size:
        return ordered
    spread = rest[-1] - rest[round(APART * (rest.size - 1))]
    most = total / 2 if ordered[-1] > beyond else max(min(4, total // 16), APART * total)
    return rest if ordered.size - rest.size <= most and ordered[-1] - rest[-1] > 2 * spread else ordered


def is_deep_colour(image: Image.Image) -> bool:
    """Whether the opened file has 16 bits a colour; Pillow keeps the upper 8, which are black where 12 are used."""
    modes = (tile[3] if isinstance(tile[3], str) else tile[3][0] for tile in getattr(image, "tile", ()) if tile[3])
    is_scaled = image.format in ("JPEG2000", "PPM")
    return image.mode in ("RGB", "RGBA", "LA") and not is_scaled and any(";16" in str(mode) for mode in modes)


def all_bits(image: Image.Image, source: str | Path | BinaryIO) -> tuple[Image.Image, str | None]:
    """The picture itself, or from all 16 bits a colour where the upper 8 show almost nothing; and what was done."""
    if numpy.percentile(numpy.asarray(image.convert("RGB")), 100 * (1 - APART)) >= 64:
        return image, None
    import cv2  # only here: few pictures come so far

    encoded = Path(source).read_bytes() if isinstance(source, (str, Path)) else _whole(source)
    values = cv2.imdecode(numpy.frombuffer(encoded, numpy.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != numpy.uint16 or values.shape[:2] != (image.height, image.width):
        return image, None
    values = values[..., None] if values.ndim == 2 else values
    colours = values[..., :3]
    low, high, done = _range(colours, is_float=False)
    bands = [_scaled(band, low, high) for band in numpy.moveaxis(colours, 2, 0)][::-1]  # OpenCV has blue first
    bands += [_scaled(values[..., 3], 0, high)] if values.shape[2] == 4 else []
    deep = Image.merge("RGBA"[: len(bands)] if len(bands) > 1 else "L", [Image.fromarray(band) for band in bands])
    deep.getexif().update(image.getexif())  # which way is up
    return deep, done


def _whole(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()

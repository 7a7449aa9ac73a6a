"""Lays heat over a picture: what was looked at glows, what was not is dark, and what was cut away is grey."""

from typing import TYPE_CHECKING

import numpy
from PIL import Image

if TYPE_CHECKING:
    from models.pictures.looked_at import LookedAt

# From nothing to most, as matplotlib's “inferno”: brighter at each step, so it reads in grey and to every eye.
COLOURS = ((0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164))
STRENGTH = 0.6  # of the colours; the rest is the picture
CUT_AWAY = 0.35  # how bright a part is shown that the model did not see


def overlay(image: Image.Image, looked: "LookedAt") -> Image.Image:
    """A copy of `image`, which is RGB, with the heat over it."""
    x1, y1, x2, y2 = _whole(looked.part, image.size)
    part = image.crop((x1, y1, x2, y2))
    heat = numpy.asarray(looked.heat, dtype=numpy.float32)  # (rows, columns), 0 to 1
    large = Image.fromarray(heat).resize(part.size, Image.Resampling.BICUBIC)
    colours = coloured(numpy.asarray(large).clip(0, 1))
    grey = Image.blend(Image.new("RGB", image.size), image.convert("L").convert("RGB"), CUT_AWAY)
    grey.paste(Image.blend(part.convert("RGB"), Image.fromarray(colours), STRENGTH), (x1, y1))
    return grey


def coloured(heat: "numpy.ndarray") -> "numpy.ndarray":
    """The colour of each number from 0 to 1: (rows, columns) become (rows, columns, 3) of uint8."""
    steps = numpy.linspace(0, 1, len(COLOURS))
    channels = [numpy.interp(heat, steps, [colour[channel] for colour in COLOURS]) for channel in range(3)]
    return numpy.stack(channels, axis=-1).round().astype(numpy.uint8)


def _whole(part: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part in whole pixels, at least one each way, inside the picture."""
    x1, y1 = (min(max(0, round(value)), side - 1) for value, side in zip(part[:2], size, strict=True))
    x2, y2 = (min(max(1, round(value)), side) for value, side in zip(part[2:], size, strict=True))
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)

"""Pictures as numbers, in the way that a model learned to see them: scaled, cut, and shifted by its own preprocessor.

Also tells which part of a picture is left then: most models cut away the ends of what is not square.
"""

from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image

from models.errors import UnreadableImage, UnsupportedCheckpoint
from models.pictures.images import doubt_about, to_rgb

LARGEST_SIDE = 2048  # pixels that a model may ask for; published ones ask for 160 to 1024
SHADES = 256
_PLAIN = "It is of one colour throughout, so that none of the labels is in it, whatever their scores."
LONGEST_RATIO = 64  # of a picture's sides; a strip of 1 by 60,000 pixels would be scaled to 224 by 13,440,000


@dataclass(frozen=True)
class Prepared:
    """One picture for the model.

    `pixels` (3, height, width) as the model wants them, `size` the width and height of the original, `remark` why to
    doubt what the model makes of it.
    """

    pixels: torch.Tensor
    size: tuple[int, int]
    remark: str | None = None


def prepare(processor: Any, image: Image.Image) -> Prepared:
    """What the preprocessor of a model makes of a picture.

    Raises:
        UnreadableImage: its values are no numbers, or it is a strip more than 64 times as long as wide.
    """
    rgb = to_rgb(image)
    if max(rgb.size) > LONGEST_RATIO * min(rgb.size):
        raise UnreadableImage(
            f"The picture is a strip of {rgb.width:,} × {rgb.height:,} pixels, in which a model sees nothing. "
            "Cut out a part that is closer to a square."
        )
    remark = doubt_about(rgb) or (_PLAIN if _is_plain(rgb) else None)
    return Prepared(_pixels(processor, rgb), image.size, remark)


def _is_plain(rgb: Image.Image) -> bool:
    """Whether all pixels are alike: what was transparent throughout, or a camera with its cap on."""
    darkest, brightest = zip(*rgb.getextrema(), strict=True)
    return darkest == brightest


def _pixels(processor: Any, rgb: Image.Image) -> torch.Tensor:
    pixels: torch.Tensor = processor(rgb, return_tensors="pt")["pixel_values"][0]
    return pixels.float()


def require_sensible(model_id: str, processor: Any) -> None:
    """Raise UnsupportedCheckpoint where a preprocessor would make pictures of absurd size."""
    asked = [getattr(processor, name, None) for name in ("size", "crop_size", "pad_size")]
    asked.append(getattr(processor, "data_config", {}).get("input_size"))
    sides = [side for settings in asked for side in _numbers(settings)]
    if any(not 1 <= side <= LARGEST_SIDE for side in sides):
        raise UnsupportedCheckpoint(
            f"{model_id} asks for pictures with a side of {max(sides, key=abs):,.0f} pixels, and 1 to {LARGEST_SIDE:,} "
            "are taken seriously here. Choose another model."
        )


def _numbers(settings: Any) -> list[float]:
    if settings is None or isinstance(settings, (bool, str)):
        return []
    if isinstance(settings, (int, float)):
        return [settings]
    values = dict(settings).values() if hasattr(settings, "keys") else settings
    return [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def part_seen(processor: Any, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The part of a picture of this width and height that reaches the model: x1, y1, x2, y2 in its pixels.

    Measured, not worked out: a picture that grows brighter from left to right, and one from top to bottom, go through
    the preprocessor, and what comes out says where each row and column came from. So it holds for any preprocessor.
    """
    # The same shape with at least 256 shades on each side, so that a picture of three pixels is measured as well.
    measured = (round(size[0] * SHADES / min(size)), round(size[1] * SHADES / min(size)))
    black, white = (_pixels(processor, Image.new("RGB", measured, colour)) for colour in ("black", "white"))
    ramp = Image.linear_gradient("L")  # 256 by 256, black at the top
    down, across = (
        _pixels(processor, turned.resize(measured, Image.Resampling.BILINEAR).convert("RGB"))
        for turned in (ramp, ramp.rotate(90))
    )
    span = (white - black).mean().clamp_min(1e-6)
    x1, x2 = _ends(((across - black) / span).mean(dim=(0, 1)))
    y1, y2 = _ends(((down - black) / span).mean(dim=(0, 2)))
    return x1 * size[0], y1 * size[1], x2 * size[0], y2 * size[1]


def _ends(brightness: torch.Tensor) -> tuple[float, float]:
    """Where the first of these rows (or columns) begins and the last one ends, as parts of the whole side.

    On a straight line through the middle half: interpolation bends the ends.
    """
    count = len(brightness)
    middle = slice(count // 4, count - count // 4)
    position = torch.arange(count, dtype=torch.float64)[middle] + 0.5  # the middle of each row
    # Shade i of 256 stands at i + ½ of 256, and is i of 255 as bright as white.
    place = ((SHADES - 1) * brightness.double()[middle] + 0.5) / SHADES
    off = position - position.mean()
    slope = float((off * place).sum() / off.square().sum())
    start = float(place.mean()) - slope * float(position.mean())
    return max(0.0, start), min(1.0, start + slope * count)

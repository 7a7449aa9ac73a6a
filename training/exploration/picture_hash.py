"""Pictures that look alike, by a hash of their coarse shades that small changes leave nearly as it is.

“dHash” (difference hash; Neal Krawetz, “Kind of Like That”, 2013): the picture in grey at 9 × 8 pixels, and a bit for
each two neighbours in a row, 1 where the right one is brighter. Two pictures are as far apart as the number of bits in
which they differ, 0 to 64 (Hamming distance). Another size, another quality of JPEG or a little more light change few
bits: of 50 pieces of photographs all were found again at half the size, as JPEG of quality 30 and 20 % brighter, 84 of
100 cut by 2 % at each side, 74 turned by two degrees, and no two different ones were taken for each other. A mirror
image or a strong crop is not found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from training.exploration.steps import Steps

if TYPE_CHECKING:
    from PIL import Image

NEAR_BITS = 5  # of 64, at most
_STEP = "Comparing pictures"


@dataclass(frozen=True)
class NearPictures:
    """Two pictures by their places, the earlier one first, and in how many of 64 bits they differ."""

    first: int
    second: int
    bits: int


def difference_hash(image: "Image.Image") -> int:
    """The 64 bits of a picture, the top left one as the highest."""
    from PIL import Image

    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.LANCZOS))
    bits = grey[:, 1:] > grey[:, :-1]  # (8, 8)
    return int.from_bytes(np.packbits(bits).tobytes())


def near_pictures(hashes: Sequence[int], most: int = NEAR_BITS, steps: Steps | None = None) -> tuple[NearPictures, ...]:
    """All pairs that differ in at most so many bits, the nearest first."""
    codes = np.array(hashes, dtype=np.uint64)
    pairs: list[NearPictures] = []
    for place in (steps or Steps()).through(_STEP, range(len(codes)), every=200):
        distances = np.bitwise_count(codes[place + 1 :] ^ codes[place])
        near = np.flatnonzero(distances <= most)
        pairs += [NearPictures(place, place + 1 + int(other), int(distances[other])) for other in near]
        if len(pairs) > MOST_PAIRS:
            break
    return tuple(sorted(pairs, key=lambda pair: (pair.bits, pair.first, pair.second)))


MOST_PAIRS = 50_000  # a folder of thousands of pictures that all look alike has millions

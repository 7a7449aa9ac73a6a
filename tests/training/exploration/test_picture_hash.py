"""The difference hash: worked out by hand, and its pairs those of comparing all with all."""

import random
from io import BytesIO
from itertools import combinations

import numpy as np
from PIL import Image

from training.exploration.picture_hash import NearPictures, difference_hash, near_pictures


def photograph(seed: int, size: tuple[int, int] = (200, 160)) -> Image.Image:
    """Soft spots of shade, as in a photograph."""
    spots = np.random.default_rng(seed).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    return Image.fromarray(spots).resize(size, Image.Resampling.BICUBIC)


def test_the_bits_say_where_it_gets_brighter_to_the_right() -> None:
    brighter = np.tile(np.arange(9, dtype=np.uint8) * 20, (8, 1))
    rows = [brighter[0]] * 4 + [brighter[0][::-1]] * 4
    assert difference_hash(Image.fromarray(brighter)) == 2**64 - 1
    assert difference_hash(Image.fromarray(np.array(rows))) == (2**32 - 1) << 32
    assert difference_hash(Image.new("RGB", (50, 50), "red")) == 0


def test_another_size_and_quality_is_found_again_and_other_pictures_are_not() -> None:
    for seed in range(10):
        picture = photograph(seed)
        out = BytesIO()
        picture.resize((100, 80)).save(out, "JPEG", quality=40)
        changed = difference_hash(Image.open(out))
        assert (difference_hash(picture) ^ changed).bit_count() <= 5
        assert (difference_hash(photograph(seed + 100)) ^ changed).bit_count() > 10


def test_the_pairs_are_those_of_comparing_all_with_all() -> None:
    choose = random.Random(0)
    hashes = [choose.getrandbits(64) for _ in range(40)]
    hashes += [code ^ sum(1 << bit for bit in choose.sample(range(64), choose.randint(0, 9))) for code in hashes]
    expected = sorted(
        ((a ^ b).bit_count(), i, j) for (i, a), (j, b) in combinations(enumerate(hashes), 2) if (a ^ b).bit_count() <= 5
    )
    assert near_pictures(hashes) == tuple(NearPictures(i, j, bits) for bits, i, j in expected)
    assert len(expected) > 10

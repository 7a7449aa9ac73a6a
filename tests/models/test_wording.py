"""Sizes as people read them."""

import pytest

from models.wording import size_text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (None, "unknown size"),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (495_580_000, "496 MB"),
        (999_999_999, "1.0 GB"),
        (1_234_000_000, "1.2 GB"),
        (32_120_000_000, "32.1 GB"),
        (999_960, "1.0 MB"),
    ],
)
def test_sizes(count: int | None, words: str) -> None:
    assert size_text(count) == words

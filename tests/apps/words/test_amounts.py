"""Times and counts as people read them."""

import pytest

from apps.words.amounts import count_text, parameters_text, percent_text, seconds_text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 s"),
        (0.00004, "under 0.001 s"),
        (0.0421, "0.042 s"),
        (1.34, "1.3 s"),
        (9.97, "10 s"),
        (25.4, "25 s"),
        (59.7, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3725, "62 min 5 s"),
    ],
)
def test_seconds(seconds: float, words: str) -> None:
    assert seconds_text(seconds) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 pictures"), (1, "1 picture"), (2, "2 pictures")])
def test_counts(count: int, words: str) -> None:
    assert count_text(count, "picture") == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (768, "768"),
        (38_400, "38.4 k"),
        (999_700, "1 M"),
        (1_867_405, "1.87 M"),
        (124_439_808, "124 M"),
        (1_557_611_200, "1.6 B"),
        (999_999_999, "1.0 B"),
    ],
)
def test_parameters(count: int, words: str) -> None:
    assert parameters_text(count) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0 %"),
        (1.49e-8, "1.5e−6 %"),
        (0.01612, "1.6 %"),
        (0.123, "12 %"),
        (0.5, "50 %"),
        (0.9973, "99.7 %"),
        (1.0, "100 %"),
    ],
)
def test_shares(share: float, words: str) -> None:
    assert percent_text(share) == words

"""Tokens as HTML: escaped, and visible."""

import pytest

from apps.demos.tokenizers.chips import MOST_CHIPS, chip, plain, tokens_html, visible
from models.text.tokenized import Token


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<b>&", "&lt;b&gt;&amp;"),
        ("\u0301", "◌\u0301"),
        ("👩‍👧"[1], '<span style="opacity:0.5">ZWJ</span>'),
        ("\u202e", '<span style="opacity:0.5">U+202E</span>'),
        ("\x00", '<span style="opacity:0.5">U+0000</span>'),
        ("\n", '<span style="opacity:0.5">⏎</span>'),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_chip_tells_id_piece_and_place() -> None:
    html = chip(Token(42, 'Ġ"<x', ' "<x', 3, 7), 0)

    assert 'title="id 42 · piece Ġ&quot;&lt;x · characters 3 to 7"' in html
    assert "<x" not in html


def test_special_and_unknown_tokens_look_otherwise() -> None:
    usual, special, unknown = (
        chip(Token(1, "a", "a", 0, 1, special=kind == "special", unknown=kind == "unknown"), 0)
        for kind in ("", "special", "unknown")
    )

    assert "border:1px solid" in special
    assert "dashed" in unknown
    assert "border:" not in usual
    assert "dashed" not in usual


def test_long_texts_and_long_pieces_are_cut() -> None:
    many = [Token(number, "a", "a", 0, 1) for number in range(2 * MOST_CHIPS)]

    assert tokens_html(many).count('role="listitem"') == MOST_CHIPS
    assert plain("x" * 100) == "x" * 60 + "…"

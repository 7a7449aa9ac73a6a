"""Tokens as coloured chips, in HTML. Everything in them is escaped; what cannot be seen is written out."""

import unicodedata
from collections.abc import Sequence
from html import escape

from models.text.tokenized import Token

MOST_CHIPS = 600
_LONGEST = 60  # characters of one chip
# Five tones at a third of their strength: readable on the light and on the dark background.
_COLOURS = ("52,128,179", "224,165,38", "43,148,100", "196,85,59", "154,111,176")
_NAMES = {
    "\u200d": "ZWJ", "\u200c": "ZWNJ", "\u200b": "ZWSP", "\ufeff": "BOM", "\u200e": "LRM", "\u200f": "RLM",
    "\u00a0": "NBSP", "\ufe0f": "VS16", "\u00ad": "SHY",
}  # fmt: skip
_FAINT = '<span style="opacity:0.5">{}</span>'
_CHIP = (
    "display:inline-flex;flex-direction:column;align-items:center;border-radius:4px;padding:1px 3px;margin:1px;"
    "font-family:monospace;font-size:0.95rem;line-height:1.45;max-width:100%;overflow-wrap:anywhere"
)
_ID = '<small style="opacity:0.75;font-size:0.66rem;line-height:1.1">{}</small>'


def tokens_html(tokens: Sequence[Token], with_ids: bool = True) -> str:
    """Up to MOST_CHIPS tokens, one behind the other; each line of the text begins a new one."""
    chips = "".join(chip(token, number, with_ids) for number, token in enumerate(tokens[:MOST_CHIPS]))
    return f'<div role="list" style="line-height:1.9">{chips}</div>'


def chip(token: Token, number: int, with_ids: bool = True) -> str:
    """One token; pointing at it tells its id, its piece and its place."""
    label = _ID.format(token.id) if with_ids else ""
    # Isolated, or a right-to-left word would change places with its neighbours and their ids.
    text = f'<bdi style="white-space:pre-wrap">{visible(token.shown)}</bdi>'
    end = "<br>" if "\n" in token.shown else ""
    return f'<span role="listitem" title="{_title(token)}" style="{_style(token, number)}">{text}{label}</span>{end}'


def _style(token: Token, number: int) -> str:
    if token.unknown:
        return f"{_CHIP};outline:2px dashed rgb(196,85,59)"
    if token.special:
        return f"{_CHIP};border:1px solid rgba(128,134,142,0.9);background:rgba(128,134,142,0.18)"
    return f"{_CHIP};background:rgba({_COLOURS[number % len(_COLOURS)]},0.32)"


def _title(token: Token) -> str:
    place = "put around the text" if token.added else f"characters {token.start} to {token.end}"
    kinds = [name for name in ("special", "unknown") if getattr(token, name)]
    return escape(" · ".join([f"id {token.id}", f"piece {plain(token.piece)}", place, *kinds]), quote=True)


def visible(text: str) -> str:
    """A text as HTML in which blanks, line ends and control characters can be seen, and lone accents have a base."""
    shown = text[:_LONGEST]
    base = "◌" if shown and unicodedata.combining(shown[0]) else ""
    return base + "".join(map(_visible, shown)) + ("…" if len(text) > _LONGEST else "")


def _visible(sign: str) -> str:
    if (name := _name(sign)) is not None:
        return _FAINT.format(name)
    return escape(sign)


def plain(text: str) -> str:
    """The same without HTML, for tables and hints."""
    return "".join(_name(sign) or sign for sign in text[:_LONGEST]) + ("…" if len(text) > _LONGEST else "")


def _name(sign: str) -> str | None:
    """What stands for a character that cannot be seen, or would change how others are; None for all others."""
    if sign in (" ", "\n", "\t"):
        return {" ": "·", "\n": "⏎", "\t": "⇥"}[sign]
    if sign in _NAMES:
        return _NAMES[sign]
    return f"U+{ord(sign):04X}" if unicodedata.category(sign) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp") else None

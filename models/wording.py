"""Sizes and changes in words, and words in tables: the same in messages, on the pages and in the terminal."""

import unicodedata

# Control and format characters, blanks, and what parts lines and paragraphs: nobody sees any of them.
_UNSEEN = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


def size_text(count: int | float | None) -> str:
    """Bytes as people read them, in decimal units as download pages do: 496 MB, 1.2 GB. None is an unknown size."""
    if count is None:
        return "unknown size"
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= 0.9995 * factor:  # what would be rounded to 1000 of the smaller unit
            return f"{count / factor:.1f} {unit}" if count < 99.95 * factor else f"{count / factor:.0f} {unit}"
    return f"{count:.0f} B"


def counted_size_text(count: int) -> str:
    """Bytes that are counted and not measured, with four digits: 497.8 MB, 32.12 GB, 6.028 GB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= 0.99995 * factor:  # what would be rounded to 1000 of the smaller unit
            digits = 4 - len(str(int(count / factor)))
            return f"{count / factor:.{max(0, digits)}f} {unit}"
    return f"{count} B"


def change_text(change: float, digits: int | None = None, none: str = "±0.00 %") -> str:
    """A change in per cent with its sign, a real minus: +0.08 %, −1.2 %, +34 %, +1,200 %; 0.02 is two per cent.

    Larger ones have fewer `digits` after the point unless their number is given. `none` stands where all would be 0.
    """
    per_cent = 100 * change
    if digits is None:
        digits = 2 if abs(per_cent) < 0.995 else 1 if abs(per_cent) < 9.95 else 0
    return f"{per_cent:+,.{digits}f} %".replace("-", "−") if round(per_cent, digits) else none


def spreadsheet_text(cell: str) -> str:
    r"""A text for a CSV file, with an apostrophe in front where a spreadsheet would take it for a formula.

    Lines end in \n: before Python 3.13, `csv` encloses no cell for a \r, at which whoever reads it begins a new row.
    """
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def count_text(count: int, noun: str) -> str:
    """A count with its noun: 1 person, 3 pictures, 2 windows. Only regular plurals."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in a text: blanks, also those without a width, and control characters."""
    return all(unicodedata.category(character) in _UNSEEN for character in text)

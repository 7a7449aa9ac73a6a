"""Sizes in words, and words in tables: the same in messages, on the pages and in the terminal."""


def size_text(count: int | float | None) -> str:
    """Bytes as people read them, in decimal units as download pages do: 496 MB, 1.2 GB. None is an unknown size."""
    if count is None:
        return "unknown size"
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= 0.9995 * factor:  # what would be rounded to 1000 of the smaller unit
            return f"{count / factor:.1f} {unit}" if count < 99.95 * factor else f"{count / factor:.0f} {unit}"
    return f"{count:.0f} B"


def spreadsheet_text(cell: str) -> str:
    """A text for a CSV file, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

"""Where a text is cut into lines: at the same places on pages, in the terminal, by the API and by a translator."""

import re


def lines_in(text: str) -> list[str]:
    """Cut at line ends only: `splitlines` would also cut at the rarer separators that occur within a line."""
    lines = re.split(r"\r\n|\r|\n", text)
    return lines[:-1] if lines[-1] == "" else lines


def texts_in(field: str) -> tuple[str, ...]:
    """The lines of a field, each a text of its own, without the blanks around them; empty ones are passed over."""
    return tuple(line.strip() for line in lines_in(field) if line.strip())

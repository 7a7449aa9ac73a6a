"""Sizes and times in words, the same on the pages and in the terminal."""


def size_text(count: int | float | None) -> str:
    """Bytes as people read them, in decimal units as download pages do: 496 MB, 1.2 GB."""
    if count is None:
        return "unknown size"
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= 0.9995 * factor:  # what would be rounded to 1000 of the smaller unit
            return f"{count / factor:.1f} {unit}" if count < 99.95 * factor else f"{count / factor:.0f} {unit}"
    return f"{count:.0f} B"


def seconds_text(seconds: float) -> str:
    """Seconds with two significant digits below ten: 0.042 s, 1.3 s, 25 s, 2 min 5 s."""
    if 0 < seconds < 0.001:
        return "under 0.001 s"
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def count_text(count: int, noun: str) -> str:
    """A count with its noun: 1 person, 3 pictures, 2 windows. Only regular plurals."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def parameters_text(count: int) -> str:
    """A number of parameters as model cards print it: 124 M, 1.5 B."""
    return f"{count / 1e9:.1f} B" if count >= 0.9995e9 else f"{count / 1e6:.3g} M"

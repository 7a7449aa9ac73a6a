"""Sizes and times in words, the same on the pages and in the terminal."""

from models.wording import size_text as size_text


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

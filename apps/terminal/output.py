"""Where things are printed: results on standard output, everything else on standard error.

Knows nothing of models. While a command works, standard output belongs to `result` and `result_json` alone; whatever a
library prints there lands on standard error.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from apps.terminal.drawn import Bar

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_results: TextIO | None = None
_bar: "Bar | None" = None  # the one that is on the screen: whatever else is printed makes it step aside


@contextmanager
def results_only() -> Iterator[None]:
    """Keep standard output for results, until the end of the block."""
    global _results
    _results = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _hide_bar()  # one that an error has left there, and with it the cursor
        _results = None


def in_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at `stream` in a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def _hide_bar() -> None:
    if _bar is not None:
        _bar.hide()


def result(text: str, end: str = "\n") -> None:
    """Print a part of the result, at once: whoever pipes it may be waiting."""
    _hide_bar()
    stream = _results or sys.stdout
    print(_harmless(text, stream), end=end, file=stream, flush=True)


def result_json(value: Any) -> None:
    """Print the whole result as one JSON object or list."""
    result(json.dumps(value, ensure_ascii=False, indent=2))


def result_table(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Container[str] = ()) -> None:
    """Print columns that line up; those whose headings are in `numbers`, to the right. In a terminal they fit it."""
    lines = [tuple(headings), *(tuple(row) for row in rows)]
    stream = _results or sys.stdout
    if in_terminal(stream):
        from apps.terminal.drawn import draw_table

        _hide_bar()
        rows_seen = [tuple(_harmless(cell, stream) for cell in line) for line in lines[1:]]
        draw_table(stream, lines[0], rows_seen, numbers)
        return
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = [
            cell.rjust(width) if heading in numbers else cell.ljust(width)
            for cell, width, heading in zip(line, widths, headings, strict=True)
        ]
        result("  ".join(cells).rstrip())


def note(sentence: str) -> None:
    """One line for the person at the keyboard, on standard error."""
    _hide_bar()
    print(_harmless(sentence, sys.stderr), file=sys.stderr, flush=True)


def _harmless(text: str, stream: TextIO) -> str:
    r"""In a terminal a control character of a text or name stands as \x1b: it would move the cursor, choose colours."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text) if stream.isatty() else text


class ProgressLine:
    """How far something is: a bar with rate and time left in a terminal, a new line for each tenth in a log.

    `rate` puts the speed into words; it is given the part of the whole that is done in a second. Left out, the words
    are per cent a minute.
    """

    def __init__(self, rate: Callable[[float], str] | None = None) -> None:
        self._rate = rate or _percent_a_minute
        self._tenth = -1
        self._bar: Bar | None = None

    def update(self, text: str, fraction: float) -> None:
        """Show `text`; `fraction` is the part that is done, 0 to 1."""
        if in_terminal(sys.stderr):
            self._draw(text, fraction)
        elif (tenth := int(fraction * 10)) != self._tenth:
            self._tenth = tenth
            note(text)

    def _draw(self, text: str, fraction: float) -> None:
        global _bar
        from apps.terminal.drawn import Bar

        if self._bar is None:
            _bar = self._bar = Bar(sys.stderr, self._rate)
        self._bar.update(text, fraction)

    def close(self) -> None:
        """End the line."""
        global _bar
        if self._bar is not None:
            self._bar.close()
        _bar = self._bar = None


def _percent_a_minute(speed: float) -> str:
    return f"{speed * 6000:.{0 if speed * 6000 >= 10 else 1}f} %/min"

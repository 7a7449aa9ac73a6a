"""Where things are printed: results on standard output, everything else on standard error.

Knows nothing of models. While a command works, standard output belongs to `result` and `result_json` alone; whatever a
library prints there lands on standard error.
"""

import json
import sys
import time
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO

_results: TextIO | None = None


@contextmanager
def results_only() -> Iterator[None]:
    """Keep standard output for results, until the end of the block."""
    global _results
    _results = sys.stdout
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results = None


def result(text: str, end: str = "\n") -> None:
    """Print a part of the result, at once: whoever pipes it may be waiting."""
    print(text, end=end, file=_results or sys.stdout, flush=True)


def result_json(value: Any) -> None:
    """Print the whole result as one JSON object or list."""
    result(json.dumps(value, ensure_ascii=False, indent=2))


def result_table(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Container[str] = ()) -> None:
    """Print columns that line up; those whose headings are in `numbers`, to the right."""
    lines = [tuple(headings), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        cells = [
            cell.rjust(width) if heading in numbers else cell.ljust(width)
            for cell, width, heading in zip(line, widths, headings, strict=True)
        ]
        result("  ".join(cells).rstrip())


def note(sentence: str) -> None:
    """One line for the person at the keyboard, on standard error."""
    print(sentence, file=sys.stderr, flush=True)


class ProgressLine:
    """How far something is: one line that changes in a terminal, a new line for each tenth in a log."""

    def __init__(self) -> None:
        self._in_terminal = sys.stderr.isatty()
        self._width = 0
        self._tenth = -1
        self._drawn = 0.0

    def update(self, text: str, fraction: float) -> None:
        """Show `text`; `fraction` is the part that is done, 0 to 1."""
        tenth = int(fraction * 10)
        if self._in_terminal:
            if fraction < 1 and time.monotonic() - self._drawn < 0.1:
                return  # a terminal is slow, and nobody reads faster
            self._drawn = time.monotonic()
            print("\r" + text.ljust(self._width), end="", file=sys.stderr, flush=True)
            self._width = len(text)
        elif tenth != self._tenth:
            note(text)
        self._tenth = tenth

    def close(self) -> None:
        """End the line."""
        if self._in_terminal and self._width:
            print(file=sys.stderr, flush=True)
        self._width = 0

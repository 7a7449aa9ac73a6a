"""What a terminal shows in place of plain text: tables that fit its width, and a bar of progress.

Knows nothing of commands. Imported when there is a terminal to draw in, so that --help and pipes do not wait for rich.
"""

import os
import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

BAR_WIDTH = 20
NARROWEST_TEXT = 12  # characters: where a column of text would have less, each row becomes lines of its own
_DRAW_SECONDS = 0.1  # a terminal is slow, and nobody reads faster
_LOOK_BACK_SECONDS = 3600.0  # rich would forget all steps but the last of a model that takes minutes for one


def console(stream: TextIO) -> Console:
    """rich, writing to `stream`, without colours and bold letters where NO_COLOR asks for that."""
    plain = bool(os.environ.get("NO_COLOR"))
    return Console(file=stream, highlight=False, markup=False, emoji=False, color_system=None if plain else "auto")


def draw_table(stream: TextIO, headings: Sequence[str], rows: Sequence[Sequence[str]], numbers: Container[str]) -> None:
    """Columns that fit the width: text is wrapped, numbers are never. Too narrow for that, each row is a list."""
    screen = console(stream)
    widths = [max(Text(line[column]).cell_len for line in (headings, *rows)) for column in range(len(headings))]
    least = [
        width if heading in numbers else min(width, NARROWEST_TEXT)
        for width, heading in zip(widths, headings, strict=True)
    ]
    if sum(least) + 2 * (len(least) - 1) > screen.width:
        _draw_lists(screen, headings, rows)
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading, width in zip(headings, least, strict=True):
        if heading in numbers:
            table.add_column(Text(heading), justify="right", no_wrap=True, min_width=width)
        else:
            table.add_column(Text(heading), overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    screen.print(table)


def _draw_lists(screen: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for number, row in enumerate(rows):
        if number:
            screen.print()
        for heading, cell in zip(headings, row, strict=True):
            screen.print(Text.assemble((heading, "bold"), "  ", cell), overflow="fold")


class Bar:
    """How far something is, how fast it goes and how long it will take, in a line that changes.

    `rate` puts the speed into words; it is given the part of the whole that is done in a second.
    """

    def __init__(self, stream: TextIO, rate: Callable[[float], str]):
        self._console = console(stream)
        self._progress = Progress(  # keeps the books; what is on the screen is `_live`
            BarColumn(bar_width=BAR_WIDTH),
            TaskProgressColumn(),
            _Rate(rate),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=self._console,
            auto_refresh=False,
            speed_estimate_period=_LOOK_BACK_SECONDS,
        )
        self._task = self._progress.add_task("", total=1.0)
        self._live: Live | None = None
        self._drawn = 0.0

    def update(self, text: str, fraction: float) -> None:
        """Show `text`; `fraction` is the part that is done, 0 to 1."""
        self._progress.update(self._task, description=text, completed=fraction)
        if fraction >= 1 or time.monotonic() - self._drawn >= _DRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        if self._live is None:
            self._live = Live(
                console=self._console,
                get_renderable=self._line,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.refresh()
        self._drawn = time.monotonic()

    def _line(self) -> RenderableType:
        text = self._progress.tasks[0].description
        return _Fitting(text, self._progress.make_tasks_table(self._progress.tasks))

    def hide(self) -> None:
        """Leave the terminal to a line of something else; the next update draws the bar below."""
        if self._live is not None:
            self._live.transient = True
            self._live.stop()
        self._live, self._drawn = None, 0.0

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._draw()
        if self._live is not None:
            self._live.stop()


@dataclass(frozen=True)
class _Fitting:
    """Text and bar beside one another, or, where the width does not allow that, the text above the bar."""

    text: str
    bar: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = Text(self.text, no_wrap=True, overflow="ellipsis")
        room = options.max_width - Measurement.get(console, options, self.bar).maximum
        if text.cell_len < room:
            beside = Table.grid(padding=(0, 1, 0, 0))
            beside.add_row(text, self.bar)
            yield beside
        else:
            yield text
            yield self.bar


class _Rate(ProgressColumn):
    """The speed, in the words of what is counted."""

    def __init__(self, words: Callable[[float], str]):
        super().__init__(Column(no_wrap=True))
        self._words = words

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(self._words(speed) if speed else "")

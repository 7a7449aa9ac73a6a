"""What is printed: plain text in pipes and logs, tables that fit and a bar in a terminal."""

import io
import re
import sys
from collections.abc import Callable

import pytest

from apps.terminal import drawn, output

HEADINGS = ("MODEL", "TASK", "SIZE")
ROWS = [("owner/a-model-with-a-long-name", "question answering", "496 MB"), ("tiny[x]", "translation", "1 MB")]
PLAIN = """\
MODEL                           TASK                  SIZE
owner/a-model-with-a-long-name  question answering  496 MB
tiny[x]                         translation           1 MB
"""


class Terminal(io.StringIO):
    """A stream at which somebody looks."""

    def isatty(self) -> bool:
        return True

    @property
    def screen(self) -> str:
        """What was written, without the commands that move the cursor and choose colours."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())


Screens = Callable[..., tuple[Terminal, Terminal]]


@pytest.fixture
def screens(monkeypatch: pytest.MonkeyPatch) -> Screens:
    """`screens(60)`: standard output and standard error become terminals of that width."""

    def make(width: int, kind: str = "xterm-256color") -> tuple[Terminal, Terminal]:
        streams = Terminal(), Terminal()
        for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TERM", kind)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        return streams

    return make


def show_table() -> None:
    output.result_table(HEADINGS, ROWS, numbers=("SIZE",))


def show_progress(line: output.ProgressLine, monkeypatch: pytest.MonkeyPatch, steps: int = 4) -> None:
    """`steps` steps of half a second each, by a clock of our own."""
    now = [0.0]
    monkeypatch.setattr(drawn.time, "monotonic", lambda: now[0])
    for step in range(1, steps + 1):
        now[0] += 0.5
        line.update(f"{step} of {steps} pictures", step / steps)


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "COLUMNS"])
def test_a_pipe_gets_plain_text(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, "20")

    show_table()
    show_progress(output.ProgressLine(), monkeypatch)

    told = capsys.readouterr()
    assert told.out == PLAIN
    assert told.err == "1 of 4 pictures\n2 of 4 pictures\n3 of 4 pictures\n4 of 4 pictures\n"


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_text(
    screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, errors = screens(80, kind="dumb")

    show_table()
    show_progress(output.ProgressLine(), monkeypatch)

    assert results.getvalue() == PLAIN
    assert "\x1b" not in errors.getvalue()


@pytest.mark.parametrize("width", [200, 80, 58, 45, 36])
def test_a_table_fits_the_terminal_and_loses_nothing(width: int, screens: Screens) -> None:
    results, _ = screens(width)

    show_table()

    lines = results.screen.splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == 3 or width < 58
    assert "496 MB" in results.screen  # a number is never broken
    assert sorted(re.sub(r"\s", "", results.screen)) == sorted(re.sub(r"\s", "", PLAIN))


def test_in_a_very_narrow_terminal_each_row_is_a_list(screens: Screens) -> None:
    results, _ = screens(24)

    show_table()

    assert "TASK  translation" in results.screen.splitlines()
    assert "SIZE  496 MB" in results.screen.splitlines()
    assert max(map(len, results.screen.splitlines())) <= 24


def test_the_bar_tells_what_is_done_how_fast_and_how_long(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    results, errors = screens(100)
    clock = [100.0]
    line = output.ProgressLine(lambda speed: f"{speed * 10:.1f} pictures/s")
    line.update("0 of 10 pictures", 0.0)
    progress = line._bar._progress
    monkeypatch.setattr(progress, "get_time", lambda: clock[0])
    for task in progress.tasks:
        monkeypatch.setattr(task, "_get_time", lambda: clock[0])
        task.start_time = clock[0]

    for done in range(1, 6):
        clock[0] += 2.0
        line._bar._drawn = 0.0
        line.update(f"{done} of 10 pictures", done / 10)
    line.close()

    last = errors.screen.replace("\r", "\n").strip().splitlines()[-1]
    assert last.startswith("5 of 10 pictures ━")
    assert "50%" in last
    assert "0.5 pictures/s" in last
    assert last.rstrip().endswith("00:10")
    assert results.getvalue() == ""


def test_what_is_printed_meanwhile_stands_above_the_bar(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    _, errors = screens(80)
    line = output.ProgressLine()
    show_progress(line, monkeypatch, 2)

    output.note("Picture [b]3[/b] is broken.")
    line.close()

    assert "Picture [b]3[/b] is broken.\n" in errors.screen
    assert errors.getvalue().index("broken") < errors.getvalue().rindex("2 of 2 pictures")
    assert errors.getvalue().rindex("\x1b[?25h") > errors.getvalue().rindex("\x1b[?25l")  # the cursor is back


def test_an_error_gives_the_cursor_back(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    _, errors = screens(80)

    def fail_after_a_bar() -> None:
        with output.results_only():
            show_progress(output.ProgressLine(), monkeypatch, 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_a_bar()

    assert errors.getvalue().rindex("\x1b[?25h") > errors.getvalue().rindex("\x1b[?25l")


def test_no_color_is_respected(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    for wish in ("", "1"):
        results, errors = screens(80)
        monkeypatch.setenv("NO_COLOR", wish)
        show_table()
        line = output.ProgressLine()
        show_progress(line, monkeypatch)
        line.close()
        coloured = [bool(re.search(r"\x1b\[[0-9;]*m", stream.getvalue())) for stream in (results, errors)]
        assert coloured == [not wish, not wish]


def test_control_characters_of_a_text_do_nothing_in_a_terminal(screens: Screens) -> None:
    results, errors = screens(80)
    output.result("red \x1b[31m, a bell\x07 and\ta tab,\nnext line, é 😀")
    output.note("a name\r with a return")
    output.result_table(("TEXT",), [("clear \x1b[2J",)])
    assert results.getvalue().startswith("red \\x1b[31m, a bell\\x07 and\ta tab,\nnext line, é 😀\n")
    assert errors.getvalue() == "a name\\x0d with a return\n"
    assert "\x1b[2J" not in results.getvalue()


def test_a_pipe_gets_a_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    output.result("red \x1b[31m")
    assert capsys.readouterr().out == "red \x1b[31m\n"

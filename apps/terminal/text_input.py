"""Text from an argument, a file or standard input."""

import locale
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from apps.decoding import decode_text
from apps.terminal.output import note
from models.errors import InvalidInput


def read_text(text: str | None, file: Path | None = None) -> str:
    """The text to work on: the argument, else the file, else all of standard input.

    Raises:
        InvalidInput: there is none, both were given, or the file cannot be read.
    """
    found = "\n".join(read_lines(text, file))
    if not found.strip():
        raise InvalidInput("There is no text. Give it as an argument, with --file, or on standard input.")
    return found


def read_lines(text: str | None, file: Path | None = None) -> Iterator[str]:
    """The same, line by line and without line ends; standard input as the lines arrive. Raises as `read_text`."""
    if text is not None and file is not None:
        raise InvalidInput("Give the text as an argument or with --file, not both.")
    if file is not None:
        text = read_file(file)
    return _standard_input() if text is None else iter(_lines(text))


def _lines(text: str) -> list[str]:
    """Cut at line ends only: `splitlines` would also cut at the rarer separators that occur within a line."""
    lines = re.split(r"\r\n|\r|\n", text)
    return lines[:-1] if lines[-1] == "" else lines


def read_file(file: Path) -> str:
    """The text in `file`. Raises InvalidInput when it cannot be read, or is no text."""
    try:
        return decode_text(file.read_bytes(), file.name)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}. Check the name.") from error


def _standard_input() -> Iterator[str]:
    if sys.stdin.isatty():
        end = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"
        note(f"Reading from the keyboard; {end} ends the text.")
    for line in sys.stdin.buffer:
        yield decode(line).rstrip("\r\n")


def decode(content: bytes) -> str:
    """Text from another program: UTF-8, else the encoding in which this system's programs write."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode(locale.getencoding(), errors="replace")

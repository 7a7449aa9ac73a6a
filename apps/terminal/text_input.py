"""Text from an argument, a file or standard input."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from apps.terminal.output import note
from apps.words.decoding import decode_lines, decode_readable_lines, decode_text
from models.errors import InvalidInput
from models.pictures.file_names import shown_name
from models.text.lines import lines_in
from models.wording import is_blank

# Files that hold texts among other things, by their suffix.
_MARKED_UP = {
    ".csv": "a table", ".tsv": "a table", ".json": "JSON", ".jsonl": "JSON", ".ndjson": "JSON", ".htm": "a web page",
    ".html": "a web page", ".xml": "XML", ".rtf": "a document", ".srt": "subtitles", ".vtt": "subtitles",
}  # fmt: skip


def read_text(text: str | None, file: Path | None = None, file_option: str = "--file") -> str:
    """The text to work on: the argument, else the file, else all of standard input.

    Raises:
        InvalidInput: there is none, both were given, or what was given cannot be read as text.
    """
    content = "\n".join(read_lines(text, file, file_option))
    if is_blank(content):
        raise _no_text(file_option)
    return content


def read_lines(
    text: str | None, file: Path | None = None, file_option: str = "--file", each: bool = False
) -> Iterator[str]:
    """The same, line by line and without line ends; standard input as the lines arrive. Raises as `read_text`.

    `each` line may be a text of its own: then a line with bytes that are not UTF-8 comes with marks that
    `models.wrapper.readable` refuses, and only a file most of whose lines are such is refused as a whole.
    """
    if text is not None and file is not None:
        raise InvalidInput(f"Give the text as an argument or with {file_option}, not both.")
    if text is not None:
        lines = iter(lines_in(text))
    elif file is not None:
        lines = iter(decode_readable_lines(_bytes_of(file), file.name) if each else lines_in(read_file(file)))
        if each:
            tell_if_marked_up(file)
    else:
        lines = _standard_input(each)
    first = next(lines, None)  # looked at now, because a model that is loaded for nothing takes seconds
    if first is None:
        raise _no_text(file_option)
    return chain([first], lines)


def _no_text(file_option: str) -> InvalidInput:
    return InvalidInput(f"There is no text. Give it as an argument, with {file_option}, or on standard input.")


def tell_if_marked_up(file: Path | None) -> None:
    """Say it where a file, by its name, is no plain text: columns, tags and marks are read as if somebody said them."""
    kind = _MARKED_UP.get(file.suffix.lower()) if file is not None else None
    if file is not None and kind is not None:
        note(
            f"{shown_name(file.name)} looks like {kind}, and is read as plain text with all that is in it. "
            "If only its texts are meant, save these as .txt."
        )


def read_file(file: Path) -> str:
    """The text in `file`. Raises InvalidInput when it cannot be read, or is not text."""
    return decode_text(_bytes_of(file), file.name)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}. Check the name.") from error


def _standard_input(each: bool) -> Iterator[str]:
    if sys.stdin is None:  # closed by whoever started us
        return iter(())
    if sys.stdin.isatty():
        end = "Ctrl-Z and Enter" if sys.platform == "win32" else "Ctrl-D"
        note(f"Reading from the keyboard; {end} ends the text.")
    return decode_lines(sys.stdin.buffer, "Standard input", keep_unreadable=each)

"""Text that comes as bytes: an upload, a file named in the terminal, another program's output.

UTF-8, or UTF-16 where a mark says so at the beginning, as Windows writes it. Anything else is refused: a guess would
spoil letters without a word.
"""

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from models.errors import InvalidInput
from models.failures import printable

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode_text(content: bytes, name: str) -> str:
    """The text in `content`; line ends become “\\n”. `name` is what a message about it calls it.

    Raises:
        InvalidInput: another encoding, or no text at all.
    """
    return "".join(_decoded([content], name))


def decode_lines(chunks: Iterable[bytes], name: str, keep_unreadable: bool = False) -> Iterator[str]:
    """The lines in `chunks` without their ends, each as soon as it is whole. Raises as `decode_text`.

    With `keep_unreadable`, one bad line does not spoil the others: bytes that are not UTF-8 become what Python keeps
    for them (`models.wrapper.readable` refuses it), so that whoever takes the lines can name those that hold some.
    """
    unfinished = ""
    for text in _decoded(chunks, name, "surrogateescape" if keep_unreadable else "strict"):
        *lines, unfinished = (unfinished + text).split("\n")
        yield from lines
    if unfinished:
        yield unfinished


def decode_readable_lines(content: bytes, name: str) -> list[str]:
    """The lines of a file a few of which may be unreadable, as `decode_lines` keeps them.

    Raises as `decode_text` where more than half of those that hold something are: then the file is no UTF-8.
    """
    lines = list(decode_lines([content], name, keep_unreadable=True))
    if 2 * sum(printable(line) != line for line in lines) > sum(bool(line.strip()) for line in lines):
        decode_text(content, name)  # says what is wrong
    return lines


def _decoded(chunks: Iterable[bytes], name: str, errors: str = "strict") -> Iterator[str]:
    chunks = iter(chunks)
    first = next(chunks, b"")
    wide = first.startswith(_UTF16_MARKS)  # half a character shifts all that follow it: there is no bad line
    decode = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("strict" if wide else errors)
    decoder = io.IncrementalNewlineDecoder(decode, translate=True)
    try:
        for chunk in chain([first], chunks):
            yield _without_zeros(decoder.decode(chunk), name)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"“{name}” is not UTF-8 text. Open it in an editor, save it with the encoding UTF-8, and try again."
        ) from error


def _without_zeros(text: str, name: str) -> str:
    if "\0" in text:
        raise InvalidInput(f"“{name}” is not a text file. Save your document as plain text (.txt) and use that.")
    return text

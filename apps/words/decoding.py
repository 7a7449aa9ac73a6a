"""Text that comes as bytes: an upload, a file named in the terminal, another program's output.

UTF-8, or UTF-16 where a mark says so at the beginning, as Windows writes it. Anything else is refused: a guess would
spoil letters without a word.
"""

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import chain

from models.errors import InvalidInput

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode_text(content: bytes, name: str) -> str:
    """The text in `content`; line ends become “\\n”. `name` is what a message about it calls it.

    Raises:
        InvalidInput: another encoding, or no text at all.
    """
    return "".join(_decoded([content], name))


def decode_lines(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    """The lines in `chunks` without their ends, each as soon as it is whole. Raises as `decode_text`."""
    unfinished = ""
    for text in _decoded(chunks, name):
        *lines, unfinished = (unfinished + text).split("\n")
        yield from lines
    if unfinished:
        yield unfinished


def _decoded(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    chunks = iter(chunks)
    first = next(chunks, b"")
    encoding = "utf-16" if first.startswith(_UTF16_MARKS) else "utf-8-sig"
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
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

"""What the bytes of somebody's file say as text: its encoding, told where that can be done for sure, or refused.

One wrong byte costs only its line: in the text it stands as half a character (`is_text` finds it), and the table that
is made of the text leaves that line out, and says so.
"""

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from models.errors import InvalidInput

_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_OTHER_FILES = {
    b"PK\x03\x04": "a spreadsheet or an archive",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x1f\x8b": "packed with gzip",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"7z\xbc\xaf": "an archive",
    b"Rar!": "an archive",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "a database",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    **dict.fromkeys((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), "a pickle of Python"),
    b"{\\rtf": "a word processor's file",
}
_POINTER = b"version https://git-lfs.github.com/spec/"
_WEB_PAGE = re.compile(rb"\s*(<!--.*?-->\s*)?<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_SAVE_AGAIN = "Save it as CSV in UTF-8 (“CSV UTF-8” in a spreadsheet's “Save as”)"
# What Western European texts hold beside ASCII. A file in another 8-bit encoding decodes into other signs.
_WESTERN = set("áéíóúüñçàèìòùâêîôûäëïöÿœæåøãõßÁÉÍÓÚÜÑÇÀÈÌÒÙÂÊÎÔÛÄËÏÖŒÆÅØÃÕ")
_WESTERN_SIGNS = set("¿¡«»“”‘’–—…€£ºª°·´\xa0©®™½")
# Fewer bytes beyond ASCII than this are stray signs in a text of plain letters: no language but English has so few.
_STRAY = 0.015
# What files without a mark are in most often, to be shown where none is sure.
_LIKELY = ("cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "mac-roman", "gb18030", "cp932", "cp949")
_MOST_SHOWN = 5
_SHOWN_SIGNS = 24


class Decoded(NamedTuple):
    """A text, Python's name of its encoding, and where that is not sure a sentence that says so."""

    text: str
    encoding: str
    doubt: str = ""


def decoded(content: bytes, name: str, encoding: str | None = None) -> Decoded:
    """The text in `content`, by the encoding that was named, or one that was detected.

    Raises:
        InvalidInput: another kind of file, an unknown encoding, or one that cannot be told for sure.
    """
    _require_text(content, name)
    named = encoding or next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), None)
    encoding = named or _without_mark(content)
    try:
        text, doubt = content.decode(encoding).removeprefix("\ufeff"), ""
    except LookupError as error:
        raise InvalidInput(f"There is no encoding “{encoding}”. Try utf-8, utf-16 or cp1252.") from error
    except UnicodeDecodeError as error:
        text, encoding, doubt = _with_wrong_bytes(content, name, encoding, error, is_named=named is not None)
    if _is_binary(text):
        raise InvalidInput(f"{name} holds bytes that are not text. {_SAVE_AGAIN}.")
    return Decoded(text, "utf-8" if encoding == "utf-8-sig" else encoding, doubt)


def is_text(cell: str) -> bool:
    """Whether a cell holds characters only: no zero byte, and no byte that could not be decoded."""
    return "\0" not in cell and not any("\ud800" <= sign <= "\udfff" for sign in cell)


def _require_text(content: bytes, name: str) -> None:
    kind = next((kind for mark, kind in _OTHER_FILES.items() if content.startswith(mark)), None)
    if kind is not None:
        raise InvalidInput(f"{name} is {kind}, not a table as text. {_SAVE_AGAIN}.")
    if content.startswith(_POINTER):
        raise InvalidInput(f"{name} is only a note of Git LFS where the file lies. Fetch the file with `git lfs pull`.")
    if _WEB_PAGE.match(content[:4000]):
        raise InvalidInput(
            f"{name} is a web page, not a table as text: perhaps the page before the download. Download the file again."
        )


def _with_wrong_bytes(
    content: bytes, name: str, encoding: str, error: UnicodeDecodeError, is_named: bool
) -> tuple[str, str, str]:
    """Text, encoding and doubt of bytes that are not all in `encoding`; `is_named` where somebody or a mark says it."""
    if not is_named and _is_western(content):
        return content.decode("cp1252"), "cp1252", ""
    if encoding.startswith("utf-8"):
        text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        wrong = sum("\udc80" <= sign <= "\udcff" for sign in text)
        right = sum(sign > "\x7f" for sign in text) - wrong  # other encodings make hardly any sign of UTF-8 by chance
        if 0 < wrong <= right or (is_named and wrong <= _STRAY * len(text)):
            return text, encoding, ""  # a few lines in another encoding, or damaged, in a file of UTF-8
    if encoding.startswith("utf-16") and len(content) % 2:  # cut off, or a line break of one byte was added
        try:
            return content[:-1].decode(encoding).removeprefix("\ufeff") + "\udcff", encoding, ""
        except UnicodeDecodeError:
            pass
    if not is_named and sum(byte > 0x7F for byte in content) <= _STRAY * len(content):
        text = content.decode("cp1252", "surrogateescape")
        text = "".join(chr(ord(sign) - 0xDC00) if "\udc80" <= sign <= "\udcff" else sign for sign in text)
        return text, "cp1252", _stray_signs(text)
    problem = f"is not in {encoding}" if is_named else "is in an encoding that cannot be told for sure"
    number, line = _line_of(content, error.start)
    looks = "" if is_named else _looks(line)
    raise InvalidInput(f"{name} {problem} (line {number}).{looks} {_SAVE_AGAIN}, or name its encoding.") from error


def _stray_signs(text: str) -> str:
    """The sentence about an encoding that was taken because hardly anything depends on it, with what does."""
    beyond = [place for place, sign in enumerate(text) if sign > "\x7f"]
    usual = _WESTERN | _WESTERN_SIGNS
    place = next((place for place in beyond if text[place] not in usual), beyond[0])
    number = text.count("\n", 0, place) + 1
    return (
        f"The encoding of its few signs beyond plain letters is not sure: it was taken for cp1252, in which line "
        f"{number} reads “{_around(text, place)}”. If that is wrong, name its encoding, or mend these lines."
    )


def _around(text: str, place: int) -> str:
    begin, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
    begin = max(begin, place - _SHOWN_SIGNS // 2)
    shown = text[begin : min(len(text) if end < 0 else end, place + _SHOWN_SIGNS)]
    return "".join(sign for sign in shown if sign.isprintable()).strip()


def _line_of(content: bytes, place: int) -> tuple[int, bytes]:
    """The number of a line, from 1, and its bytes."""
    begin = content.rfind(b"\n", 0, place) + 1
    end = content.find(b"\n", place)
    return content.count(b"\n", 0, place) + 1, content[begin : len(content) if end < 0 else end]


def _looks(line: bytes) -> str:
    """What a line would be in the encodings in which it is letters, for a person who knows the language to choose."""
    looks: dict[str, str] = {}
    for encoding in _LIKELY:
        try:
            text = line.decode(encoding).strip()
        except UnicodeDecodeError:
            continue
        if _is_likely(text) and len(looks) < _MOST_SHOWN:
            looks.setdefault(text[:_SHOWN_SIGNS], encoding)
    shown = ", ".join(f"“{text}” in {encoding}" for text, encoding in looks.items())
    return f" It reads {shown}." if shown else ""


def _is_likely(text: str) -> bool:
    """Whether a line may be somebody's language: letters, one alphabet a word, and few of them accented."""
    beyond = [sign for sign in text if sign > "\x7f" and sign not in _WESTERN_SIGNS]
    accented = [sign for sign in beyond if _is_latin(sign)]
    mixed = any(len({_is_latin(sign) for sign in word}) > 1 for word in re.findall(r"[^\W\d_]+", text))
    return bool(beyond) and all(map(str.isalpha, beyond)) and not mixed and 5 * len(accented) <= 2 * len(text)


def _is_latin(sign: str) -> bool:
    return unicodedata.name(sign, "").startswith("LATIN")


def _is_binary(text: str) -> bool:
    """Whether so much is no text that the whole file is none; a text may hold a few control characters."""
    first = text[:100_000].rstrip("\0")  # a program that died leaves zeros behind what it wrote
    wrong = sum((sign < " " and sign not in "\t\n\r\f\v\x1b") or "\ud800" <= sign <= "\udfff" for sign in first)
    return wrong > max(0.1 * len(first), 8 if len(first) > 200 else 2)


def _without_mark(content: bytes) -> str:
    """UTF-16 shows by its zeros, which are every second byte of most Western text; anything else is tried as UTF-8."""
    first = content[:4000]
    even, odd = first[::2].count(0), first[1::2].count(0)
    if first.count(0) > len(first) / 4 and min(even, odd) < max(even, odd) / 4:
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def _is_western(content: bytes) -> bool:
    """Whether these bytes are surely Latin-1 in its Windows form.

    Each sign beside ASCII must be one that Western texts hold, and accented letters must stand alone among plain ones:
    Cyrillic or Greek would show as words of accented letters only, broken UTF-8 as pairs of them.
    """
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = [index for index, sign in enumerate(text) if sign > "\x7f"]
    if any(text[index] not in _WESTERN and text[index] not in _WESTERN_SIGNS for index in beyond):
        return False
    pairs = sum(after == index + 1 for index, after in pairwise(beyond))
    return pairs <= len(beyond) / 20

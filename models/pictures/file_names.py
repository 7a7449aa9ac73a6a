"""Names of files as text, and text as names of files.

What a system gives as a name is not text: an old ZIP's Latin-1 bytes are no letters of UTF-8, and a name may hold a
line break. What is printed must be text, and must lead back to the same file.
"""

import hashlib
import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit
from urllib.request import url2pathname

from models.wording import spreadsheet_text

LONGEST_STEM = 120  # bytes: file systems take 255 for a whole name, and some count what is encrypted
_REFUSED = '<>:"/\\|?*'  # by Windows, in names
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)


def path_text(path: Path) -> str:
    """A path as it is, where that is text on one line; else its `file:` address. `path_from` leads back to the file."""
    text = str(path)
    return text if _is_text(text) and not text.startswith("file:") else _address(path)


def path_from(text: str) -> Path:
    """The path that `path_text` wrote, or that somebody typed."""
    if not text.startswith("file:"):
        return Path(text)
    address = urlsplit(text)
    encoded = f"//{address.netloc}{address.path}" if address.netloc else address.path
    return Path(url2pathname(encoded) if os.name == "nt" else os.fsdecode(unquote_to_bytes(encoded)))


def spreadsheet_path(path: Path) -> str:
    """As `path_text`, for a CSV file: what a spreadsheet would take for a formula becomes an address, too."""
    text = path_text(path)
    if spreadsheet_text(text) == text:
        return text
    return _address(path)


def _address(path: Path) -> str:
    return Path(os.path.abspath(path)).as_uri()


def shown_name(name: str | Path) -> str:
    r"""A name or path to read on one line, in which bytes and signs that are no text stand as \xe9 or \n."""
    return "".join(
        sign if _is_text(sign) else f"\\x{_byte(sign).hex()}" if _byte(sign) else repr(sign)[1:-1] for sign in str(name)
    )


def _byte(sign: str) -> bytes:
    """The byte that is no text for which Python put this sign there, else none."""
    return bytes([ord(sign) - 0xDC00]) if "\udc80" <= sign <= "\udcff" else b""


def _is_text(text: str) -> bool:
    """Whether each sign can be encoded and leaves the line and its direction alone."""
    return not any(
        unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
        for sign in text
    )


def _safe(sign: str) -> str:
    if _is_text(sign) and sign not in _REFUSED:
        return sign
    return quote(_byte(sign) or sign.encode("utf-8", "replace"), safe="")


def safe_stem(stem: str) -> str:
    """A name without suffix that every file system takes: a part of the right name where it is long, % for signs."""
    name = "".join(_safe(sign) for sign in unicodedata.normalize("NFC", stem))
    if name.endswith((".", " ")):
        name = f"{name[:-1]}%{ord(name[-1]):X}"
    if _RESERVED.match(name):
        name = "_" + name
    encoded = name.encode("utf-8")
    if len(encoded) <= LONGEST_STEM:
        return name or "_"
    mark = hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]  # or all of a camera's long names would begin alike
    return encoded[:LONGEST_STEM].decode("utf-8", "ignore").rstrip(". ") + "-" + mark

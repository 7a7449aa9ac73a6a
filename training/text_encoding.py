"""What the bytes of somebody's file say as text: its encoding, told where that can be done for sure, or refused."""

from itertools import pairwise

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
}
_SAVE_AGAIN = "Save it as CSV in UTF-8 (“CSV UTF-8” in a spreadsheet's “Save as”)"
# What Western European texts hold beside ASCII. A file in another 8-bit encoding decodes into other signs.
_WESTERN = set("áéíóúüñçàèìòùâêîôûäëïöÿœæåøãõßÁÉÍÓÚÜÑÇÀÈÌÒÙÂÊÎÔÛÄËÏÖŒÆÅØÃÕ")
_WESTERN_SIGNS = set("¿¡«»“”‘’–—…€£ºª°·´\xa0©®™½")


def decoded(content: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """The text in `content`, and Python's name of its encoding: the one that was named, or one that was detected.

    Raises:
        InvalidInput: another kind of file, an unknown encoding, or one that cannot be told for sure.
    """
    for mark, kind in _OTHER_FILES.items():
        if content.startswith(mark):
            raise InvalidInput(f"{name} is {kind}, not a table as text. {_SAVE_AGAIN}.")
    named = encoding or next((encoding for mark, encoding in _MARKS.items() if content.startswith(mark)), None)
    encoding = named or _without_mark(content)
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        raise InvalidInput(f"There is no encoding “{encoding}”. Try utf-8, utf-16 or cp1252.") from error
    except UnicodeDecodeError as error:
        if named is None and _is_western(content):
            return content.decode("cp1252"), "cp1252"
        problem = f"is not in {encoding}" if named else "is in an encoding that cannot be told for sure"
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{name} {problem} (line {line}). {_SAVE_AGAIN}, or name its encoding.") from error
    if "\0" in text:
        raise InvalidInput(f"{name} holds bytes that are not text. {_SAVE_AGAIN}.")
    return text, "utf-8" if encoding == "utf-8-sig" else encoding


def _without_mark(content: bytes) -> str:
    """UTF-16 shows by its zeros, which are every second byte of most Western text; anything else is tried as UTF-8."""
    first = content[:4000]
    if first.count(0) > len(first) / 4:
        return "utf-16-le" if first[1::2].count(0) > first[::2].count(0) else "utf-16-be"
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

"""What a piece of a vocabulary says: “Ġhouse” is “ house”, “<0xF0>” a byte, “ðŁĳ” three bytes of a character of four.

Knows the three ways in which vocabularies write what is not a plain letter, not any tokenizer.
"""

import re

NO_CHARACTER = "\N{REPLACEMENT CHARACTER}"  # what bytes are decoded to that are none, or not a whole one
BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def _byte_letters() -> dict[str, int]:
    """GPT-2's letter for each of the 256 bytes: printable ones stand for themselves, the others for 256 and on."""
    itself = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in itself]
    return {chr(byte): byte for byte in itself} | {chr(256 + number): byte for number, byte in enumerate(others)}


BYTE_OF_LETTER = _byte_letters()


def piece_bytes(piece: str, byte_level: bool) -> bytes | None:
    """The bytes that a piece stands for, where it stands for bytes; None where it is text."""
    if not byte_level:
        single = BYTE.fullmatch(piece)
        return bytes([int(single[1], 16)]) if single else None
    if any(letter not in BYTE_OF_LETTER for letter in piece):
        return None
    return bytes(BYTE_OF_LETTER[letter] for letter in piece)


def shown_piece(piece: str, byte_level: bool) -> str:
    """What a piece says, as a person reads it. Bytes that are no whole character stand as ⟨F0⟩⟨9F⟩."""
    content = piece_bytes(piece, byte_level)
    if content is None:
        return piece if byte_level else piece.replace("▁", " ")
    return "".join(_readable_bytes(content))


def _readable_bytes(content: bytes) -> list[str]:
    """Whole characters as they are, what is left between them in hexadecimal."""
    parts: list[str] = []
    broken = b""
    while content:
        length = _whole_character(content)
        if length:
            parts += [_hexadecimal(broken), content[:length].decode("utf-8")]
            broken, content = b"", content[length:]
        else:
            broken, content = broken + content[:1], content[1:]
    return [*parts, _hexadecimal(broken)]


def _whole_character(content: bytes) -> int:
    """The bytes of the character that begins here; 0 where none does."""
    for length in range(1, 5):
        try:
            content[:length].decode("utf-8")
            return min(length, len(content))
        except UnicodeDecodeError:
            continue
    return 0


def _hexadecimal(content: bytes) -> str:
    return "".join(f"⟨{byte:02X}⟩" for byte in content)

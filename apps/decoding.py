"""Text files as bytes, the same for an upload and for a file named in the terminal."""

import codecs

from models.errors import InvalidInput

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode_text(content: bytes, name: str) -> str:
    """The text in a file: UTF-8, or UTF-16 where the file says so at its beginning; line ends become “\\n”.

    Raises:
        InvalidInput: another encoding, which cannot be guessed without spoiling letters, or no text at all.
    """
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"“{name}” is not UTF-8 text. Open it in an editor, save it with the encoding UTF-8, and try again."
        ) from error
    if "\0" in text:
        raise InvalidInput(f"“{name}” is not a text file. Save your document as plain text (.txt) and use that.")
    return text.replace("\r\n", "\n").replace("\r", "\n")

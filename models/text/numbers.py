"""Numbers that a translation should have because its source has them: digits are copied, however they are written."""

import re
import unicodedata

_WRITTEN = re.compile(r"\d+(?:[.,\u066b\u066c]\d+)*")
# Between digits, by language: 1,000.5 is 1.000,5 or 1 000,5 elsewhere. Arabic has signs of its own for both.
_SEPARATORS = (r"[.,\u066b\u066c]", r"[.,\u066b\u066c'’\s]")
SHORTEST = 2  # digits: smaller numbers are rightly written as words


def lost_numbers(source: str, translation: str) -> tuple[str, ...]:
    """The numbers of two digits or more, as the source writes them, that the translation lacks; each once.

    A point, a comma, an apostrophe or a space between digits does not make another number, and neither does another
    script: ٢٠٢٤ is 2024.
    """
    kept = [re.sub(rf"(?<=\d){separator}(?=\d)", "", western(translation)) for separator in _SEPARATORS]
    written = dict.fromkeys(_WRITTEN.findall(source))
    digits = {number: re.sub(r"\D", "", western(number)) for number in written}
    return tuple(
        number
        for number in written
        if len(digits[number]) >= SHORTEST
        and not any(re.search(rf"(?<!\d){digits[number]}(?!\d)", text) for text in kept)
    )


def western(text: str) -> str:
    """The same text with the digits of every script as 0 to 9: a translator from Arabic is right to write 2024."""
    return re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), text)

"""Numbers that a translation should have because its source has them: digits are copied, however they are written."""

import re

_WRITTEN = re.compile(r"\d+(?:[.,]\d+)*")
# Between digits, by language: 1,000.5 is 1.000,5 or 1 000,5 elsewhere.
_SEPARATORS = (r"[.,]", r"[.,'’\s]")
SHORTEST = 2  # digits: smaller numbers are rightly written as words


def lost_numbers(source: str, translation: str) -> tuple[str, ...]:
    """The numbers of two digits or more, as the source writes them, that the translation lacks; each once.

    A point, a comma, an apostrophe or a space between digits does not make another number.
    """
    kept = [re.sub(rf"(?<=\d){separator}(?=\d)", "", translation) for separator in _SEPARATORS]
    written = dict.fromkeys(_WRITTEN.findall(source))
    digits = {number: re.sub(r"\D", "", number) for number in written}
    return tuple(
        number
        for number in written
        if len(digits[number]) >= SHORTEST
        and not any(re.search(rf"(?<!\d){digits[number]}(?!\d)", text) for text in kept)
    )

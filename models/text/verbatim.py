"""What a translation copies as it stands, and a small model spells wrong: addresses, amounts of money, dates, emoji.

Where one is lost, the text is translated once more with something in its place that every model copies: a name for an
address or a date, the bare number for an amount. Afterwards the thing takes the place of its stand-in again. Emoji,
which belong to no word, are left out and stand at the end.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from models.text.known_signs import plain

# Names that are the same in the languages of the models here, and that their texts are full of.
PLACES = ("Boston", "Chicago", "Toronto", "Dallas")
PEOPLE = ("Tom", "Ken", "Bill", "Jack")
SIGNS = ("Sm", "So", "Sc", "No")  # categories of Unicode: of mathematics, other symbols, money, fractions and powers
# A sign of money, and how the names of what it means begin in the languages around here.
MONEY = {"€": "eur", "£": "pound|pfund|livre|libra|sterling", "$": "dol|dól", "¥": "yen|yuan"}

# Words and numbers are tried where they begin: at each of their signs, long ones would take the square of their length.
_MAIL = r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_WEB = r"(?:https?://|www\.)[^\s<>\"“”«»]*[^\s<>\"“”«».,;:!?)'’\]]"
_CALLED = r"(?<!\w)[@#][^\W\d]\w*"
# Or another number of three parts and more, such as a version.
_DATE = r"(?<![\d/.-])\d+(?P<between>[/.-])\d+(?:(?P=between)\d+)+(?![\d/-])"
_PARTS = re.compile(r"\d+(?:[/.-]\d+){2,}")
_NUMBER = r"\d+(?:[.,]\d+)*"
_AMOUNT = rf"[{''.join(MONEY)}]\s?{_NUMBER}|(?<![\d.,]){_NUMBER}\s?[{''.join(MONEY)}]"
_THING = re.compile(rf"(?P<mail>{_MAIL})|(?P<web>{_WEB})|(?P<called>{_CALLED})|(?P<amount>{_AMOUNT})|(?P<date>{_DATE})")
# A picture and what colours it, or several that are joined to one; flags are pairs of letters of their own.
_PICTURE = "[\u2600-\u27bf\u2b50\U0001f300-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*"
_EMOJI = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}(?:\u200d{_PICTURE})*")


@dataclass(frozen=True)
class Thing:
    """Something to be copied: as it is written, and what it is (a group of _THING, “emoji” or “sign”)."""

    text: str
    kind: str


@dataclass(frozen=True)
class StoodIn:
    """A text with stand-ins, for what each stands, and the emoji that were left out."""

    text: str
    things: dict[str, str]
    emoji: str

    @property
    def helps(self) -> bool:
        """Whether it is another text than before."""
        return bool(self.things or self.emoji)

    def put_back(self, translation: str) -> str:
        """The translation with the things in the place of their stand-ins, where these are in it."""
        for name, thing in self.things.items():
            found = re.compile(rf"(?<![\w.,]){re.escape(name)}(?!\w|[.,]\d)")
            translation = found.sub(thing.replace("\\", r"\\"), translation)
        return f"{translation} {self.emoji}".strip()


def lost_things(source: str, translation: str) -> tuple[str, ...]:
    """The things that the translation lacks, each once. Of an amount it may lack the sign but not the word for it.

    A date may have its parts in another order, or its month in words: the rest of it is left to `lost_numbers`.
    """
    there = _bare(translation)
    return tuple(dict.fromkeys(thing.text for thing in _things(source) if not _is_in(there, thing)))


def _things(source: str) -> Iterator[Thing]:
    yield from map(_thing, _THING.finditer(source))
    for found in _EMOJI.finditer(source):
        yield Thing(found[0], "emoji")
    for sign in _EMOJI.sub("", source):
        if not sign.isascii() and sign not in MONEY and unicodedata.category(sign) in SIGNS:
            yield Thing(sign, "sign")


def _thing(found: re.Match[str]) -> Thing:
    return Thing(found[0], str(found.lastgroup))


def _bare(text: str) -> str:
    """Without the mark behind a sign that asks for it in colour."""
    return text.replace("\ufe0f", "")


def _is_in(translation: str, thing: Thing) -> bool:
    if thing.kind == "amount":
        [sign] = set(thing.text) & MONEY.keys()
        return sign in translation or re.search(rf"\b(?:{MONEY[sign]})", translation.lower()) is not None
    if thing.kind == "date":
        written = [_parts(date) for date in _PARTS.findall(translation)]
        return not written or _parts(thing.text) in written
    if thing.kind == "sign" and plain(thing.text) in translation:
        return True
    return _bare(thing.text) in translation


def _parts(date: str) -> list[str]:
    return sorted(re.findall(r"\d+", date))


def stand_ins(source: str) -> StoodIn:
    """The source with stand-ins. Without those that stand in it anyway: nobody could tell them apart afterwards."""
    places, people = ((name for name in names if name not in source) for names in (PLACES, PEOPLE))
    names = {"web": places, "date": places, "mail": people, "called": people}
    stood: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        thing = _thing(found)
        name = _number_of(thing, source) if thing.kind == "amount" else next(names[thing.kind], None)
        if name is None:
            return thing.text
        stood[name] = thing.text
        return name

    text = _EMOJI.sub(" ", _THING.sub(stand_in, source))
    return StoodIn(" ".join(text.split()), stood, "".join(found[0] for found in _EMOJI.finditer(source)))


def _number_of(amount: Thing, source: str) -> str | None:
    """The bare number of an amount; None where the source has it more than once."""
    number = re.search(_NUMBER, amount.text)
    return number[0] if number and source.count(number[0]) == 1 else None

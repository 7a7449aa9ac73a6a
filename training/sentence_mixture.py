"""What a translator reads in one pass: each kind of sentence as often as it is worth, and some of them varied.

People do not write as the pairs are written: they have other names and numbers, shout, leave capital letters and full
stops out, quote, and paste several sentences at once. A translation is varied as its sentence is, so that a model
learns to copy what no vocabulary knows.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from training.sentence_pairs import EVERYDAY, Translated

# How often a sentence of each kind is read in a pass. The archaic, the free and the disfluent teach little.
SHARES = {
    EVERYDAY: 4.0, "phrases": 20.0, "docs": 1.0, "textbook": 1.0, "help": 1.0, "web": 1.5, "stories": 2.0, "news": 1.5,
    "health": 1.0, "ui": 1.0, "wiki": 0.7, "dialogue": 1.0, "law": 0.4, "bible": 0.3,
}  # fmt: skip
ARCHAIC = {("es", "bible")}  # a translation of 1865
VARIED = 0.3  # of the everyday sentences, from the second time on that they are read
_NAME = re.compile(r"\b[A-Z][a-zà-ÿ]+\b")
_NUMBER = re.compile(r"(?<![\d.,:])\d{2,6}(?![\d.,:])")
_VOWELS = "AEIOUYHÉ"  # before these, French says l', d', qu'
_ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "z")
_NUCLEI, _CODAS = ("a", "e", "i", "o", "u", "ai", "ou"), ("n", "r", "s", "l", "x", "m", "", "")
_ALPHABETS = (
    "абвгдежзиклмнопрстуя",
    "αβγδεζηθικλμνοπρσ",
    "日本語中国学生東京大人",
    "ابتثجحدرسشعفقكلمن",
    "ăâîșțšžčćřěğışłńź",
    "🙂🎉🚀👍🌍",
)

Variation = Callable[[Translated, random.Random], Translated]


def mixture(translated: Sequence[Translated], seed: int) -> list[Translated]:
    """The sentences of one pass, in no order. The first copy of each is as it stands in the collection."""
    generator = random.Random(seed)
    by_language: dict[str, list[Translated]] = defaultdict(list)
    chosen: list[Translated] = []
    for one in translated:
        times = _times(one, generator)
        if one.kind == EVERYDAY:
            by_language[one.language].append(one)
        chosen += [one] * min(times, 1)
        chosen += [_perhaps_varied(one, by_language[one.language], generator) for _ in range(times - 1)]
    return chosen


def _times(one: Translated, generator: random.Random) -> int:
    share = 0.0 if (one.language, one.kind) in ARCHAIC else SHARES.get(one.kind, 1.0)
    return int(share) + (generator.random() < share % 1)


def _perhaps_varied(one: Translated, others: Sequence[Translated], generator: random.Random) -> Translated:
    if generator.random() >= VARIED:
        return one
    if others and generator.random() < 0.2:
        return joined([one, *generator.choices(others, k=generator.choice((1, 1, 2)))])
    [vary] = generator.choices(*VARIATIONS)
    return vary(one, generator)


def joined(translated: Sequence[Translated]) -> Translated:
    """Several sentences in a row, as people paste them."""
    english, translation = ((" ".join(getattr(one, side) for one in translated)) for side in ("english", "translation"))
    return replace(translated[0], english=english, translation=translation)


def with_other_name(one: Translated, generator: random.Random) -> Translated:
    """Another name, perhaps of another alphabet, where both sides have the same one."""
    names = sorted(set(_NAME.findall(one.english)) & set(_NAME.findall(one.translation)))
    if not names:
        return one
    old = generator.choice(names)
    new = invented_name(generator, vowel=old[0] in _VOWELS) if generator.random() < 0.85 else foreign_word(generator)
    return _on_both_sides(one, lambda text: re.sub(rf"\b{old}\b", new, text))


def with_other_number(one: Translated, generator: random.Random) -> Translated:
    """Other digits where both sides have the same number, as many of them."""
    numbers = [number for number in _NUMBER.findall(one.english) if number in _NUMBER.findall(one.translation)]
    if not numbers:
        return with_other_name(one, generator)
    old = generator.choice(numbers)
    new = str(generator.randrange(10 ** (len(old) - 1), 10 ** len(old)))
    return _on_both_sides(one, lambda text: re.sub(rf"(?<![\d.,:]){old}(?![\d.,:])", new, text))


def shouted(one: Translated, generator: random.Random) -> Translated:
    """CAPITAL LETTERS on both sides."""
    return _on_both_sides(one, str.upper)


def in_small_letters(one: Translated, generator: random.Random) -> Translated:
    """English in small letters, half of the time without its end sign: its translation is written well."""
    english = one.english.lower()
    return replace(one, english=english.rstrip(".!?") if generator.random() < 0.5 else english)


def without_stop(one: Translated, generator: random.Random) -> Translated:
    """No full stop on either side, as in a heading."""
    return _on_both_sides(one, lambda text: text.removesuffix("."))


def quoted(one: Translated, generator: random.Random) -> Translated:
    """Between quotation marks of one kind on both sides."""
    left, right = generator.choice(('""', "“”", "()", "«»"))
    return _on_both_sides(one, lambda text: f"{left}{text}{right}")


VARIATIONS: tuple[tuple[Variation, ...], tuple[int, ...]] = (
    (with_other_name, with_other_number, shouted, in_small_letters, without_stop, quoted),
    (8, 3, 1, 3, 3, 1),
)


def _on_both_sides(one: Translated, change: Callable[[str], str]) -> Translated:
    return replace(one, english=change(one.english), translation=change(one.translation))


def invented_name(generator: random.Random, vowel: bool = False) -> str:
    """A name of one to three syllables that nobody has met; with a vowel in front if asked for."""
    syllables = [generator.choice(_ONSETS) + generator.choice(_NUCLEI) for _ in range(generator.randint(1, 3))]
    word = "".join(syllables) + generator.choice(_CODAS)
    return (generator.choice("aeiou") + word if vowel else word).capitalize()


def foreign_word(generator: random.Random) -> str:
    """Two to seven letters of an alphabet that the vocabulary has not, or signs."""
    return "".join(generator.choices(generator.choice(_ALPHABETS), k=generator.randint(2, 7)))

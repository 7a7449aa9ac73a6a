"""Finds sentences, and cuts text into pieces that fit a model: at sentence ends, else at spaces, else anywhere.

Knows no tokenizer: whoever calls says what fits. The sentence rule is regular expressions and lists of English and
Spanish abbreviations, for languages that end sentences with `.`, `!` or `?` and begin them with a capital, and for
those that have full stops of their own: 。 ！ ？ । ؟ ۔. In doubt it does not cut. Where a text has no sentences,
`models.text.passages` finds what else it is made of.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from models.errors import InvalidInput
from models.wording import is_blank
from models.wrapper import readable

Fits = Callable[[str], bool]

# A mark, perhaps a closing quote or bracket, white space, and something that may begin a sentence (its first letter is
# group 1). Without the look behind and the `++`, a row of ten thousand dots would be searched anew from each of them.
# The rarer marks are the full stops and question marks of Hindi, Arabic, Urdu, Armenian, Amharic, Burmese and Khmer.
MARKS = ".!?…।॥؟۔։።။។"
SENTENCE_END = re.compile(rf"""(?<![{MARKS}])[{MARKS}]++['"’”»)\]]*+\s+(?=['"‘“«(\[¿¡—–-]*+\s?(\w))""")
# Chinese and Japanese put no space behind theirs. Behind a closing quote the sentence may go on: 「はい。」と言った。
WIDE_MARKS = "。！？｡"
WIDE_END = re.compile(rf"""[{WIDE_MARKS}]++(?:[」』”’）】》〉]++(?=\s|[「『“‘（【《〈]))?(?![」』”’）】》〉])""")
# Items of a list and rows of a table are no wrapped lines.
ITEM = re.compile(r"\s*(?:[-*•·‣▪–—+]\s|\d{1,2}[.)]\s|[a-zA-Z][)]\s)")
ROW = re.compile(r"\t|[|].*[|]")
# Web pages that lost a line break: “… to help someone.The donation …”. Not “Node.js”, “example.org”, “U.S.”.
GLUED_END = re.compile(r"""(?<=[^\W\d_A-Z]{3})[.!?…]['"’”»)\]]*+(?=['"‘“«(\[¿¡]?([A-ZÁÉÍÓÚÑ][^\W\d_A-Z]*)\s)""")
# English and Spanish. After these a capital says nothing: “Dr. Jones”, “la Sra. Ruiz”.
ABBREVIATIONS = frozenset(
    (
        "mr", "mrs", "ms", "dr", "prof", "st", "sra", "srta", "dra", "sr", "sres", "d", "dña", "ud", "uds", "vd", "vds",
        "lic", "ing", "arq", "avda", "mme", "mlle", "gen", "gral", "sen", "rep", "gov", "capt", "cpt", "col", "sgt",
        "lt", "rev", "hon", "mt", "ft", "dept", "depto", "vs", "e.g", "i.e", "p.ej", "approx", "aprox", "ca", "est",
        "bzw", "ee.uu",
    )
)  # fmt: skip
# Before a number only: “No. 5” and “págs. 3–7”, but “He said no. Then he left.” and “Fuimos al mar. Era verano.”
BEFORE_NUMBERS = frozenset(
    (
        "no", "nr", "núm", "nº", "fig", "vol", "pp", "pág", "págs", "cap", "art", "sec", "ch", "tel", "jan", "feb",
        "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec", "ene", "abr", "ago", "dic",
    )
)  # fmt: skip
# These stand as often at the end: “the U.S. President”, “they left the U.S. In May they returned.” They end a sentence
# only before a word that seldom has a capital within one.
MAY_END = frozenset(
    ("etc", "usw", "a.m", "p.m", "u.s", "u.k", "u.n", "a.c", "d.c", "inc", "ltd", "co", "corp", "s.a", "jr")
)
INITIALS = re.compile(r"([^\W\d_]\.)+[^\W\d_]")  # “A.K.”
BEGINNINGS = frozenset(
    (
        "the", "a", "an", "it", "its", "he", "she", "his", "her", "they", "their", "we", "our", "you", "i", "this",
        "that", "these", "those", "there", "but", "and", "or", "so", "in", "on", "at", "by", "for", "from", "with",
        "as", "if", "when", "while", "after", "before", "since", "however", "one", "some", "many", "most", "no", "not",
        "what", "who", "how", "el", "la", "los", "las", "un", "una", "unos", "unas", "lo", "se", "en", "con", "por",
        "para", "pero", "y", "si", "cuando", "como", "este", "esta", "estos", "estas", "ese", "esa", "su", "sus",
        "desde", "hasta", "tras", "según", "también", "además", "no", "hay", "es", "son",
    )
)  # fmt: skip
PAUSE = re.compile(r"(?<=[,;:،؛]) ")  # where somebody who reads aloud takes a breath
# Lines of so many characters that end without a mark were wrapped by a program; others (titles, items) end there.
WRAPPED_LINE = range(50, 121)

Span = tuple[int, int]


def require_text(text: str, most_characters: int) -> None:
    """Raise InvalidInput for text that is blank, longer than `most_characters`, or holds bytes that were not UTF-8."""
    if is_blank(text):
        raise InvalidInput("There is no text. Write or paste some, or choose a file that has some.")
    if len(text) > most_characters:
        raise InvalidInput(
            f"The text has {len(text):,} characters; at most {most_characters:,} are taken at once. "
            "Split it into smaller texts."
        )
    readable(text)


def has_letters(text: str) -> bool:
    """Whether there is a letter in it; else there is nothing to translate."""
    return any(map(str.isalpha, text))


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph, white space between and within them reduced to single spaces."""
    text = " ".join(text.split())
    return [text[start:end] for start, end in _spans(text, sorted([0, *_sentence_ends(text), len(text)]))]


def whole_sentences(text: str) -> str:
    """A text that a limit cut off: up to the end of its last whole sentence, or all of it where none ends."""
    match = re.match(rf""".*(?:[{MARKS}]['"’”»)]*(?=\s|$)|[{WIDE_MARKS}][」』”’）]*)""", text, re.DOTALL)
    return match.group() if match else text


def sentence_spans(text: str) -> list[Span]:
    """Where each sentence of a text of any number of paragraphs begins and ends: (start, end) in characters.

    White space around a sentence is left out. A line break ends a sentence, unless a program wrapped the line: the next
    one goes on in lower case, or this one is of such a program's length. An empty line always does.
    """
    lines = (line.start() for line in re.finditer(r"\n", text) if not _is_wrap(text, line.start()))
    ends = _sentence_ends(text)
    glued = (end.end() for end in GLUED_END.finditer(text))
    return _spans(text, sorted([0, *lines, *ends, *glued, len(text)]))


def _sentence_ends(text: str) -> Iterator[int]:
    yield from (end.end() for end in SENTENCE_END.finditer(text) if _ends_sentence(text, end))
    yield from (end.end() for end in WIDE_END.finditer(text))


def _is_wrap(text: str, line_break: int) -> bool:
    before = text[text.rfind("\n", 0, line_break) + 1 : line_break].strip()
    after = text[line_break + 1 : line_break + 81].partition("\n")[0].strip()
    if ITEM.match(text, line_break + 1) or ROW.search(before) or ROW.search(after):
        return False
    if not before or not after or before[-1] in f"{MARKS}:":
        return bool(before and after and after[0].islower())
    return after[0].islower() or (len(before) in WRAPPED_LINE and after[0].isalnum())


def _spans(text: str, bounds: list[int]) -> list[Span]:
    """What lies between neighbouring bounds, without the white space around it; white space alone is left out."""
    stripped = (without_space(text, start, end) for start, end in pairwise(bounds))
    return [(start, end) for start, end in stripped if start < end]


def without_space(text: str, start: int, end: int) -> Span:
    """The characters from `start` to `end` less the white space around them; of white space alone, start > end."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _ends_sentence(text: str, end: re.Match[str]) -> bool:
    following = end.group(1)
    if following.islower():  # “said.” he went on; “etc. and so forth”
        return False
    if not end.group().startswith(".") or end.group().startswith(".."):
        return True
    # No abbreviation is longer than that, and a text of one endless word must not be looked through again and again.
    word = re.findall(r"\S*\Z", text[max(0, end.start() - 20) : end.start()])[0].lstrip("'\"‘“«([¿¡").lower()
    if word in ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word != "i"):
        return False
    if word in BEFORE_NUMBERS:
        return not following.isdigit()
    if word in MAY_END or INITIALS.fullmatch(word):
        return re.findall(r"\w+", text[end.start(1) : end.start(1) + 20])[0].lower() in BEGINNINGS
    return True


def cut(text: str, fits: Fits) -> list[str]:
    """Pieces of one paragraph, as long as `fits` allows: whole sentences, or parts of one that is too long alone."""
    return _pack(sentences(text), " ", fits, lambda sentence: _cut_sentence(sentence, fits))


def _cut_sentence(sentence: str, fits: Fits) -> list[str]:
    """At pauses, where there are some; else at spaces."""
    return _pack(PAUSE.split(sentence), " ", fits, lambda part: _cut_part(part, fits))


def _cut_part(part: str, fits: Fits) -> list[str]:
    return _pack(part.split(" "), " ", fits, lambda word: _cut_word(word, fits))


def _cut_word(word: str, fits: Fits) -> list[str]:
    return _pack(list(word), "", fits, lambda character: [character])


def _pack(units: Sequence[str], space: str, fits: Fits, smaller: Callable[[str], list[str]]) -> list[str]:
    """Join as many units as fit, again and again; a unit that does not fit alone is made smaller first."""
    pieces, start = [], 0
    while start < len(units):
        count = _how_many_fit(units, start, space, fits)
        pieces.extend([space.join(units[start : start + count])] if count else smaller(units[start]))
        start += count or 1
    return pieces


def _how_many_fit(units: Sequence[str], start: int, space: str, fits: Fits) -> int:
    """Most units from `start` on that fit together. Doubles, then halves: asking `fits` is slow, texts may be long."""

    def too_many(count: int) -> bool:
        return not fits(space.join(units[start : start + count]))

    left, highest = len(units) - start, 1
    while highest < left and not too_many(highest):
        highest *= 2
    return bisect_left(range(1, min(highest, left) + 1), True, key=too_many)

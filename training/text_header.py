"""Whether a line of a table names the columns, weighed from all of its cells. Knows neither files nor labels.

Each cell is compared with the cells below it: a word above numbers, one short word above sentences, or a word that a
column of few words never holds speak for names; a number above numbers, or a word that comes again below, against. What
each observation is worth is the logarithm of how much likelier it is in a line of names than in a row, and the worths
are added up, so that one odd cell decides nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

Cells = Sequence[str]

USUAL = frozenset((
    "text", "texto", "review", "reseña", "sentence", "frase", "comment", "comentario", "opinion", "opinión",
    "message", "mensaje", "msg", "sms", "tweet", "post", "body", "content", "title", "document", "question",
    "answer", "headline", "description", "utterance", "texte", "satz", "label", "labels", "etiqueta", "sentiment",
    "sentimiento", "class", "clase", "category", "categoría", "categoria", "polarity", "target", "y", "topic",
    "tag", "kind", "type", "intent", "emotion", "rating", "stars", "score", "id", "index", "idx", "nr", "no",
    "number", "date", "fecha", "time", "timestamp", "language", "lang", "idioma", "user", "name", "author",
    "source", "split", "v1", "v2",
))  # fmt: skip
_ENOUGH = 1_000  # rows below that are looked at
# How often a name has one word, two, three or four, more. Judged by hand from public tables, as all numbers here.
_WORDS = (0.75, 0.15, 0.06, 0.04)


def names_columns(first: Cells, below: Sequence[Cells]) -> bool:
    """Whether `first` is a line of names above the rows `below`, all of the same number of cells."""
    below = _without_repeats(first, below)
    numbers = _is_range(first)
    columns = [[row[place].strip() for row in below] for place in range(len(first))]
    worth = sum(_worth(cell.strip(), column, numbers) for cell, column in zip(first, columns, strict=True))
    return worth + (3.0 if numbers else 0.5) > 0


def is_usual(cell: str) -> bool:
    """Whether a cell is a name that columns often have."""
    return cell.strip().casefold() in USUAL


def is_index(column: Cells) -> bool:
    """Whether a column only counts the rows: 0, 1, 2 and so on, as pandas and R write it."""
    found = [cell.strip() for cell in column]
    if len(found) < 2 or not all(cell.isdecimal() for cell in found):
        return False
    return all(int(after) == int(before) + 1 for before, after in pairwise(found))


def is_number(cell: str) -> bool:
    """Whether a cell is a number, a date, a time, an amount: digits and signs, no words."""
    try:
        float(cell)
    except ValueError:
        return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))
    return any(map(str.isdigit, cell))  # not “nan”, nor “infinity”


def _without_repeats(first: Cells, below: Sequence[Cells]) -> list[Cells]:
    """The rows without those that are the first line again, as in files that were joined; all where these are many."""
    others = [row for row in below if list(row) != list(first)]
    return (others if len(below) - len(others) <= len(below) / 4 else list(below))[:_ENOUGH]


def _is_range(cells: Cells) -> bool:
    """Whether the cells count the columns, as programs name columns that have no name: 0, 1, 2."""
    named = [cell.strip() for cell in cells if cell.strip()]
    return named in ([str(n) for n in range(len(named))], [str(n) for n in range(1, len(named) + 1)])


def _worth(cell: str, column: Cells, numbers: bool) -> float:
    """How much one cell speaks for a line of names, below 0 against it."""
    filled = [other for other in column if other]
    if not cell:
        return _worth_of_nothing(column)
    if len(filled) <= len(column) / 10:
        return math.log((len(column) + 1) / (len(filled) + 1)) / 2  # something above almost nothing
    worth = _worth_of_kind(is_number(cell), filled, 0.5 if numbers else 0.05)
    if is_number(cell) or all(map(is_number, filled)):
        return worth
    return worth + _worth_of_words(cell, filled) + _worth_of_novelty(cell, filled)


def _worth_of_nothing(column: Cells) -> float:
    """An empty cell: above a count of the rows it is what programs write, above an empty column it says nothing."""
    if is_index(column):
        return 3.0
    empty = (sum(not other for other in column) + 0.5) / (len(column) + 1)
    return 0.0 if empty > 0.1 else math.log(0.1 / empty) / 2


def _worth_of_kind(number: bool, filled: Cells, named_by_number: float) -> float:
    same = (sum(is_number(other) == number for other in filled) + 0.5) / (len(filled) + 1)
    return math.log((named_by_number if number else 1 - named_by_number) / same)


def _worth_of_words(cell: str, filled: Cells) -> float:
    """Names have one word, or few; sentences many."""
    here = _size(cell)
    share = (sum(_size(other) == here for other in filled) + 0.5) / (len(filled) + 1)
    return math.log(_WORDS[here] / share)


def _size(cell: str) -> int:
    """0 for one word without a mark of a sentence, 1 for two, 2 for three or four, 3 for more."""
    if re.search(r"[.,!?…;:]$", cell):
        return 3
    words = len(cell.split())
    return 0 if words <= 1 else 1 if words == 2 else 2 if words <= 4 else 3


def _worth_of_novelty(cell: str, filled: Cells) -> float:
    """A word that a column of few words never holds; the share of words that come once tells how new words are."""
    counts = Counter(filled)
    new = (sum(count == 1 for count in counts.values()) + 0.5) / (len(filled) + 1)
    if counts[cell]:
        return math.log(0.1 / max(1 - new, 0.3))
    return math.log(0.9 / new) + (2.0 if is_usual(cell) else 0.0)

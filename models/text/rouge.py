"""ROUGE: how much a summary has in common with a reference summary that somebody wrote.

Lin, 2004, https://aclanthology.org/W04-1013. Computed by the library rouge-score, which gives what the author's program
gave. It throws away letters other than a to z; here words keep them, and of scripts without spaces between words each
character is one.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

from models.errors import InvalidInput
from models.text.compared_words import ALONE, LETTER, SIGNS

KINDS = {"ROUGE-1": "rouge1", "ROUGE-2": "rouge2", "ROUGE-L": "rougeL"}
MOST_WORDS = 1_000  # of either text: the longest common subsequence of two such takes a second

# As rouge-score cuts, at everything that is no letter or digit: “don't” is two words, “3.5” as well.
_WORD = re.compile(rf"{ALONE}[{SIGNS}]*|{LETTER}(?:{LETTER}|[{SIGNS}])*")


@dataclass(frozen=True)
class RougeScore:
    """`precision` is the share of the summary that the reference has, `recall` the share of the reference that the
    summary has, and `f` their harmonic mean; all from 0 to 1."""

    precision: float
    recall: float
    f: float

    def as_dict(self) -> dict[str, float]:
        """Plain JSON types."""
        return asdict(self)


class _Words:
    """What rouge-score asks for as a tokenizer."""

    def __init__(self, stemmed: bool):
        self._stem = _stemmer() if stemmed else str

    def tokenize(self, text: str) -> list[str]:
        words = (word.lower() for word in _WORD.findall(text))
        return [self._stem(word) if len(word) > 3 else word for word in words]


def _stemmer() -> Callable[[str], str]:
    from nltk.stem.porter import PorterStemmer  # type: ignore[import-untyped]

    stem: Callable[[str], str] = PorterStemmer().stem
    return stem


def rouge(reference: str, summary: str, stemmed: bool = True) -> dict[str, RougeScore]:
    """“ROUGE-1” (words), “ROUGE-2” (two neighbouring words) and “ROUGE-L” (the longest common subsequence of words).

    `stemmed` takes English endings off first (“leaves” is “leav”), as published figures do; for a text in another
    language leave it out. A text without words has 0 of everything.

    Raises:
        InvalidInput: one of them has more than 1,000 words.
    """
    from rouge_score.rouge_scorer import RougeScorer

    for what, text in (("reference", reference), ("summary", summary)):
        require_short(what, text)
    scores = RougeScorer(list(KINDS.values()), tokenizer=_Words(stemmed)).score(reference, summary)
    return {
        kind: RougeScore(*(float(value) for value in scores[name]))  # precision, recall, F
        for kind, name in KINDS.items()
    }


def require_short(what: str, text: str) -> None:
    """Raise InvalidInput for a text of more words than ROUGE takes; `what` is what the message calls it."""
    words = sum(1 for _ in _WORD.finditer(text))
    if words > MOST_WORDS:
        raise InvalidInput(
            f"ROUGE takes texts of at most {MOST_WORDS:,} words, and the {what} has {words:,}: shorten it."
        )

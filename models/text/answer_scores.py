"""How good an answer is: exact match and F1, as SQuAD counts them (Rajpurkar et al., 2016, section 6)."""

import re
import string
from collections import Counter
from collections.abc import Sequence


def normalize(answer: str) -> str:
    """Lower case, without punctuation, English articles and superfluous white space."""
    bare = "".join(character for character in answer.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def exact_match(answer: str, references: Sequence[str]) -> float:
    """1.0 if the normalized answer equals one of the references, else 0.0. No reference at all means “no answer”."""
    return float(normalize(answer) in {normalize(reference) for reference in references or [""]})


def f1(answer: str, references: Sequence[str]) -> float:
    """Harmonic mean of precision and recall over words, from 0 to 1, for the reference that gives most."""
    return max(_f1(normalize(answer).split(), normalize(reference).split()) for reference in references or [""])


def _f1(answer: list[str], reference: list[str]) -> float:
    if not answer or not reference:
        return float(answer == reference)
    common = (Counter(answer) & Counter(reference)).total()
    return 2 * common / (len(answer) + len(reference))

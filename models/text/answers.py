"""Answers, and how they come from spans of tokens: text cut from the context, equal answers made one, ranked.

Knows nothing of models and tokenizers.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch

from models.errors import InvalidInput
from models.text.answer_spans import WindowScores, best_spans
from models.text.context_windows import ContextWindows
from models.text.occurrences import Key, Occurrence, Places

# Over all windows, or as transformers 4.57 ranked; the first is the suite's own.
RANKINGS = ("joint_score", "score")
# Spans looked at in each window. Whole words and added scores make fewer answers of them than there are spans. The
# numbers are those of transformers 4.57; others would change which small scores are added.
SPANS_KEPT, SPANS_KEPT_PER_ANSWER = 10, 2


@dataclass(frozen=True)
class Answer:
    """A piece of the context: `context[start:end] == text`. “No answer” has the text "" and start = end = 0.

    `score` is what it is ranked by, `joint_score` how likely it is over all windows, from 0 to 1: the two are the same
    unless it is ranked as transformers 4.57 did, by spans of one window (`models.text.answer_spans` explains the
    difference). Then, and only then, a text found in two windows can get a `score` above 1.

    An answer may stand in several places: `occurrences` has each of them, the likeliest first, with its own share of
    the joint probability, or, ranked as 4.57 did, with its probability in the window that is surest of it.
    """

    text: str
    score: float
    start: int
    end: int
    joint_score: float
    occurrences: tuple[Occurrence, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"occurrences": [asdict(each) for each in self.occurrences]}


@dataclass(frozen=True)
class TokenProbability:
    """How likely the answer starts and ends at one token of the context: `context[start:end] == text`."""

    text: str
    start: int
    end: int
    start_probability: float
    end_probability: float


@dataclass(frozen=True)
class Reading:
    """What the model makes of one question: `answers`, best first.

    `no_answer_score` is None where “no answer” does not compete. `tokens` are all tokens of the context in order;
    their probabilities are joint over all windows, so each adds up to 1 over the tokens and the windows' “no answer”.
    `windows` is how many windows were read. `unreadable` is the share of the question or of the context, whichever is
    higher, that the tokenizer cannot represent, 0 to 1, and `unreadable_signs` some of it.
    """

    question: str
    context: str = field(repr=False)
    answers: list[Answer]
    no_answer_score: float | None
    tokens: list[TokenProbability] = field(repr=False)
    windows: int
    unreadable: float = 0.0
    unreadable_signs: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, without the context and its tokens."""
        answers = [answer.as_dict() for answer in self.answers]
        return {
            "question": self.question,
            "answers": answers,
            "no_answer_score": self.no_answer_score,
            "windows": self.windows,
            "unreadable": self.unreadable,
            "unreadable_signs": self.unreadable_signs,
        }


def require_rankable(top_k: int, no_answer_threshold: float, rank_by: str) -> None:
    """Raise InvalidInput for the first option that `rank`, or whoever takes the `top_k` best of it, cannot follow."""
    if top_k < 1:
        raise InvalidInput(f"top_k is the number of answers and cannot be {top_k}. Choose 1 or more.")
    if not -1 <= no_answer_threshold <= 1:
        raise InvalidInput(f"The no-answer threshold cannot be {no_answer_threshold}. Choose one from -1 to 1.")
    if rank_by not in RANKINGS:
        raise InvalidInput(f"Answers cannot be ranked by “{rank_by}”. Choose one of: {', '.join(RANKINGS)}.")


def no_answer_competes(model_id: str, was_trained: bool | None, wanted: bool | None) -> bool:
    """Whether “no answer” competes: as wanted, else where the model was trained with unanswerable questions.

    Raises InvalidInput where it is wanted of a model that met none: its “no answer” means nothing.
    """
    if wanted and was_trained is False:
        raise InvalidInput(
            f"{model_id} was trained only with questions that have an answer, so it cannot tell when "
            "there is none. Choose a model trained on SQuAD 2.0, or turn “no answer” off."
        )
    return bool(was_trained if wanted is None else wanted)


def find_answers(
    context: str, split: ContextWindows, scores: list[WindowScores], top_k: int, rank_by: str = "joint_score"
) -> list[Answer]:
    """The best spans of each window as answers, in no order; enough of them for the `top_k` best over all windows.

    Equal answers become one. By `joint_score` these are the same words in any case, with any white space and marks
    around them, wherever they stand: the answer gets the place that is likeliest and the sum over all its places. By
    `score` they are, as in transformers 4.57, spans of the same letters in any case, and stand where the first did.
    """
    found = list(_best_spans(context, split, scores, SPANS_KEPT + SPANS_KEPT_PER_ANSWER * top_k))
    if rank_by == "score":
        return _as_transformers(context, split, scores, found)
    places = Places(context, split, scores)
    return [_answer(context, places, key) for key in dict.fromkeys(places.key(*span.tokens) for span in found)]


@dataclass(frozen=True)
class _Span:
    """A span that a window offers: its first and last token, counted over the context, and its score there."""

    tokens: tuple[int, int]
    score: float


def _best_spans(context: str, split: ContextWindows, scores: list[WindowScores], count: int) -> Iterator[_Span]:
    for window, probabilities in zip(split.windows, scores, strict=True):
        # A window may hold the tokens 100 to 130 of the context: `first` is 100, and 1 + 31 numbers came from the
        # model. Number 0 is the CLS token's, so number 1 is token 100's. Neighbouring windows overlap: the next one may
        # begin with token 115, and then gives tokens 115 to 130 a second time.
        numbers = range(window.first, window.first + len(window.positions))
        can_answer = torch.tensor([bool(context[slice(*split.tokens[number])].strip()) for number in numbers])
        for first, last in best_spans(probabilities.start[1:], probabilities.end[1:], can_answer, count):
            yield _Span((numbers[first], numbers[last]), probabilities.of_span(first + 1, last + 1)[0])


def _answer(context: str, places: Places, key: Key) -> Answer:
    """The answer with all its places, by joint probability."""
    found = sorted(places.of(key), key=lambda place: place.joint_score, reverse=True)
    total = min(1.0, math.fsum(place.joint_score for place in found))  # 1.0000000000000002 is no probability
    start, end = found[0].start, found[0].end
    occurrences = tuple(Occurrence(place.start, place.end, place.joint_score) for place in found)
    return Answer(context[start:end], total, start, end, total, occurrences)


def _as_transformers(
    context: str, split: ContextWindows, scores: list[WindowScores], found: Iterable[_Span]
) -> list[Answer]:
    places = Places(context, split, scores, bare=False)
    by_text: dict[str, Answer] = {}
    for span in found:
        start, end = split.words[span.tokens[0]][0], split.words[span.tokens[1]][1]  # whole words: “Cur” is “Curie”
        text = context[start:end]
        before = by_text.get(text.lower()) or _of_one_window(text, start, end, places, places.key(*span.tokens))
        by_text[text.lower()] = replace(before, score=before.score + span.score)
    return list(by_text.values())


def _of_one_window(text: str, start: int, end: int, places: Places, key: Key) -> Answer:
    """An answer without its score, with the places that its text has."""
    found = sorted(places.of(key), key=lambda place: place.score, reverse=True)
    occurrences = tuple(Occurrence(place.start, place.end, min(1.0, place.score)) for place in found)
    joint_score = min(1.0, math.fsum(place.joint_score for place in found))
    return Answer(text, 0.0, start, end, joint_score, occurrences)


def rank(answers: list[Answer], no_answer_threshold: float) -> list[Answer]:
    """Best first. “No answer” (the one with an empty text) is ranked as if its score were `threshold` smaller."""
    return sorted(
        answers,
        key=lambda answer: answer.score - (0 if answer.text else no_answer_threshold),
        reverse=True,
    )


def token_probabilities(context: str, split: ContextWindows, scores: list[WindowScores]) -> list[TokenProbability]:
    """Joint start and end probability of every context token, added up over the windows that it stands in."""
    starts = torch.zeros(len(split.tokens), dtype=torch.float64)  # (tokens of the whole context,)
    ends = torch.zeros_like(starts)
    for window, probabilities in zip(split.windows, scores, strict=True):
        tokens = slice(window.first, window.first + len(window.positions))
        # Without the CLS token. += because windows overlap: a token's probability is that of all windows it stands in.
        starts[tokens] += probabilities.joint_start[1:].exp()
        ends[tokens] += probabilities.joint_end[1:].exp()
    return [
        TokenProbability(context[start:end], start, end, start_probability, end_probability)
        for (start, end), start_probability, end_probability in zip(
            split.tokens, starts.tolist(), ends.tolist(), strict=True
        )
    ]

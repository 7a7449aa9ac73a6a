"""Answers, and how they come from spans of tokens: text cut from the context, equal texts made one, ranked.

Knows nothing of models and tokenizers.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import torch

from models.errors import InvalidInput
from models.text.answer_spans import WindowScores, best_spans
from models.text.context_windows import ContextWindows

RANKINGS = ("score", "joint_score")
# Spans looked at in each window. Whole words and added scores make fewer answers of them than there are spans. The
# numbers are those of transformers 4.57; others would change which small scores are added.
SPANS_KEPT, SPANS_KEPT_PER_ANSWER = 10, 2


@dataclass(frozen=True)
class Answer:
    """A piece of the context: `context[start:end] == text`. “No answer” has the text "" and start = end = 0.

    `score` compares spans of one window, `joint_score` spans of all windows (`models.text.answer_spans` explains the
    difference). Spans with the same text have their scores added; a text found in two windows can so get a `score`
    above 1, but never a `joint_score`.
    """

    text: str
    score: float
    start: int
    end: int
    joint_score: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


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


def find_answers(context: str, split: ContextWindows, scores: list[WindowScores], top_k: int) -> list[Answer]:
    """The best spans of each window as answers, in no order; enough of them for the `top_k` best over all windows.

    Equal texts (in any case) become one answer, which stands where the best of them in the first window does.
    """
    count = SPANS_KEPT + SPANS_KEPT_PER_ANSWER * top_k
    by_text: dict[str, Answer] = {}
    for window, probabilities in zip(split.windows, scores, strict=True):
        # A window may hold the tokens 100 to 130 of the context: `first` is 100, and 1 + 31 numbers came from the
        # model. Number 0 is the CLS token's, so number 1 is token 100's. Neighbouring windows overlap: the next one may
        # begin with token 115, and then gives tokens 115 to 130 a second time.
        numbers = range(window.first, window.first + len(window.positions))
        can_answer = torch.tensor([bool(context[slice(*split.tokens[number])].strip()) for number in numbers])
        for first, last in best_spans(probabilities.start[1:], probabilities.end[1:], can_answer, count):
            start, end = split.words[numbers[first]][0], split.words[numbers[last]][1]  # whole words: “Cur” is “Curie”
            score, joint_score = probabilities.of_span(first + 1, last + 1)
            text = context[start:end]
            before = by_text.get(text.lower(), Answer(text, 0.0, start, end, 0.0))
            by_text[text.lower()] = replace(
                before, score=before.score + score, joint_score=before.joint_score + joint_score
            )
    return list(by_text.values())


def rank(answers: list[Answer], rank_by: str, no_answer_threshold: float) -> list[Answer]:
    """Best first. “No answer” (the one with an empty text) is ranked as if its score were `threshold` smaller."""
    return sorted(
        answers,
        key=lambda answer: getattr(answer, rank_by) - (0 if answer.text else no_answer_threshold),
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

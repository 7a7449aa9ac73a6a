"""From the two numbers that a model gives each token to the best spans: the search of extractive question answering.

Knows nothing of models, tokenizers or text. A window's logits are two vectors of 1 + n numbers: first the CLS token's,
which stand for “no answer in this window”, then those of the window's n context tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MAX_ANSWER_TOKENS = 15


@dataclass(frozen=True)
class WindowScores:
    """One window's log-probabilities: four float64 vectors of shape (1 + n,), the CLS token first.

    `start` and `end` are normalized within the window (they sum to 1), `joint_start` and `joint_end` over all windows.
    """

    start: Tensor
    end: Tensor
    joint_start: Tensor
    joint_end: Tensor

    def of_span(self, first: int, last: int) -> tuple[float, float]:
        """Start × end probability of the span between two positions, within the window and joint."""
        alone = self.start[first] + self.end[last]
        jointly = self.joint_start[first] + self.joint_end[last]
        return float(alone.exp()), float(jointly.exp())


def score_windows(logits: Sequence[tuple[Tensor, Tensor]]) -> list[WindowScores]:
    """Turn each window's (start logits, end logits) into log-probabilities.

    A softmax of its own makes every window share out 100 %: one in which nothing fits still gives its least bad span a
    high probability. The joint softmax shares out 100 % once, over the tokens of all windows, so that a window's
    spans count for as much as its logits are worth beside the others' (the “shared normalization” of Clark and
    Gardner, 2018). With one window the two are the same.
    """
    # float64, and logarithms: a confident model leaves 1e-50 to a span, which float32 would round to 0.
    starts = [start.double() for start, _ in logits]
    ends = [end.double() for _, end in logits]
    windows = zip(starts, ends, _joint_softmax(starts), _joint_softmax(ends), strict=True)
    return [
        WindowScores(start.log_softmax(0), end.log_softmax(0), joint_start, joint_end)
        for start, end, joint_start, joint_end in windows
    ]


def _joint_softmax(vectors: list[Tensor]) -> list[Tensor]:
    return list(torch.cat(vectors).log_softmax(0).split([len(vector) for vector in vectors]))  # type: ignore[no-untyped-call]  # torch


def best_spans(start: Tensor, end: Tensor, can_answer: Tensor, count: int) -> list[tuple[int, int]]:
    """The `count` spans with the largest start probability × end probability, best first, as (first, last) token.

    All spans of 1 to 15 tokens between two tokens of `can_answer` (bool) are compared. The three vectors have one
    element for each context token (no CLS); `start` and `end` are log-probabilities. Fewer are returned when there
    are fewer.
    """
    # Row: first, column: last. With three tokens: [[1, 2, 3], [0, 1, 2], [-1, 0, 1]], where 0 and -1 are not spans.
    tokens = torch.arange(len(start))
    length = tokens[None, :] - tokens[:, None] + 1  # (n, n), as are `allowed` and the scores before they are flattened
    allowed = (length >= 1) & (length <= MAX_ANSWER_TOKENS) & can_answer[:, None] & can_answer[None, :]
    scores = (start[:, None] + end[None, :]).masked_fill(~allowed, -torch.inf).flatten()
    best = scores.topk(min(count, int(allowed.sum()))).indices
    return [divmod(index, len(start)) for index in best.tolist()]


def no_answer_scores(windows: Sequence[WindowScores]) -> dict[str, float]:
    """`score` and `joint_score` of “no answer”: start × end probability of the CLS token, the smallest of all windows.

    The smallest, because one window that holds the answer is enough: the others are right to say that they do not.
    """
    scores, joint_scores = zip(*(window.of_span(0, 0) for window in windows), strict=True)
    return {"score": min(scores), "joint_score": min(joint_scores)}

"""Beam search: several continuations of a text are followed at once, and the likeliest of them becomes the text.

Knows scores; knows nothing of text or of models. Takes the tokens that transformers takes, and draws those that it
draws with the same seed.
"""

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import NamedTuple

import torch
from torch import Tensor

DEAD = -1e9  # the score of a row that stands for none


class _Ended(NamedTuple):
    """A continuation that goes no further. `score` is the mean log-probability of its tokens, its end included."""

    score: float
    tokens: list[int]


class _Candidate(NamedTuple):
    score: float  # the sum of its tokens' log-probabilities
    row: int  # that it goes on from
    token: int


class BeamSearch:
    """`rows` are the tokens that each beam has written; the first is the likeliest."""

    def __init__(self, beams: int, ends: Collection[int], longest: int, generator: torch.Generator | None = None):
        """A row ends with a token of `ends`, or after `longest` tokens. With a generator rows are drawn by it."""
        self.rows: list[list[int]] = [[] for _ in range(beams)]
        self._scores = torch.tensor([0.0] + [DEAD] * (beams - 1))  # nothing is written yet: all rows are the same
        self._ends, self._longest, self._generator = ends, longest, generator
        self._ended: list[_Ended] = []  # the best one first, as many as there are beams
        self._handed_out = 0

    def go_on(self, scores: Tensor) -> list[int]:
        """Choose the tokens that come next, and say for each row which one of the rows before it goes on.

        Args:
            scores: log-probabilities of each row's next token, shape (beams, vocabulary).
        """
        beams = len(self.rows)
        candidates = self._candidates(scores.float().cpu())
        for candidate in candidates[:beams]:
            self._end(candidate)
        goes_on = [candidate for candidate in candidates if candidate.token not in self._ends]
        goes_on = sorted(goes_on, key=lambda candidate: candidate.score, reverse=True)[:beams]
        self.rows = [[*self.rows[candidate.row], candidate.token] for candidate in goes_on]
        self._scores = torch.tensor([candidate.score for candidate in goes_on])
        return [candidate.row for candidate in goes_on]

    def _candidates(self, scores: Tensor) -> list[_Candidate]:
        """So many that as many as there are beams go on, whatever ends."""
        sums, vocabulary = (self._scores[:, None] + scores).flatten(), scores.shape[1]
        count = min(max(2, 1 + len(self._ends)) * len(self.rows), len(sums))
        if self._generator is None:
            places = sums.topk(count).indices
        else:
            places = torch.multinomial(sums.softmax(0), count, generator=self._generator)
        return [_Candidate(float(sums[place]), place // vocabulary, place % vocabulary) for place in map(int, places)]

    def _end(self, candidate: _Candidate) -> None:
        """Remember a candidate where it goes no further, and is among the best of those."""
        tokens, is_end = self.rows[candidate.row], candidate.token in self._ends
        length = len(tokens) + 1
        if is_end or length == self._longest:
            self._ended.append(_Ended(candidate.score / length, tokens if is_end else [*tokens, candidate.token]))
            self._ended = sorted(self._ended, key=lambda ended: ended.score, reverse=True)[: len(self.rows)]

    @property
    def is_done(self) -> bool:
        """Whether the rows are as long as they may be, or the best one would not be better than any that has ended."""
        length = len(self.rows[0])
        has_enough = len(self._ended) == len(self.rows)
        return length == self._longest or (has_enough and float(self._scores[0]) / length <= self._ended[-1].score)

    def settled(self) -> list[int]:
        """The tokens that are sure by now, each handed out once: whatever all beams have written, or the whole text."""
        sure = self._ended[0].tokens if self.is_done else _common_beginning([*self._alive(), *self._ended_rows()])
        new = sure[self._handed_out :]
        self._handed_out += len(new)
        return new

    def _alive(self) -> list[list[int]]:
        return [row for row, score in zip(self.rows, self._scores, strict=True) if score > DEAD / 2]

    def _ended_rows(self) -> list[list[int]]:
        return [ended.tokens for ended in self._ended]


def _common_beginning(rows: Sequence[Sequence[int]]) -> list[int]:
    return [tokens[0] for tokens in takewhile(lambda tokens: len(set(tokens)) == 1, zip(*rows, strict=False))]

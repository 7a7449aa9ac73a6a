"""What is worth seeing after a step, as plain numbers and words, of a bounded size: nothing here holds a model.

Plain data. How it is read from what a step left is in `models/steps/seen.py`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.text.tokenized import Token


@dataclass(frozen=True)
class TokensLook:
    """A text in tokens: the first of `total`."""

    tokens: tuple[Token, ...]
    total: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"total": self.total, "tokens": [token.as_dict() for token in self.tokens]}


@dataclass(frozen=True)
class LabelsLook:
    """A classifier's labels with their logits and what becomes of these: from 0 to 1."""

    labels: tuple[str, ...]
    logits: tuple[float, ...]
    scores: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, the likeliest label first."""
        rows = sorted(zip(self.labels, self.logits, self.scores, strict=True), key=lambda row: -row[1])
        return {"labels": [{"label": name, "logit": logit, "score": score} for name, logit, score in rows]}


@dataclass(frozen=True)
class SpansLook:
    """The tokens with the highest logits of a start and of an end, best first: (token, its number, logit)."""

    starts: tuple[tuple[str, int, float], ...]
    ends: tuple[tuple[str, int, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        keys = ("token", "number", "logit")
        return {
            name: [dict(zip(keys, row, strict=True)) for row in rows]
            for name, rows in (("starts", self.starts), ("ends", self.ends))
        }


@dataclass(frozen=True)
class NextLook:
    """The logits of every next token, float32 of shape (vocabulary,), and the best by name: (id, what it says)."""

    logits: NDArray[np.float32] = field(repr=False, compare=False)
    best: tuple[tuple[int, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """The best ten, as plain JSON types."""
        chances = np.exp(self.logits - self.logits.max())
        chances /= chances.sum()
        return {
            "next": [
                {
                    "id": number,
                    "token": text,
                    "logit": float(self.logits[number]),
                    "probability": float(chances[number]),
                }
                for number, text in self.best[:10]
            ]
        }


@dataclass(frozen=True)
class AnswerLook:
    """The answer; `score` is from 0 to 1, None where there is none. `new` are tokens that a model wrote.

    Where the answer is a piece of a text, that is `context[start:end]`; "" is “the text does not tell”.
    """

    answer: str
    score: float | None = None
    context: str = ""
    start: int = 0
    end: int = 0
    new: tuple[Token, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, without the context."""
        place = {"start": self.start, "end": self.end} if self.context else {}
        return {"answer": self.answer, "score": self.score} | place


@dataclass(frozen=True)
class SameLook:
    """Whether pipeline() gives the same; None where this version of transformers has none for the task."""

    same: bool | None
    piped: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"same": self.same, "pipeline": self.piped}


@dataclass(frozen=True)
class AttentionTable:
    """Who looks at whom: `weights` is float16 of shape (layers, heads, rows, columns), each from 0 to 1.

    `rows` look at `columns`, which are tokens as they read; there were more than that where `left_out` says how many.
    """

    weights: NDArray[np.float16] = field(repr=False, compare=False)
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    left_out: int = 0


@dataclass(frozen=True)
class AttentionLook:
    """A table for each kind of attention that there is, under the words that say which."""

    tables: dict[str, AttentionTable]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types: the sizes, and the token that each looks at most, on the average over layers and heads."""
        return {name: _most_looked_at(table) for name, table in self.tables.items()}


@dataclass(frozen=True)
class WrongLook:
    """What another model's tokenizer leads to: its tokens, what they mean to this model, and the two answers.

    `wrong_answer` is None where the model failed.
    """

    tokens: tuple[Token, ...]
    as_read: str
    answer: str
    wrong_answer: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"as_read": self.as_read, "answer": self.answer, "wrong_answer": self.wrong_answer}


Look = TokensLook | LabelsLook | SpansLook | NextLook | AnswerLook | SameLook | AttentionLook | WrongLook


def _most_looked_at(table: AttentionTable) -> dict[str, Any]:
    layers, heads = table.weights.shape[:2]
    mean = table.weights.astype(np.float32).mean(axis=(0, 1))
    looked_at = [table.columns[column] for column in mean.argmax(axis=1)]
    return {"layers": layers, "heads": heads, "rows": list(table.rows), "looks_most_at": looked_at}

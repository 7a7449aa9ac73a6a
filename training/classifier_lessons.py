"""How texts become training examples: as tokens that the whole model reads, or as vectors that only its head reads.

A frozen base gives each text the same vector every time, so for a head alone the vectors are computed once.
"""

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from models.text.labelled_row import Row
from models.text.tokens import Tokens
from models.wrapper import finite
from training.classifier_models import Learner
from training.trainer import TokenBatches

TOKENS_A_STEP = 1024
VECTORS_A_STEP = 32
VECTORS_AT_ONCE = 512  # between two looks at the clock

Item = tuple[Any, int]  # what is read, and the number of its label


def lesson(learner: Learner) -> "TokenLesson":
    """The quicker way to train this learner."""
    only_linear = learner.head == ("classifier",) and isinstance(learner.model.get_submodule("classifier"), nn.Linear)
    return VectorLesson(learner) if learner.method == "head" and only_linear else TokenLesson(learner)


class TokenLesson:
    """Examples are token sequences; `model` is what the Trainer trains."""

    def __init__(self, learner: Learner) -> None:
        self.model: nn.Module = learner.model
        self.reader = learner.reader
        self.labels = learner.labels

    def items(self, rows: Sequence[Row], seconds: float = math.inf) -> list[Item]:
        """The rows as this lesson reads them; those that `seconds` do not suffice for are left out at the end."""
        return [(self.reader.tokenize(row.text), self.labels.index(row.label)) for row in rows]

    def batches(self, items: Sequence[Item], seed: int) -> TokenBatches:
        """Which items are taken together: about 1,024 tokens of like length."""
        return TokenBatches([len(tokens) for tokens, _ in items], TOKENS_A_STEP, seed)

    def collate(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """Tensors for the model, with its `labels`."""
        inputs = self.reader.padded([tokens for tokens, _ in items])
        return inputs | {"labels": torch.tensor([label for _, label in items], device=inputs["input_ids"].device)}

    @torch.inference_mode()
    def probabilities(self, items: Sequence[Item]) -> Tensor:
        """The probability of each label: float32 on the CPU, shape (items, labels)."""
        self.model.eval()
        probabilities = torch.empty(len(items), len(self.labels))
        for numbers, batch in self._in_order([tokens for tokens, _ in items]):
            output, _ = self.reader.run(batch)
            probabilities[numbers] = finite(output.logits, self.reader).cpu().softmax(-1)
        return probabilities

    def _in_order(self, tokens: Sequence[Tokens]) -> Iterator[tuple[list[int], Sequence[Tokens]]]:
        """Batches of neighbours in length, with the numbers of their texts."""
        order = sorted(range(len(tokens)), key=lambda number: len(tokens[number]))
        done = 0
        for batch in self.reader.batches([tokens[number] for number in order]):
            yield order[done : done + len(batch)], batch
            done += len(batch)


class HeadOnVectors(nn.Module):
    """The head alone; its layers are those of the whole model, which learns with it."""

    def __init__(self, dropout: nn.Module, classifier: nn.Linear) -> None:
        super().__init__()
        self.dropout, self.classifier = dropout, classifier

    def forward(self, vectors: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Logits of shape (texts, labels) for vectors of shape (texts, width), and the loss where labels are given."""
        logits = self.classifier(self.dropout(vectors))
        return (
            {"logits": logits}
            if labels is None
            else {"loss": nn.functional.cross_entropy(logits.float(), labels), "logits": logits}
        )


class VectorLesson(TokenLesson):
    """Examples are the vectors that the frozen base hands to its head."""

    def __init__(self, learner: Learner) -> None:
        super().__init__(learner)
        self.whole = learner.model
        self.model = HeadOnVectors(getattr(self.whole, "dropout", nn.Identity()), self.whole.classifier)

    def items(self, rows: Sequence[Row], seconds: float = math.inf) -> list[Item]:
        """The rows' vectors, each computed here and never again."""
        started = time.monotonic()
        items: list[Item] = []
        for begin in range(0, len(rows), VECTORS_AT_ONCE):
            if begin and time.monotonic() - started > seconds:
                break
            items += self._vectors(rows[begin : begin + VECTORS_AT_ONCE])
        return items

    def _vectors(self, rows: Sequence[Row]) -> list[Item]:
        self.whole.eval()
        tokens = [self.reader.tokenize(row.text) for row in rows]
        vectors: list[Tensor] = [torch.empty(0)] * len(rows)
        handed: list[Tensor] = []
        hook = self.whole.classifier.register_forward_pre_hook(
            lambda module, inputs: handed.append(inputs[0].float().cpu())
        )
        for numbers, batch in self._in_order(tokens):
            self.reader.run(batch)
            for number, vector in zip(numbers, handed.pop(), strict=True):
                vectors[number] = vector
        hook.remove()
        return [(vector, self.labels.index(row.label)) for vector, row in zip(vectors, rows, strict=True)]

    def batches(self, items: Sequence[Item], seed: int) -> TokenBatches:
        """32 at a time."""
        return TokenBatches([1] * len(items), VECTORS_A_STEP, seed)

    def collate(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """Tensors for the head, with its `labels`."""
        vectors = torch.stack([vector for vector, _ in items])
        return {"vectors": vectors, "labels": torch.tensor([label for _, label in items])}

    @torch.inference_mode()
    def probabilities(self, items: Sequence[Item]) -> Tensor:
        """As its parent."""
        self.model.eval()
        vectors = torch.stack([vector for vector, _ in items]).to(self.reader.device.type)
        return finite(self.model(vectors)["logits"], self.reader).softmax(-1).cpu()

"""How a tokenizer came about, step by step: the same one with only its first pieces, and why the next one came."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from training.tokenizer import BPE, BYTE_BPE, UNIGRAM, TrainedTokenizer


@dataclass(frozen=True)
class Step:
    """One step: its `number` from 1, the `parts` that were joined (one, where the file tells no halves) and the `piece`
    that they make. `count` is how often the parts stood side by side in the text just before; None where that is not
    what decided.
    """

    number: int
    parts: tuple[str, ...]
    piece: str
    count: int | None


class Replay:
    """A trained tokenizer and the text that it was made from."""

    def __init__(self, trained: TrainedTokenizer, text: str):
        self.trained, self._text = trained, text
        self._file: dict[str, Any] = json.loads(trained.json)
        self.merges = trained.plan.kind in (BYTE_BPE, BPE)

    def __len__(self) -> int:
        return len(self.trained.steps)

    def after(self, number: int) -> Any:
        """The `tokenizers.Tokenizer` as it was after so many steps, 0 to all."""
        from tokenizers import Tokenizer

        return Tokenizer.from_str(json.dumps({**self._file, "model": self._model(number)}))

    def _model(self, number: int) -> dict[str, Any]:
        model, steps = self._file["model"], self.trained.steps
        if self.merges:
            return {**model, "merges": list(map(list, steps[:number]))}
        later = {piece for (piece,) in steps[number:]}
        if self.trained.plan.kind == UNIGRAM:
            return {**model, "vocab": [pair for pair in model["vocab"] if pair[0] not in later]}
        return {**model, "vocab": {piece: row for piece, row in model["vocab"].items() if piece not in later}}

    def step(self, number: int) -> Step:
        """The step with this number, from 1."""
        parts = self.trained.steps[number - 1]
        if not self.merges:
            return Step(number, parts, parts[0], None)
        left, right = parts
        return Step(number, (left, right), left + right, self._pairs(number - 1)[left, right])

    def _pairs(self, number: int) -> Counter[tuple[str, str]]:
        """How often two pieces are neighbours within a word, after so many steps."""
        tokenizer, pairs = self.after(number), Counter[tuple[str, str]]()
        for word, times in self._words.items():
            pieces = [token.value for token in tokenizer.model.tokenize(word)]
            for place in range(len(pieces) - 1):
                pairs[pieces[place], pieces[place + 1]] += times
        return pairs

    @cached_property
    def _words(self) -> Counter[str]:
        """The words as the tokenizer's own rules cut them, before pieces are looked for."""
        whole = self.after(0)
        words = Counter[str]()
        for line in self._text.splitlines(keepends=True):
            normal = whole.normalizer.normalize_str(line) if whole.normalizer else line
            words.update(word for word, _ in whole.pre_tokenizer.pre_tokenize_str(normal))
        return words

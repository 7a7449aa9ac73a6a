"""TextClassifier: says which of its labels a text belongs to, for instance whether a review is positive or negative.

The labels are those that the model was trained with, each with a probability; none is left out. `models.text.tokens`
cuts and pads the texts, `models.text.occlusion` finds the words that matter.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

from torch import Tensor
from transformers import AutoModelForSequenceClassification

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.errors import InvalidInput, UnsupportedCheckpoint
from models.failures import Failure, attempt_together, do_each
from models.folders import read_json
from models.precision import FP32, Precision
from models.sentence_encoder import MEAN, SentenceClassifier
from models.text.label_names import told_apart
from models.text.occlusion import WordImportance, without, words
from models.text.readable import Unreadable, require_readable
from models.text.segmentation import require_text
from models.text.tokens import TokenReader, Tokens
from models.together import people_at_once
from models.weights import hub
from models.weights.pretrained import load_pretrained
from models.wrapper import AnyDevice, LoadedModel, OnStep, Pretrained, finite, silent

MOST_TEXTS = 10_000
MOST_CHARACTERS = 100_000
MOST_WORDS = 200  # each word that is explained is one more run of the model


@dataclass(frozen=True)
class Classification:
    """What the model makes of one text.

    `scores` has every label of the model, in its order, with a probability from 0 to 1. They add up to 1, except for
    models whose labels do not exclude each other. `truncated` texts were longer than the model reads: their end did not
    count. `unreadable` is the share of the text that the tokenizer cannot represent, 0 to 1, and `unreadable_signs`
    some of it.
    """

    text: str
    scores: dict[str, float]
    truncated: bool = False
    unreadable: float = 0.0
    unreadable_signs: str = ""

    @property
    def label(self) -> str:
        """The likeliest label."""
        return max(self.scores, key=self.scores.__getitem__)

    @property
    def score(self) -> float:
        """Its probability."""
        return self.scores[self.label]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "text": self.text,
            "label": self.label,
            "score": self.score,
            "scores": self.scores,
            "truncated": self.truncated,
            "unreadable": self.unreadable,
            "unreadable_signs": self.unreadable_signs,
        }


class TextClassifier(LoadedModel):
    """A text classifier of any kind (BERT, DistilBERT, RoBERTa, a head on a sentence encoder) with its tokenizer."""

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self.labels = _labels(self.model.config)
        self._sigmoid = self.model.config.problem_type == "multi_label_classification" or len(self.labels) == 1
        self._reader = TokenReader(pretrained)
        self.people = people_at_once(self.model)

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load a text classifier from this machine.

        Raises:
            UnsupportedCheckpoint: also a model that rates texts with a number instead of telling classes.
            What `load_pretrained` raises.
        """
        pretrained = load_pretrained(_model_class(card), card, device, precision, on_step)
        if pretrained.model.config.problem_type == "regression":
            raise UnsupportedCheckpoint(
                f"{card.model_id} gives each text a number, not a class. Choose a model that tells classes."
            )
        return cls(pretrained)

    def classify(
        self, texts: Sequence[str], cancelled: threading.Event | None = None, even_if_unreadable: bool = False
    ) -> list[Classification]:
        """One Classification for each text, in their order. Raises what `classify_each` raises."""
        return list(self.classify_each(texts, cancelled, even_if_unreadable))

    def classify_each(
        self, texts: Sequence[str], cancelled: threading.Event | None = None, even_if_unreadable: bool = False
    ) -> Iterator[Classification]:
        """The same, each as soon as its batch is done. Closing the iterator stops the work.

        Dynamic int8 looks at a whole batch for the scale of activations: there the scores of a text change a little
        with its neighbours. In openvino-int8 the scales are fixed.

        Raises:
            InvalidInput: no text, more than 10,000, or one that is empty or longer than 100,000 characters; or one of
                which the tokenizer cannot represent more than half, unless `even_if_unreadable`.
            PrecisionNotApplicable: the model's numbers overflow in this precision.
            OutOfMemory: the texts do not fit beside the model.
            Cancelled: while iterating, when `cancelled` is set.
        """
        _check_count(texts)
        read = do_each(texts, lambda text: self._read(text, even_if_unreadable))
        return self._classifications(read, cancelled)

    def attempt_each(
        self, texts: Sequence[str], cancelled: threading.Event | None = None, even_if_unreadable: bool = False
    ) -> Iterator[Classification | Failure]:
        """The same, with a Failure in the place of each text that cannot be classified.

        Raises at once what concerns all of them: InvalidInput for no text, or more than 10,000.
        """
        _check_count(texts)
        return attempt_together(
            texts,
            lambda text: self._read(text, even_if_unreadable),
            lambda read: self._classifications(read, cancelled),
        )

    def _classifications(self, texts: Sequence["_Read"], cancelled: threading.Event | None) -> Iterator[Classification]:
        for text, row in zip(texts, self._probabilities([text.tokens for text in texts], cancelled), strict=True):
            scores = dict(zip(self.labels, row.tolist(), strict=True))
            yield Classification(text.text, scores, text.tokens.truncated, text.lost.share, text.lost.signs)

    def explain(
        self,
        text: str,
        label: str | None = None,
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> list[WordImportance]:
        """How much each word of `text` speaks for `label` (the likeliest one unless given), in the text's order.

        Each word is masked in turn where the tokenizer has a mask, else left out. Words beyond the first 200, and those
        beyond the model's window, are not in the list. A word whose meaning another one repeats seems not to matter:
        without it, the other still tells.

        Raises:
            InvalidInput: a label that the model does not have.
            What `classify_each` raises.
        """
        if label is not None:
            self.require_label(label)
        tokens = self._read(text, even_if_unreadable).tokens
        [whole] = self._probabilities([tokens], cancelled)
        number = int(whole.argmax()) if label is None else self.labels.index(label)
        mask = self.tokenizer.mask_token_id
        spans = islice(words(text), MOST_WORDS)
        occluded = {span: row for span in spans if (row := without(tokens, *span, mask)) is not None}
        changed = self._probabilities(list(occluded.values()), cancelled)
        return [
            WordImportance(text[start:end], start, end, float(whole[number] - row[number]))
            for (start, end), row in zip(occluded, changed, strict=True)
        ]

    def _read(self, text: str, even_if_unreadable: bool) -> "_Read":
        """What the tokenizer makes of a text. Raises InvalidInput where it cannot represent more than half."""
        tokens = self._tokenize(text)
        return _Read(text, tokens, require_readable(self.tokenizer, self.card.model_id, text, even_if_unreadable))

    def _tokenize(self, text: str) -> Tokens:
        require_text(text, MOST_CHARACTERS)
        tokens = self._reader.tokenize(text)
        if not tokens.holds_text:
            raise InvalidInput("The model can read nothing in it. Give it words.")
        return tokens

    def _probabilities(self, rows: Sequence[Tokens], cancelled: threading.Event | None) -> Iterator[Tensor]:
        """The labels' probabilities of each text: float64, shape (labels,)."""
        for batch in self._reader.batches(rows):
            stop_if(cancelled)
            output, _ = self._reader.run(batch, cancelled)
            logits = finite(output.logits, self).cpu().double()  # (texts of the batch, labels)
            yield from logits.sigmoid() if self._sigmoid else logits.softmax(dim=-1)

    def require_label(self, label: str) -> None:
        """Raise InvalidInput for a label that the model does not have."""
        if label not in self.labels:
            raise InvalidInput(f"{self.card.model_id} has no label “{label}”. Choose one of: {', '.join(self.labels)}.")


def _model_class(card: ModelCard) -> type:
    """The class that reads the folder: what the first token says, or the mean of all tokens."""
    pooling = read_json(hub.require(card) / "config.json").get("classifier_pooling")
    return SentenceClassifier if pooling == MEAN else AutoModelForSequenceClassification


def _labels(config: Any) -> tuple[str, ...]:
    """The labels in the order of the model's outputs; names that occur twice get their number."""
    return told_apart([str(config.id2label.get(number, f"LABEL_{number}")) for number in range(config.num_labels)])


@dataclass(frozen=True)
class _Read:
    """A text that the tokenizer has read, and what it lost of it."""

    text: str
    tokens: Tokens
    lost: Unreadable


def _check_count(texts: Sequence[str]) -> None:
    if not texts:
        raise InvalidInput("There is no text. Give at least one.")
    if len(texts) > MOST_TEXTS:
        raise InvalidInput(
            f"These are {len(texts):,} texts, and at most {MOST_TEXTS:,} are taken at once. Take them in parts."
        )

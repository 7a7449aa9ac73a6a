"""ZeroShotClassifier: sorts texts by labels that nobody trained it for. LabelSimilarity does it by likeness alone.

A model of natural language inference (NLI) was trained on one question: does a text imply a sentence? Each label
becomes a sentence (`models.text.label_sentences`), and how far the text implies it is the label's score. The method is
that of Yin et al. (2019), https://arxiv.org/abs/1909.00161, the numbers are those of transformers' own pipeline.

A sentence encoder has never seen that question. It tells how much alike a text and a label's sentence are, and no more:
its scores are cosines from -1 to 1 and no probabilities.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.errors import InvalidInput, UnsupportedCheckpoint
from models.failures import Failure, attempt
from models.precision import FP32, Precision
from models.sentence_encoder import OnEncoder
from models.text.label_sentences import LabelSentences
from models.text.readable import Unreadable, encode, require_readable
from models.text.segmentation import require_text
from models.text.tokens import TokenReader, Tokens
from models.text_classification import Classification
from models.together import people_at_once
from models.weights.pretrained import load_pretrained
from models.wrapper import AnyDevice, LoadedModel, OnStep, Pretrained, finite, silent

MOST_TEXTS = 1_000
MOST_CHARACTERS = 100_000
PROBABILITY, SIMILARITY = "probability", "similarity"
MEASURES = {
    PROBABILITY: "probability that the text implies the label's sentence, as the model learned to judge it",
    SIMILARITY: "similarity of the text and the label's sentence, not a probability that it was trained for",
}


@dataclass(frozen=True)
class LabelScores(Classification):
    """How well each label fits one text.

    `measure` is “probability” (0 to 1; they add up to 1 unless `several` labels may be true) or “similarity” (cosines
    from -1 to 1, which have no threshold). `template` is the sentence that the labels were put into.
    """

    measure: str = PROBABILITY
    several: bool = False
    template: str = ""

    @property
    def true_labels(self) -> tuple[str, ...] | None:
        """The labels that are likelier true than not, best first; None where no number says where that begins."""
        if not self.several or self.measure != PROBABILITY:
            return None
        best = sorted(self.scores, key=lambda label: -self.scores[label])
        return tuple(label for label in best if self.scores[label] > 0.5)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        more = {} if self.true_labels is None else {"true_labels": list(self.true_labels)}
        told = {"measure": MEASURES[self.measure], "several": self.several, "template": self.template}
        return super().as_dict() | more | told


class ZeroShotClassifier(LoadedModel):
    """An NLI model (BART, DeBERTa, RoBERTa, BERT) with its tokenizer."""

    measure = PROBABILITY

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self._entails, self._denies = _entailment(pretrained)
        self._reader = TokenReader(pretrained)
        self.people = people_at_once(self.model)

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load an NLI model from this machine.

        Raises:
            UnsupportedCheckpoint: also a classifier none of whose labels means entailment.
            What `load_pretrained` raises.
        """
        return cls(load_pretrained(AutoModelForSequenceClassification, card, device, precision, on_step))

    def sort_each(
        self,
        texts: Sequence[str],
        wanted: LabelSentences,
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Iterator[LabelScores | Failure]:
        """How well each label fits each text, as soon as it is known; a Failure in the place of what cannot be read.

        Raises:
            InvalidInput: at once, what concerns all texts: none or more than 1,000 of them, labels or a template that
                cannot be used, a sentence that takes more than half of what the model reads, or one that it cannot.
            PrecisionNotApplicable, OutOfMemory: as a Failure of the text.
            Cancelled: while iterating, between two batches.
        """
        _require(texts, wanted)
        self._require_room(wanted, even_if_unreadable)
        return attempt(texts, lambda text: self._sort(text, wanted, cancelled, even_if_unreadable))

    def _require_room(self, wanted: LabelSentences, even_if_unreadable: bool) -> None:
        _require_readable_labels(self, wanted, even_if_unreadable)
        for label, sentence in zip(wanted.labels, wanted.sentences, strict=True):
            count = len(encode(self.tokenizer, sentence, verbose=False)["input_ids"])
            if count > self._reader.window // 2:
                raise InvalidInput(
                    f"The sentence for “{label}” has {count} tokens; {self.card.model_id} reads {self._reader.window} "
                    "of text and sentence together. Write a shorter label or sentence."
                )

    def _sort(
        self, text: str, wanted: LabelSentences, cancelled: threading.Event | None, even_if_unreadable: bool
    ) -> LabelScores:
        lost = _readable(self, self._reader, text, even_if_unreadable)
        rows = [self._reader.tokenize(text, sentence) for sentence in wanted.sentences]
        scores = self._scores(self._logits(rows, cancelled), wanted.several)
        return _found(text, wanted, scores, PROBABILITY, any(row.truncated for row in rows), lost)

    def _logits(self, rows: Sequence[Tokens], cancelled: threading.Event | None) -> Tensor:
        """The logits of every label's sentence: float64, shape (labels, outputs of the model)."""
        found = []
        for batch in self._reader.batches(rows):
            stop_if(cancelled)
            output, _ = self._reader.run(batch, cancelled)
            found.append(finite(output.logits, self).cpu().double())
        return torch.cat(found)

    def _scores(self, logits: Tensor, several: bool) -> Tensor:
        """One number for each label: entailment among all labels, or, for each alone, against contradiction."""
        if several:
            return logits[:, [self._denies, self._entails]].softmax(dim=1)[:, 1]
        return logits[:, self._entails].softmax(dim=0)


class LabelSimilarity(OnEncoder):
    """The same with a sentence encoder, which compares and does not judge."""

    measure = SIMILARITY

    def sort_each(
        self,
        texts: Sequence[str],
        wanted: LabelSentences,
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Iterator[LabelScores | Failure]:
        """How much alike each text and each label's sentence are. Raises as `ZeroShotClassifier.sort_each`."""
        _require(texts, wanted)
        _require_readable_labels(self, wanted, even_if_unreadable)

        def found() -> Iterator[LabelScores | Failure]:
            sentences = self.encoder.encode(wanted.sentences, cancelled, even_if_unreadable=True)  # (labels, width)

            def sort(text: str) -> LabelScores:
                lost = _readable(self, self.encoder.reader, text, even_if_unreadable)
                [vector] = self.encoder.encode([text], cancelled, even_if_unreadable=True)  # (width,)
                cut = self.encoder.reader.tokenize(text).truncated
                return _found(text, wanted, sentences @ vector, SIMILARITY, cut, lost)

            yield from attempt(texts, sort)

        return found()


def _entailment(pretrained: Pretrained) -> tuple[int, int]:
    """The numbers of the outputs for “the text implies it” and for its opposite.

    With three outputs the opposite is the contradiction; with two it is the other one. Raises UnsupportedCheckpoint.
    """
    names = {int(number): str(name).casefold() for number, name in pretrained.model.config.id2label.items()}
    entails = [number for number, name in names.items() if name.startswith("entail")]
    denies = [number for number, name in names.items() if name.startswith("contradict")]
    if len(entails) == 1 and not denies and len(names) == 2:
        denies = [number for number in names if number not in entails]
    if len(entails) != 1 or len(denies) != 1:
        raise UnsupportedCheckpoint(
            f"{pretrained.card.model_id} does not say which of its labels ({', '.join(list(names.values())[:5])}) "
            "means that a text implies a sentence. Choose a model of natural language inference, whose labels are "
            "“entailment” and “contradiction”."
        )
    return entails[0], denies[0]


def _require(texts: Sequence[str], wanted: LabelSentences) -> None:
    wanted.require_usable()
    if not texts:
        raise InvalidInput("There is no text. Give at least one.")
    if len(texts) > MOST_TEXTS:
        raise InvalidInput(
            f"These are {len(texts):,} texts, and at most {MOST_TEXTS:,} are taken at once. Take them in parts."
        )


def _require_readable_labels(model: LoadedModel, wanted: LabelSentences, even_if_unreadable: bool) -> None:
    """Raise InvalidInput for a label that the tokenizer cannot read: all such labels would be the same to the model."""
    for label in wanted.labels:
        require_text(label, MOST_CHARACTERS)
        require_readable(model.tokenizer, model.card.model_id, label, even_if_unreadable, f"the label “{label}”")


def _readable(model: LoadedModel, reader: TokenReader, text: str, even_if_unreadable: bool) -> Unreadable:
    """What the tokenizer loses of a text. Raises InvalidInput where that is too much, or all."""
    require_text(text, MOST_CHARACTERS)
    if not reader.tokenize(text).holds_text:
        raise InvalidInput("The model can read nothing in it. Give it words.")
    return require_readable(model.tokenizer, model.card.model_id, text, even_if_unreadable)


def _found(
    text: str, wanted: LabelSentences, scores: Tensor, measure: str, truncated: bool, lost: Unreadable
) -> LabelScores:
    by_label = dict(zip(wanted.labels, map(float, scores), strict=True))
    return LabelScores(text, by_label, truncated, lost.share, lost.signs, measure, wanted.several, wanted.template)

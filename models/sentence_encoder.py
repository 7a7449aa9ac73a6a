"""SentenceEncoder: a sentence becomes a vector, so that sentences of like meaning have vectors of like direction.

The encoder (a BERT such as all-MiniLM-L6-v2) gives each token a vector; the sentence gets their mean. The method is
that of Sentence-BERT (Reimers & Gurevych, 2019, https://arxiv.org/abs/1908.10084).

`SentenceClassifier` puts a classifying layer on that same mean. BERT's own classifier reads the first token instead,
which a sentence encoder was never trained to use.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor
from transformers import AutoModel, BertConfig, BertForSequenceClassification
from transformers.modeling_outputs import SequenceClassifierOutput

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.errors import InvalidInput
from models.precision import FP32, Precision
from models.text.readable import Unreadable, unreadable
from models.text.tokens import TokenReader
from models.together import people_at_once
from models.weights.pretrained import load_pretrained
from models.wrapper import AnyDevice, LoadedModel, OnStep, Pretrained, finite, readable, silent

# What all-MiniLM-L6-v2 reads; what is longer was cut in its training and in its own library.
WINDOW_TOKENS = 256
MEAN = "mean"


def mean_pool(hidden: Tensor, attention_mask: Tensor | None = None) -> Tensor:
    """The mean of the tokens' vectors, padding left out.

    Args:
        hidden: (sentences, tokens, width).
        attention_mask: (sentences, tokens), 1 for tokens and 0 for padding; None: there is no padding.

    Returns:
        (sentences, width), in the dtype of `hidden`.
    """
    if attention_mask is None:
        return hidden.mean(1)
    weights = attention_mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)


class SentenceEncoder(LoadedModel):
    """Turns sentences into vectors of length 1, whose products are their cosine similarities."""

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self.width: int = self.model.config.hidden_size
        self.reader = TokenReader(pretrained, WINDOW_TOKENS)
        self.people = people_at_once(self.model)

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load an encoder from this machine. Raises what `load_pretrained` raises."""
        return cls(load_pretrained(EncoderClass, card, device, precision, on_step))

    def encode(
        self, texts: Sequence[str], cancelled: threading.Event | None = None, even_if_unreadable: bool = False
    ) -> Tensor:
        """One vector of length 1 for each text: float32 on the CPU, shape (texts, width).

        Each text is read up to 256 tokens. `unreadable` tells how much of a text the vocabulary lacks.

        Raises:
            InvalidInput: a text with bytes that were not characters, or one of letters of which the tokenizer cannot
                represent more than half, unless `even_if_unreadable`: all such texts would have nearly the same vector.
            PrecisionNotApplicable: the model's numbers overflow in this precision.
            OutOfMemory: the texts do not fit beside the model.
            Cancelled: between two batches.
        """
        if not even_if_unreadable:
            self._require_readable(texts)
        rows = [self.reader.tokenize(readable(text)) for text in texts]
        # Equal lengths beside each other need little padding.
        order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
        vectors, done = torch.empty(len(rows), self.width), 0
        for batch in self.reader.batches([rows[number] for number in order]):
            stop_if(cancelled)
            output, mask = self.reader.run(batch, cancelled)
            vectors[order[done : done + len(batch)]] = self._normalised(output.last_hidden_state, mask)
            done += len(batch)
        return vectors

    def _require_readable(self, texts: Sequence[str]) -> None:
        for number, text in enumerate(map(readable, texts), 1):
            found = self.unreadable(text)
            if found.too_much and any(map(str.isalpha, found.signs)):  # signs alone are hardly a text, and harm nobody
                raise InvalidInput(found.refusal(self.card.model_id, f"text {number}"))

    def unreadable(self, text: str) -> Unreadable:
        """How much of a text the tokenizer cannot represent."""
        return unreadable(self.tokenizer, text)

    def _normalised(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """From the tokens' vectors (texts, tokens, width) to (texts, width)."""
        return torch.nn.functional.normalize(finite(mean_pool(hidden.float(), mask), self).cpu(), dim=1)


class OnEncoder(LoadedModel):
    """The base of what adds a rule to a sentence encoder, and learns nothing itself."""

    def __init__(self, encoder: SentenceEncoder):
        super().__init__(encoder)
        self.encoder = encoder
        self.people = encoder.people

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load the sentence encoder of `card`. Raises what `load_pretrained` raises."""
        return cls(SentenceEncoder.load(card, device, precision, on_step))


class EncoderClass(AutoModel):
    """AutoModel without BERT's pooler, which is of no use here: a checkpoint may lack its weights."""

    @classmethod
    def from_pretrained(  # type: ignore[override]  # only as `load_pretrained` calls it
        cls, folder: Path, **arguments: Any
    ) -> tuple[Any, dict[str, Any]]:
        model, report = super().from_pretrained(folder, **arguments)
        model = _without_pooler(model)
        needed = {name for name in report["missing_keys"] if not name.startswith("pooler.")}
        return model, report | {"missing_keys": needed}

    @classmethod
    def from_config(cls, config: Any, **arguments: Any) -> Any:
        return _without_pooler(super().from_config(config, **arguments))  # type: ignore[no-untyped-call]  # transformers


def _without_pooler(model: Any) -> Any:
    if hasattr(model, "pooler"):
        model.pooler = None
    return model


class SentenceClassifier(BertForSequenceClassification):  # type: ignore[no-untyped-call]  # transformers
    """A BERT that classifies a text by the mean of its tokens' vectors instead of the vector of the first token.

    Its config says `classifier_pooling: mean`, by which `TextClassifier` knows it.
    """

    def __init__(self, config: BertConfig):
        config.classifier_pooling = MEAN
        super().__init__(config)
        self.bert.pooler = None  # reads the first token: nothing here does
        self.loss_type = "ForSequenceClassification"  # transformers guesses it from the names of its own classes

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        **options: Any,
    ) -> SequenceClassifierOutput:
        """As its parent; `logits` have the shape (texts, labels)."""
        options.pop("return_dict", None)
        output = self.bert(
            input_ids,
            attention_mask=attention_mask,
            token_type_ids=token_type_ids,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
            return_dict=True,
            **options,
        )
        logits = self.classifier(self.dropout(mean_pool(output.last_hidden_state, attention_mask)))
        loss = None if labels is None else self.loss_function(labels=labels, pooled_logits=logits, config=self.config)
        return SequenceClassifierOutput(loss, logits, output.hidden_states, output.attentions)

"""What is traced of a model that writes: one step, which reads new tokens beside what is remembered of those before.

What is remembered are the keys and values of each layer, (rows, heads, tokens, width). A model with an encoder also
reads those of the encoded text, which stay the same for all steps (`Encoded` computes them once).

Knows models of transformers whose cache grows with every token. Those that remember otherwise are refused.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache, EncoderDecoderCache
from transformers.cache_utils import DynamicLayer

from models.errors import PrecisionNotApplicable
from quantization.compiled.examples import texts

MASK, POSITIONS = "attention_mask", "position_ids"
KEPT = "logits_to_keep"  # of which new tokens scores are wanted
ENCODED = "encoded"  # with a number behind it, keys or values of a layer


@dataclass(frozen=True)
class Kind:
    """What a step of a model takes and remembers: (heads, width) of each tensor `remembered` and `encoded`, keys first.

    `inputs` are the names of its forward that a step gives it, of which all but the masks are optional in transformers.
    """

    inputs: tuple[str, ...]
    remembered: tuple[tuple[int, int], ...]
    encoded: tuple[tuple[int, int], ...]

    @classmethod
    @torch.inference_mode()
    def of(cls, model: Any) -> "Kind":
        """Found by running it over a few tokens. Raises PrecisionNotApplicable for one that remembers otherwise."""
        cache = model(**first_inputs(model), use_cache=True).past_key_values
        if not model.config.is_encoder_decoder:
            taken = inspect.signature(model.forward).parameters
            more = tuple(name for name in (POSITIONS, KEPT) if name in taken)
            return cls(("input_ids", MASK, *more), tuple(_sizes(cache)), ())
        if not isinstance(cache, EncoderDecoderCache):
            raise _remembers_otherwise()
        own, encoded = (tuple(_sizes(each)) for each in (cache.self_attention_cache, cache.cross_attention_cache))
        return cls(("decoder_input_ids", MASK), own, encoded)

    @property
    def tokens(self) -> str:
        """The name of the input that holds the tokens to read."""
        return self.inputs[0]


def first_inputs(model: Any) -> dict[str, Any]:
    """Rows of new tokens for a model that has read nothing yet.

    With an encoder, two rows for each of two encoded texts, as beams of a search are.
    """
    read = texts(model, 2, 7, ("input_ids", MASK))
    if not model.config.is_encoder_decoder:
        return dict(read)
    encoded = model.get_encoder()(**read)
    encoded.last_hidden_state = encoded.last_hidden_state.repeat_interleave(2, 0)
    mask = read[MASK].repeat_interleave(2, 0)
    return {"decoder_input_ids": some_tokens(model, 4, 3), MASK: mask, "encoder_outputs": encoded}


def some_tokens(model: Any, rows: int, count: int) -> Tensor:
    """So many tokens of its vocabulary, (rows, count), always the same."""
    return texts(model, rows, count, ("input_ids",))["input_ids"]


class Step(nn.Module):
    """Inputs of `kind`, keys and values remembered, those of the encoded text; scores and keys and values out."""

    def __init__(self, model: Any, kind: Kind, forward: Any):
        super().__init__()
        self.model, self._kind, self._forward = model, kind, forward

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        named: dict[str, Any] = dict(zip(self._kind.inputs, given, strict=False))
        own, encoded = _parted(given[len(named) :], len(self._kind.remembered))
        cache: Any = _filled(own)
        if encoded:
            # Its keys and values are there, so of the encoded text itself only the number of its tokens is looked at.
            named["encoder_outputs"] = (torch.zeros_like(encoded[0][:, 0, :, :1]),)
            cache = _with_encoded(cache, _filled(encoded))
        output = self._forward(**named, past_key_values=cache, use_cache=True)
        return (output.logits, *_tensors(getattr(cache, "self_attention_cache", cache)))


class Encoded(nn.Module):
    """From an encoded text, (rows, tokens, width), to the keys and values by which each layer reads it."""

    def __init__(self, model: Any, kind: Kind, forward: Any):
        super().__init__()
        self.model, self._kind, self._forward = model, kind, forward

    def forward(self, encoded: Tensor) -> tuple[Tensor, ...]:
        own, read = (
            [_nothing(encoded, *size) for size in sizes] for sizes in (self._kind.remembered, self._kind.encoded)
        )
        cache = EncoderDecoderCache(_filled(own), _filled(read))
        cache.is_updated = dict.fromkeys(cache.is_updated, False)  # filled with nothing
        start = torch.zeros_like(encoded[:, :1, 0], dtype=torch.long)
        self._forward(decoder_input_ids=start, encoder_outputs=(encoded,), past_key_values=cache, use_cache=True)
        return tuple(_tensors(cache.cross_attention_cache))


def _nothing(like: Tensor, heads: int, width: int) -> Tensor:
    """No tokens, for as many rows: a cache's own beginning has too few dimensions for OpenVINO."""
    return like[:, None, :0, :1].expand(-1, heads, -1, width)


def _parted(tensors: Sequence[Tensor], count: int) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
    return tensors[:count], tensors[count:]


def _filled(tensors: Sequence[Tensor]) -> DynamicCache:
    cache = DynamicCache()
    cache.layers = [_layer(*pair) for pair in zip(tensors[::2], tensors[1::2], strict=True)]
    return cache


def _layer(keys: Tensor, values: Tensor) -> DynamicLayer:
    layer = DynamicLayer()  # type: ignore[no-untyped-call]  # transformers
    layer.dtype, layer.device = keys.dtype, keys.device
    layer.keys, layer.values, layer.is_initialized = keys, values, True
    return layer


def _with_encoded(own: DynamicCache, encoded: DynamicCache) -> EncoderDecoderCache:
    cache = EncoderDecoderCache(own, encoded)
    cache.is_updated = dict.fromkeys(range(len(encoded.layers)), True)
    return cache


def _sizes(cache: Any) -> Iterator[tuple[int, int]]:
    """Heads and width of the keys and of the values of each layer."""
    if type(cache) is not DynamicCache or any(type(layer) is not DynamicLayer for layer in cache.layers):
        raise _remembers_otherwise()
    for tensor in _tensors(cache):
        yield tensor.shape[1], tensor.shape[3]


def _tensors(cache: Any) -> Iterator[Tensor]:
    """Keys and values in turns; a T5 with fewer layers in its decoder leaves the last ones of its cache empty."""
    for layer in cache.layers:
        if layer.keys is not None:
            yield from (layer.keys, layer.values)


def _remembers_otherwise() -> PrecisionNotApplicable:
    return PrecisionNotApplicable("OpenVINO cannot take over how this model remembers what it has read. Choose fp32.")

"""The forward of a model that writes, which OpenVINO computes, and torch where somebody wants more than the scores."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from quantization.compiled import graphs, int8_weights
from quantization.compiled.attempt import attempted, by_name, is_looked_into
from quantization.compiled.fingerprint import digest_of_source, fingerprint
from quantization.compiled.int8_weights import in_int8
from quantization.compiled.library import F32, openvino, sums_bytes_in_32_bits
from quantization.compiled.noise import noise, require_little_noise
from quantization.compiled.program import Programs
from quantization.compiled.writing.cache import CompiledCache
from quantization.compiled.writing.converted import Graphs, converted
from quantization.compiled.writing.stateful import ORDER
from quantization.compiled.writing.traced import ENCODED, KEPT, MASK, POSITIONS, Kind, first_inputs, some_tokens

CACHE, ENCODER = "past_key_values", "encoder_outputs"
INPUTS_IN_A_GROUP = 32  # of a layer with weights in 8 bits, which share a scale: what OpenVINO takes itself

Forward = Callable[..., Any]


class CompiledWriting:
    """What `model.forward` becomes."""

    def __init__(
        self, model: nn.Module, arithmetic: str, tolerance: float, weight_bytes: int, most_noise: float | None = None
    ):
        """`arithmetic` is f32 or bf16; with `most_noise` weights are bytes.

        `tolerance` is how far from torch's numbers its own may be, as a share of the largest; `most_noise` with 8 bits,
        as a share of how much they vary. `weight_bytes` are those of a copy of the weights by OpenVINO, of which it
        holds one for each number of threads.
        """
        self._model: Any = model
        self._torch: Forward = model.forward
        self._arithmetic, self._tolerance, self._most_noise = arithmetic, tolerance, most_noise
        self._inside = [module for module in model.modules() if module is not model]
        self._weight_bytes = weight_bytes
        # Whether a row is the same beside others, but for the last digits.
        self.is_exact = arithmetic == F32 and most_noise is None
        self.__signature__ = inspect.signature(self._torch)  # by which wrappers know what it takes

    @torch.inference_mode()
    def prepare(self) -> None:
        """Make the graphs, or read those that were kept. Raises PrecisionNotApplicable as `attempted`."""
        with attempted():
            self._kind = Kind.of(self._model)
            self._output = type(self._torch(**first_inputs(self._model)))
            expected = self._trial(self._torch)
            name = fingerprint(self._model, {}, repr(self._most_noise), digest_of_source(int8_weights.__name__))
            if not self._takes_kept(name, expected):
                self._converts(name, expected)

    def _takes_kept(self, name: str, expected: list[Tensor]) -> bool:
        kept = Graphs.read(name, self._kind)
        if kept is None:
            return False
        self._take(kept, self._arithmetic)
        found = self._trial(self)
        if self._most_noise is not None:
            return _noise(found, expected) <= self._most_noise
        return graphs.largest_difference(found, expected) <= self._tolerance

    def _converts(self, name: str, expected: list[Tensor]) -> None:
        """First as exact as it can be: what is rounded then is not what a mistake has made of it."""
        made = converted(self._model, self._torch, self._kind)
        self._take(made, F32)
        graphs.require_same(self._trial(self), expected, graphs.TOLERANCE)
        if self._most_noise is not None:
            in_int8(made.step)
            self._take(made, self._arithmetic)
            require_little_noise(_noise(self._trial(self), expected), self._most_noise)
        elif self._arithmetic != F32:
            self._take(made, self._arithmetic)
            graphs.require_same(self._trial(self), expected, self._tolerance)
        made.keep(name)

    def _take(self, made: Graphs, arithmetic: str) -> None:
        # Without units that add up products of bytes, bytes are widened, which here is as fast.
        in_bytes = self._most_noise is not None and sums_bytes_in_32_bits()
        self._step = Programs(made.step, arithmetic, INPUTS_IN_A_GROUP if in_bytes else 0)
        self._encoded = made.encoded and Programs(made.encoded, arithmetic)

    @property
    def weight_bytes(self) -> int:
        """What OpenVINO holds of the weights, beside torch."""
        return self._weight_bytes * self._step.copies

    def compile_here(self) -> None:
        """Have the graphs for as many threads as torch has now, beside those for another number."""
        self._step.now()
        if self._encoded:
            self._encoded.now()

    def _trial(self, forward: Forward) -> list[Tensor]:
        """Scores of several tokens, of one more, and of two after the rows of each text have been exchanged."""
        inputs = first_inputs(self._model)
        output = forward(**inputs, use_cache=True)
        scores = [output.logits]
        rows = len(output.logits)
        for count in (1, 2):
            if not self._kind.encoded:
                inputs[MASK] = torch.cat([inputs[MASK], torch.ones(rows, count, dtype=torch.long)], 1)
            inputs[self._kind.tokens] = some_tokens(self._model, rows, count)
            output = forward(**inputs, past_key_values=output.past_key_values, use_cache=True)
            scores.append(output.logits)
            output.past_key_values.reorder_cache(torch.arange(rows) ^ 1)  # 1 0 3 2
        return scores

    def __call__(self, *given: Any, **named: Any) -> Any:
        asked = by_name(self.__signature__, given, named)
        cache = asked.get(CACHE)
        if isinstance(cache, CompiledCache):
            return self._continued(asked, cache)
        if not self._can(asked):
            return self._torch(*given, **named)
        tokens = asked[self._kind.tokens]
        cache = CompiledCache(self._step.now(), len(tokens))
        if self._encoded:
            self._read_encoded(cache, asked)
        return self._continued(asked, cache)

    def _can(self, asked: Mapping[str, Any]) -> bool:
        """Whether tokens are there, nothing has been read before, and nothing is asked for but scores and a cache."""
        if is_looked_into(self._inside) or asked.get(self._kind.tokens) is None:
            return False
        known = {*self._kind.inputs, CACHE, "use_cache", *((ENCODER,) if self._kind.encoded else ())}
        begun = CACHE in asked and asked[CACHE].get_seq_length() > 0
        flat = all(value.dim() == 2 for name, value in asked.items() if name in (self._kind.tokens, MASK, POSITIONS))
        return known >= asked.keys() and flat and not begun and (ENCODER in asked) == bool(self._kind.encoded)

    def _read_encoded(self, cache: CompiledCache, asked: Mapping[str, Any]) -> None:
        """Give a request the keys and values of the encoded text, which it keeps for all steps."""
        assert self._encoded is not None
        program = self._encoded.now()
        request = program.take()
        request.infer([_copied(asked[ENCODER][0])])
        for number, output in enumerate(request.output_tensors):
            cache.request.set_tensor(f"{ENCODED}{number}", openvino().Tensor(output.data))
        program.give_back(request)

    def _continued(self, asked: Mapping[str, Any], cache: CompiledCache) -> Any:
        tokens = asked[self._kind.tokens]
        for name, value in self._inputs(asked, tokens, cache.length).items():
            cache.request.set_tensor(name, _copied(value))
        cache.request.set_tensor(ORDER, openvino().Tensor(cache.order))
        cache.request.infer()
        cache.has_read(tokens.shape[1])
        scores = torch.from_numpy(cache.request.get_output_tensor(0).data.copy())
        return self._as_output(scores, asked, cache)

    def _inputs(self, asked: Mapping[str, Any], tokens: Tensor, before: int) -> dict[str, Tensor]:
        """What a step is given: as transformers would fill in what is not there, with `before` tokens read already."""
        rows, count = tokens.shape
        read = asked[ENCODER][0].shape[1] if self._kind.encoded else before + count
        kept = asked.get(KEPT, 0)
        usual = {
            self._kind.tokens: tokens,
            MASK: torch.ones(rows, read, dtype=torch.long),
            POSITIONS: torch.arange(before, before + count).expand(rows, count),
            KEPT: torch.arange(count)[-kept:] if isinstance(kept, int) else kept,
        }
        given = {name: value for name, value in asked.items() if name != KEPT}
        return {name: given.get(name, usual[name]) for name in self._kind.inputs}

    def _as_output(self, scores: Tensor, asked: Mapping[str, Any], cache: CompiledCache) -> Any:
        values: dict[str, Any] = {"logits": scores}
        if asked.get("use_cache") is not False:
            values[CACHE] = cache
        if self._kind.encoded:
            values["encoder_last_hidden_state"] = asked[ENCODER][0]
        return self._output(**values)


def _noise(found: list[Tensor], expected: list[Tensor]) -> float:
    return noise([[each] for each in found], [[each] for each in expected])


def _copied(value: Tensor) -> Any:
    """A tensor of OpenVINO's own: a request looks at it again whenever it computes."""
    return openvino().Tensor(value.contiguous().numpy())

"""One step of a model on torch's `meta` device: what it keeps of the tokens that it has read, in bytes.

transformers itself decides what is kept: the cache is the one that its `generate` would make for this model, and the
step is the model's own code. Tensors have shapes and types there and no numbers, so nothing is computed.
"""

import inspect
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import PreTrainedModel

MOST_OPERATIONS = 500_000  # of one step: minutes
# What the code of a model raises where it wants numbers, pictures or sounds, or where its settings do not fit together.
_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, RuntimeError, TypeError, ValueError),
)


class TooLong(Exception):
    """The step took more operations than were allowed: the model goes through its text token by token."""


class Unclear(Exception):
    """What the model keeps cannot be worked out; the text says why."""


@dataclass(frozen=True)
class Step:
    """A model on `meta` that can be run, and the tensors that its modules had as plain attributes when it was built."""

    model: "PreTrainedModel"
    constants: frozenset[int]


@dataclass(frozen=True)
class Kept:
    """Bytes of everything that is kept after a step, and how many operations the step took.

    `later` has the bytes after the cache was given more tokens, each time; empty where it takes none without its model.
    """

    bytes: int
    operations: int
    later: tuple[int, ...] = ()


def prepared(model: "PreTrainedModel", dtype: "torch.dtype") -> Step:
    """The model, ready to be run as for an answer."""
    from torch import nn

    model.train(False)
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and not parameter.is_meta:  # old classes do not ask where and how
                module._parameters[name] = nn.Parameter(parameter.to("meta", dtype))
    return Step(model, frozenset(id(tensor) for tensor in _attributes(model)))


def kept_by(
    step: Step,
    tokens: int,
    texts: int,
    cancelled: threading.Event | None = None,
    most: int = MOST_OPERATIONS,
    further: tuple[int, ...] = (),
) -> Kept:
    """What is kept after one step over `texts` texts of `tokens` tokens, and after its cache alone took `further` ones.

    Raises:
        TooLong: more than `most` operations.
        Unclear: the model cannot be run without its numbers, or needs more than text.
        Cancelled: as the event says.
    """
    if not _can_keep(step.model):
        return Kept(0, 0, (0,) * len(further))
    run = partial(_run, step, tokens, texts, cancelled, most, further)
    try:
        return run(own=False)
    except _FAULTS:
        pass
    try:  # some models make a cache that fits them better than the one of `generate`
        return run(own=True)
    except _FAULTS as error:
        raise Unclear(_reason(error)) from error


def _run(
    step: Step,
    tokens: int,
    texts: int,
    cancelled: threading.Event | None,
    most: int,
    further: tuple[int, ...],
    own: bool,
) -> Kept:
    import torch

    model = step.model
    with torch.device("meta"), torch.no_grad(), _without_numbers(most, cancelled) as watch:
        ids = torch.zeros(texts, tokens, dtype=torch.long)
        given = _cache(model, texts, tokens, own) | _read(model, ids)
        output = model(**given, return_dict=True)
        names = _cache_names()
        kept = [*map(given.get, names), *map(output.get, names)]
        kept += [tensor for tensor in _attributes(model) if id(tensor) not in step.constants]
        return Kept(_bytes(kept, set()), watch.done, tuple(_later(kept, further)))


def _later(kept: list[Any], further: tuple[int, ...]) -> Iterator[int]:
    try:
        for tokens in further:
            _lengthen(kept, tokens, set())
            yield _bytes(kept, set())
    except _FAULTS:
        return


def _lengthen(thing: Any, further: int, seen: set[int]) -> None:
    """Give every layer of a cache the keys and values of `further` tokens: what it forgets of them is its own doing."""
    import torch

    if id(thing) in seen:
        return
    seen.add(id(thing))
    both = [getattr(thing, name, None) for name in ("keys", "values")]
    tensors = [each for each in both if isinstance(each, torch.Tensor) and each.dim() == 4]
    if hasattr(thing, "update") and len(tensors) == 2:
        thing.update(*(each.new_empty(*each.shape[:2], further, each.shape[3]) for each in tensors))
        return
    for part in _parts(thing):
        _lengthen(part, further, seen)


def _can_keep(model: "PreTrainedModel") -> bool:
    """Whether there is anything to run for: a plain encoder says in its own signature that it keeps nothing."""
    if model.can_generate() or model.config.is_encoder_decoder:
        return True
    return bool(_parameters(model) & {"past_key_values", "use_cache", "cache_params", "mems", "use_mems"})


def _parameters(model: "PreTrainedModel") -> set[str]:
    return set(inspect.signature(model.forward).parameters)


def _cache_names() -> list[str]:
    from transformers.generation.utils import ALL_CACHE_NAMES

    return list(ALL_CACHE_NAMES)


def _cache(model: "PreTrainedModel", texts: int, tokens: int, own: bool) -> dict[str, Any]:
    """The empty cache that `generate` gives the model, and that it is to be used; nothing for one that only reads."""
    if not model.can_generate():
        return {}
    from transformers import GenerationConfig
    from transformers.generation.configuration_utils import GenerationMode

    given: dict[str, Any] = {}
    if own:
        return {"use_cache": True}
    prepare: Any = model._prepare_cache_for_generation
    settings: Any = GenerationConfig
    prepare(settings(), given, GenerationMode.GREEDY_SEARCH, texts, tokens)
    return given | {"use_cache": True}


def _read(model: "PreTrainedModel", ids: Any) -> dict[str, Any]:
    """What the model is given to read: as `generate`, the encoder reads first and hands on what it made of it."""
    names = _parameters(model)
    if not model.config.is_encoder_decoder:
        return {"input_ids": ids}
    if not model.can_generate():
        return {"input_ids": ids} | ({"decoder_input_ids": ids} if "decoder_input_ids" in names else {})
    return {"encoder_outputs": _encoded(model, ids), "decoder_input_ids": ids}


def _encoded(model: "PreTrainedModel", ids: Any) -> Any:
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    if model.main_input_name == "input_ids":
        return model.get_encoder()(input_ids=ids, return_dict=True)
    # A model that hears reads a recording of one length, whatever it writes.
    heard = getattr(model.config, "max_source_positions", None)
    if heard is None:
        raise Unclear("it reads something else than text")
    return BaseModelOutput(last_hidden_state=torch.zeros(len(ids), heard, model.config.hidden_size, dtype=model.dtype))


def _without_numbers(most: int, cancelled: threading.Event | None) -> Any:
    """Lets a step go on where it asks for a number: it is told 0, False or nothing found.

    So a mixture of experts calls none of them, and a rotary position is a short one; neither changes what is kept.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    aten = torch.ops.aten

    class WithoutNumbers(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch
        done = 0

        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.done += 1
            if self.done > most:
                raise TooLong
            if self.done % 100 == 0:
                stop_if(cancelled)
            first = args[0] if args else None
            if isinstance(first, torch.Tensor) and first.is_meta:
                if function is aten._local_scalar_dense.default:
                    return torch.zeros((), dtype=first.dtype, device="cpu").item()
                if function is aten._to_copy.default and str((kwargs or {}).get("device", "meta")) == "cpu":
                    return torch.zeros(first.shape, dtype=(kwargs or {}).get("dtype") or first.dtype, device="cpu")
                if function is aten.split_with_sizes.default:  # what none of the parts was told, the last one takes
                    sizes, along = list(args[1]), args[2] if len(args) > 2 else 0
                    return function(first, [*sizes[:-1], first.shape[along] - sum(sizes[:-1])], along)
                if function is aten.nonzero.default:
                    return torch.empty((0, first.dim()), dtype=torch.long, device="meta")
            return function(*args, **(kwargs or {}))

    made: Any = WithoutNumbers
    return made()


def _attributes(model: "nn.Module") -> Iterator[Any]:
    """Tensors that modules hold as plain attributes: some keep there what they have read."""
    import torch

    for module in model.modules():
        yield from (value for value in vars(module).values() if isinstance(value, torch.Tensor))


def _bytes(thing: Any, seen: set[int]) -> int:
    """Bytes of all tensors that can be reached from a cache of whatever class, each once."""
    import torch

    if thing is None or id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, torch.Tensor):
        return thing.numel() * thing.element_size()
    return sum(_bytes(part, seen) for part in _parts(thing))


def _parts(thing: Any) -> list[Any]:
    from torch import Tensor
    from torch.nn import Module
    from transformers import PretrainedConfig

    if isinstance(thing, (list, tuple)):
        return list(thing)
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, (Tensor, Module, PretrainedConfig, type)) or callable(thing):
        return []
    return list(vars(thing).values()) if hasattr(thing, "__dict__") else []


def _reason(error: Exception) -> str:
    first = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return f"without its numbers the model cannot be run ({first[:200].rstrip('.')})"

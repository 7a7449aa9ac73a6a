"""Small inputs that a graph is traced with and compared on: two of each kind, which differ in every size that may vary.

Knows of a model only what its forward is given. What is not listed here is left to torch.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

TEXT = ("input_ids", "attention_mask", "token_type_ids")
PIXELS = "pixel_values"
IMAGE = "image"  # of a detector, which takes pictures of any size, one at a time

Inputs = dict[str, Tensor]
Shape = tuple[int, ...]  # -1 where the size may vary


def shapes_of(model: Any, inputs: Mapping[str, Any]) -> dict[str, Shape] | None:
    """The shape of each input as a graph for them states it; None for inputs that no graph is made for.

    Texts vary in number and length, pictures for a classifier in number only: some networks work out their padding from
    the sides while they are traced. A detector's picture varies in both sides.
    """
    if any(not isinstance(value, Tensor) or value.device.type != "cpu" for value in inputs.values()):
        return None
    dimensions = {name: value.dim() for name, value in inputs.items()}
    if "input_ids" in inputs and set(inputs) <= set(TEXT) and set(dimensions.values()) == {2}:
        return dict.fromkeys(inputs, (-1, -1))
    if dimensions == {PIXELS: 4}:
        return {PIXELS: (-1, *inputs[PIXELS].shape[1:])}
    if dimensions == {IMAGE: 4} and hasattr(model, "stride") and inputs[IMAGE].shape[0] == 1:
        return {IMAGE: (1, 3, -1, -1)}
    return None


def usual_inputs(model: Any) -> Inputs | None:
    """What the model will most likely be given, small, to prepare its graph with; None where only a call can tell."""
    if hasattr(model, "stride"):
        return examples(model, {IMAGE: (1, 3, -1, -1)})[0]
    if getattr(model, "main_input_name", None) != "input_ids":
        return None
    return texts(model, 2, 7)


def examples(model: Any, shapes: Mapping[str, Shape]) -> tuple[Inputs, Inputs]:
    """Two sets of inputs of these shapes, of different sizes; always the same numbers."""
    if "input_ids" in shapes:
        return texts(model, 2, 7, shapes), texts(model, 3, 12, shapes)
    random = torch.Generator().manual_seed(0)
    if PIXELS in shapes:
        rest = shapes[PIXELS][1:]
        several, more = (torch.rand(count, *rest, generator=random) for count in (2, 3))
        return {PIXELS: several}, {PIXELS: more}
    stride: int = model.stride
    wide, high = (
        torch.rand(1, 3, height * stride, width * stride, generator=random) for height, width in ((2, 3), (4, 2))
    )
    return {IMAGE: wide}, {IMAGE: high}


def texts(model: Any, count: int, length: int, names: Iterable[str] | None = None) -> Inputs:
    """So many texts of `length` tokens, of several the last one shorter, with a second text behind the first third.

    Without `names` they have what the model's tokenizer will most likely give.
    """
    if names is None:
        names = TEXT if getattr(model.config, "type_vocab_size", 0) > 1 else TEXT[:2]
    numbers = torch.arange(count * length).reshape(count, length)
    mask = torch.ones(count, length, dtype=torch.long)
    if count > 1:
        mask[-1, length // 2 :] = 0
    types = (torch.arange(length) >= length // 3).long().expand(count, length).clone()
    padding = getattr(model.config, "pad_token_id", None) or 0
    ids = (numbers * 37 + 5) % (model.config.vocab_size - 1)
    ids += ids >= padding  # none of them is padding
    made = {"input_ids": torch.where(mask == 1, ids, padding), "attention_mask": mask, "token_type_ids": types}
    return {name: made[name] for name in names}

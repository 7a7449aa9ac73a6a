"""How real numbers become integer codes and back: the one mapping that recipes use and that pages show.

A code stands for `scale × (code − zero point)`. Scale and zero point are shared by a block of weights: the whole
matrix, one output of it, or a group of neighbours in a row. Knows matrices; knows nothing of models.
Source: Jacob et al. 2018, “Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference”, https://arxiv.org/abs/1712.05877, with the ranges that torch's observers choose.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import InvalidInput

if TYPE_CHECKING:
    from torch import Tensor

GRANULARITIES = ("tensor", "channel", "group")
SMALLEST_SCALE = 2.0**-23  # of a block of zeros, which would divide by zero; torch's observers take the same


@dataclass(frozen=True)
class Mapping:
    """The choices that decide which integer stands for a weight.

    `bits` is 2–8. A `symmetric` mapping has its zero point at code 0 and a range as wide to both sides; the other one
    (affine) spans from the smallest weight to the largest, zero included. `granularity` says what shares a scale: the
    whole “tensor”, a “channel” (all weights of one output), or a “group” of `group_size` neighbours in a channel.
    `clipping` is the percentile of a block's absolute weights that is still in range (50–100); what is beyond is cut
    to the range's end, so that the others get smaller steps.
    """

    bits: int = 8
    symmetric: bool = True
    granularity: str = "channel"
    group_size: int = 64
    clipping: float = 100.0

    def __post_init__(self) -> None:
        """Raises InvalidInput where a choice is out of its range."""
        if not 2 <= self.bits <= 8:
            raise InvalidInput(f"The number of bits cannot be {self.bits}. Choose 2 to 8.")
        if self.granularity not in GRANULARITIES:
            raise InvalidInput(f"“{self.granularity}” cannot share a scale. Choose one of {', '.join(GRANULARITIES)}.")
        if self.group_size < 1:
            raise InvalidInput("A group needs at least one weight.")
        if not 50 <= self.clipping <= 100:
            raise InvalidInput("The clipping percentile must be between 50 and 100.")

    @property
    def lowest(self) -> int:
        """The smallest code: −128 for 8 bits."""
        return -(1 << (self.bits - 1))

    @property
    def highest(self) -> int:
        """The largest code: 127 for 8 bits."""
        return (1 << (self.bits - 1)) - 1

    def quantize(self, weight: "Tensor") -> "Codes":
        """The codes of a matrix of shape (outputs, inputs)."""
        import torch

        blocks = self._blocks(weight.detach().float())
        scales, zero_points = self._scales(blocks)
        codes = torch.round(blocks / scales[:, None]) + zero_points[:, None]
        codes = codes.clamp(self.lowest, self.highest).to(torch.int8)
        return Codes(self, self._matrix(codes, weight.shape), scales, zero_points.to(torch.int64))

    def _scales(self, blocks: "Tensor") -> tuple["Tensor", "Tensor"]:
        limit = _percentile(blocks.abs(), self.clipping)
        largest = blocks.amax(dim=1).clamp(min=0).minimum(limit)
        smallest = blocks.amin(dim=1).clamp(max=0).maximum(-limit)
        if self.symmetric:
            scales = 2 * largest.maximum(-smallest) / (self.highest - self.lowest)
            return scales.clamp(min=SMALLEST_SCALE), scales.new_zeros(len(scales))
        scales = ((largest - smallest) / (self.highest - self.lowest)).clamp(min=SMALLEST_SCALE)
        return scales, (self.lowest - (smallest / scales).round()).clamp(self.lowest, self.highest)

    def _blocks(self, weight: "Tensor") -> "Tensor":
        """The weights that share a scale as rows; the last group of a channel is filled up with zeros."""
        from torch.nn.functional import pad

        if self.granularity == "tensor":
            return weight.reshape(1, -1)
        if self.granularity == "channel":
            return weight
        return pad(weight, (0, -weight.shape[1] % self.group_size)).reshape(-1, self.group_size)

    def _matrix(self, blocks: "Tensor", shape: tuple[int, ...]) -> "Tensor":
        return blocks.reshape(shape[0], -1)[:, : shape[1]]


@dataclass(frozen=True)
class Codes:
    """A matrix in integers: int8 `codes` of shape (outputs, inputs), and `scales` and `zero_points` of each block."""

    mapping: Mapping
    codes: "Tensor"
    scales: "Tensor"
    zero_points: "Tensor"

    def dequantize(self) -> "Tensor":
        """The real numbers that the codes stand for, fp32, of shape (outputs, inputs)."""
        blocks = self.mapping._blocks(self.codes.float())
        return self.mapping._matrix((blocks - self.zero_points[:, None]) * self.scales[:, None], self.codes.shape)

    @property
    def stored_bytes(self) -> int:
        """Bytes of the codes, packed as tightly as their bits allow, with an fp32 scale and a zero point per block."""
        scale_bytes = 4 if self.mapping.symmetric else 5
        return math.ceil(self.codes.numel() * self.mapping.bits / 8) + scale_bytes * len(self.scales)


def _percentile(values: "Tensor", percent: float) -> "Tensor":
    """The percentile of each row; the row's largest value for 100."""
    if percent == 100:
        return values.amax(dim=1)
    place = max(1, math.ceil(values.shape[1] * percent / 100))
    return values.kthvalue(place, dim=1).values

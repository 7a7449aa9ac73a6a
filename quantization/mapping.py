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

        blocks = self._blocks(weight.detach().float())  # (blocks, weights of a block)
        scales, zero_points = self._scales(blocks, weight.shape[1])  # (blocks,) each
        codes = torch.round(blocks / scales[:, None]) + zero_points[:, None]  # [:, None]: one for the whole row
        codes = codes.clamp(self.lowest, self.highest).to(torch.int8)
        return Codes(self, self._matrix(codes, weight.shape), scales, zero_points.to(torch.int64))

    def _scales(self, blocks: "Tensor", inputs: int) -> tuple["Tensor", "Tensor"]:
        """Scale and zero point of each block, so that its codes reach from its smallest weight to its largest.

        For example the weights −0.5, 0 and 1.5 in 2 bits, whose codes are −2 … 1. Symmetric: the range is −1.5 … 1.5,
        the scale 3 / 3 = 1, and the codes are 0 (of two equally near, the even one), 0 and 1 (2 is cut to it). Affine:
        the scale is 2 / 3, the zero point −2 − round(−0.5 / (2 / 3)) = −1, and the codes are −2, −1 and 1.
        """
        limit = self._limits(blocks, inputs)
        largest = blocks.amax(dim=1).clamp(min=0).minimum(limit)
        smallest = blocks.amin(dim=1).clamp(max=0).maximum(-limit)
        if self.symmetric:
            scales = 2 * largest.maximum(-smallest) / (self.highest - self.lowest)
            return scales.clamp(min=SMALLEST_SCALE), scales.new_zeros(len(scales))
        scales = ((largest - smallest) / (self.highest - self.lowest)).clamp(min=SMALLEST_SCALE)
        return scales, (self.lowest - (smallest / scales).round()).clamp(self.lowest, self.highest)

    def _limits(self, blocks: "Tensor", inputs: int) -> "Tensor":
        """How far from 0 the range of each block may reach: (blocks,).

        The zeros that fill up the last group of a channel are no weights, and not counted among them.
        """
        limits = _percentile(blocks.abs(), self.clipping)
        if self.granularity == "group" and (missing := -inputs % self._group(inputs)):
            groups = -(-inputs // self._group(inputs))  # of each channel, rounded up
            last = slice(groups - 1, None, groups)
            limits[last] = _percentile(blocks[last, :-missing].abs(), self.clipping)
        return limits

    def _blocks(self, weight: "Tensor") -> "Tensor":
        """The weights that share a scale as rows; the last group of a channel is filled up with zeros.

        For example 2 outputs with 5 inputs, in groups of 4: each row is filled up to [a b c d e 0 0 0] and becomes the
        blocks [a b c d] and [e 0 0 0]. Shapes: (2, 5), (2, 8), (4, 4). `_matrix` goes the same way back.
        """
        from torch.nn.functional import pad

        if self.granularity == "tensor":
            return weight.reshape(1, -1)
        if self.granularity == "channel":
            return weight
        size = self._group(weight.shape[1])
        missing = -weight.shape[1] % size  # −5 % 4 = 3
        return pad(weight, (0, missing)).reshape(-1, size)

    def _group(self, inputs: int) -> int:
        """How many neighbours share a scale: a channel with fewer `inputs` than a group is one group."""
        return min(self.group_size, inputs)

    def _matrix(self, blocks: "Tensor", shape: tuple[int, ...]) -> "Tensor":
        """The matrix of this shape whose `_blocks` these are, without the zeros that filled it up."""
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
    def steps(self) -> "Tensor":
        """The scale of each weight, by which the numbers of neighbouring codes differ: fp32, (outputs, inputs)."""
        blocks = self.mapping._blocks(self.codes.float())
        return self.mapping._matrix(self.scales[:, None].expand_as(blocks), self.codes.shape)

    @property
    def stored_bytes(self) -> int:
        """Bytes of the codes, packed as tightly as their bits allow, with an fp32 scale and a zero point per block."""
        scale_bytes = 4 if self.mapping.symmetric else 5
        return math.ceil(self.codes.numel() * self.mapping.bits / 8) + scale_bytes * len(self.scales)


def _percentile(values: "Tensor", percent: float) -> "Tensor":
    """The percentile of each row; the row's largest value for 100."""
    if percent == 100:
        return values.amax(dim=1)
    rank = max(1, math.ceil(values.shape[1] * percent / 100))  # counted from 1: the 95th of 100 for 95
    return values.kthvalue(rank, dim=1).values

"""What one mapping does to one matrix of weights: the error it makes, where it makes it, and what it costs in bits.

Every figure comes from `Mapping.quantize` and `Codes.dequantize`, which the recipes' int8 is described by as well.
Signal-to-noise ratio: 10 · log10(mean of the squared weights / mean of the squared errors), in decibels. Each bit
halves the step, so the squared error falls to a quarter: 6.02 dB a bit, as long as nothing is clipped. Source: Gray and
Neuhoff 1998, “Quantization”, IEEE Transactions on Information Theory 44(6), https://doi.org/10.1109/18.720541.
"""

import math
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.errors import InvalidInput
from quantization.mapping import GRANULARITIES, Codes, Mapping

if TYPE_CHECKING:
    from torch import Tensor

BITS = range(2, 9)
PICTURE_ROWS, PICTURE_COLUMNS = 64, 128
BINS = 80


@dataclass(frozen=True)
class Histogram:
    """How many weights lie in each bin, `before` and `after`; `edges` are one more than the bins."""

    edges: tuple[float, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True)
class Errors:
    """How far the weights of a matrix are from what is stored for them.

    `signal_to_noise` is in decibels, infinite where there is no error at all. `clipped_share` (0–1) are the weights
    beyond the range of their codes. `bits_per_weight` counts the scales and zero points too.
    """

    mapping: Mapping
    mean_square_error: float
    signal_to_noise: float
    clipped_share: float
    bits_per_weight: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; an infinite ratio is null."""
        ratio = self.signal_to_noise if math.isfinite(self.signal_to_noise) else None
        return asdict(self.mapping) | {
            "mean_square_error": self.mean_square_error,
            "signal_to_noise": ratio,
            "clipped_share": self.clipped_share,
            "bits_per_weight": self.bits_per_weight,
        }


@dataclass(frozen=True)
class TensorStudy:
    """The errors with the pictures of them.

    `weight_picture` and `error_picture` have at most 64 × 128 cells, outputs down and inputs across: the mean absolute
    weight in each, and the mean absolute error. `mean_weight` is that of all.
    """

    errors: Errors
    histogram: Histogram
    weight_picture: tuple[tuple[float, ...], ...]
    error_picture: tuple[tuple[float, ...], ...]
    mean_weight: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return self.errors.as_dict() | {
            "mean_weight": self.mean_weight,
            "histogram": asdict(self.histogram),
            "weight_picture": self.weight_picture,
            "error_picture": self.error_picture,
        }


def study(weights: "Tensor", mapping: Mapping) -> TensorStudy:
    """Quantize a matrix of shape (outputs, inputs) and compare.

    Raises:
        InvalidInput: it is not such a matrix, is empty, or holds numbers that are not finite.
    """
    _require_matrix(weights)
    codes = mapping.quantize(weights)
    stored = codes.dequantize()
    return TensorStudy(
        errors=_errors(weights, codes, stored),
        histogram=_histogram(weights, stored, codes.scales.median().item()),
        weight_picture=_picture(weights.abs()),
        error_picture=_picture((weights - stored).abs()),
        mean_weight=weights.abs().mean().item(),
    )


def measure_errors(weights: "Tensor", mapping: Mapping) -> Errors:
    """The errors alone, without pictures. Raises InvalidInput as `study` does."""
    _require_matrix(weights)
    codes = mapping.quantize(weights)
    return _errors(weights, codes, codes.dequantize())


def compare_granularities(
    weights: "Tensor", mapping: Mapping, cancelled: threading.Event | None = None
) -> Iterator[Errors]:
    """The errors for 2 to 8 bits with each granularity, the other choices as they are in `mapping`.

    Raises:
        Cancelled: between two of them, once `cancelled` is set.
        InvalidInput: as `study` does.
    """
    for granularity in GRANULARITIES:
        for bits in BITS:
            stop_if(cancelled)
            yield measure_errors(weights, replace(mapping, bits=bits, granularity=granularity))


def count_mappings() -> int:
    """How many mappings `compare_granularities` tries."""
    return len(GRANULARITIES) * len(BITS)


def _require_matrix(weights: "Tensor") -> None:
    if weights.dim() != 2 or weights.numel() == 0:
        raise InvalidInput("Only a matrix of weights can be studied, with outputs and inputs.")
    if not weights.isfinite().all():
        raise InvalidInput("These weights are not all finite, so there is nothing to measure.")


def _errors(weights: "Tensor", codes: Codes, stored: "Tensor") -> Errors:
    difference = weights.double() - stored.double()  # sums of very small squares
    noise, signal = difference.square().mean().item(), weights.double().square().mean().item()
    return Errors(
        mapping=codes.mapping,
        mean_square_error=noise,
        signal_to_noise=10 * math.log10(signal / noise) if noise else math.inf,
        clipped_share=_clipped_share(difference, codes),
        bits_per_weight=8 * codes.stored_bytes / weights.numel(),
    )


def _clipped_share(difference: "Tensor", codes: Codes) -> float:
    """Rounding is off by half a step at most: what is farther off was beyond the last code."""
    return (difference.abs() > 0.501 * codes.steps).double().mean().item()  # and 0.001 for fp32's own rounding


def _histogram(weights: "Tensor", stored: "Tensor", step: float) -> Histogram:
    """Bins that are whole steps wide, or a whole part of one, with levels in their middle.

    Other widths would hold now two levels and now three, and show teeth that the weights do not have.
    """
    import numpy as np

    lowest, highest = min(weights.min(), stored.min()).item(), max(weights.max(), stored.max()).item()
    steps = (highest - lowest) / step
    whole = max(1, round(steps / BINS))
    width = step * whole if steps >= BINS else step / (1 + 2 * round((BINS / max(steps, 1) - 1) / 2))
    offset = min(step, width) / 2
    first, last = math.floor((lowest - offset) / width), math.floor((highest - offset) / width) + 1
    edges = offset + width * np.arange(first, last + 1)
    before, after = (np.histogram(values.numpy(), edges)[0].tolist() for values in (weights, stored))
    return Histogram(tuple(edges.tolist()), tuple(before), tuple(after))


def _picture(sizes: "Tensor") -> tuple[tuple[float, ...], ...]:
    from torch.nn.functional import adaptive_avg_pool2d

    rows, columns = (min(size, most) for size, most in zip(sizes.shape, (PICTURE_ROWS, PICTURE_COLUMNS), strict=True))
    return tuple(map(tuple, adaptive_avg_pool2d(sizes[None], (rows, columns))[0].tolist()))

"""How far outputs of fewer bits are off, and how far they may be.

Nothing exact can be asked of 8 bits, so the question is what a user would see of it: whether outputs that differ still
differ in the same way. The yardstick is how much a model's outputs vary over examples, and `noise` what part of that
is error. With 10 % a classifier's first label changes where two were nearly equal; with 100 % it tells dice.
"""

from collections.abc import Iterable, Sequence

from torch import Tensor

from models.errors import PrecisionNotApplicable


def require_little_noise(found: float, most: float) -> None:
    """Raise PrecisionNotApplicable, with both shares in the sentence, where there is more noise than the most."""
    if not found <= most:
        raise PrecisionNotApplicable(
            f"8 bits are too few for this model: on examples its outputs were off by {_percent(found)} of how much "
            f"they vary, and {most:.0%} is accepted. Choose openvino or fp32."
        )


def noise(found: Iterable[Sequence[Tensor]], expected: Iterable[Sequence[Tensor]]) -> float:
    """How far outputs are from those expected, as a share of how much the latter vary: of the worst kind of output.

    Both are root mean squares over all examples and numbers. Infinite for other shapes, and where one is no number.
    """
    kinds = zip(zip(*found, strict=True), zip(*expected, strict=True), strict=True)
    return max(_noise_of_kind(one, other) for one, other in kinds)


def _noise_of_kind(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    if any(one.shape != other.shape for one, other in zip(found, expected, strict=True)):
        return float("inf")
    off = sum(float((one.double() - other.double()).square().sum()) for one, other in zip(found, expected, strict=True))
    if off == 0:
        return 0.0
    mean = sum(float(each.double().sum()) for each in expected) / sum(each.numel() for each in expected)
    varied = sum(float((each.double() - mean).square().sum()) for each in expected)
    share = (off / varied) ** 0.5 if varied else float("inf")
    return share if share == share else float("inf")


def _percent(share: float) -> str:
    return f"{share:.0%}" if share < 10 else "far more than all"

"""The layer that multiplies with int8 weights and quantizes what comes in at each call, by torch's kernels."""

import functools

import torch
from torch import Tensor
from torch.ao.nn.quantized.dynamic import Linear

SMALLEST = 1e-12  # what a token of zeros is divided by
# Tokens with similar numbers can share a step size, which takes half the time: so many times the middle one is similar.
SPREAD = 3.0


class Int8Linear(Linear):
    """torch's dynamically quantized layer, with steps that suit each token, and 256 of them wherever that is safe.

    torch's own has one step size for all tokens of a text, so that one with large numbers takes the precision of all
    others; and 128 steps on every processor, because some overflow with more. A step size for each token is from
    Yao et al. 2022, “ZeroQuant”, https://arxiv.org/abs/2206.01861: here each row is divided by its largest number
    before, and multiplied after, where the rows differ enough.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None):
        """`weight`: a quantized tensor of type qint8 and shape (outputs, inputs); `bias`: fp32, or None."""
        # Made small: its own empty weights would be packed for nothing.
        super().__init__(1, 1)  # type: ignore[no-untyped-call]  # torch has no types for it
        self.set_weight_bias(weight, bias)
        self.out_features, self.in_features = weight.shape
        self.added = bias  # kept beside the packed one, which can be read only by unpacking all weights
        self.reduce_range = overflows(torch.backends.quantized.engine)

    def forward(self, activations: Tensor) -> Tensor:
        """fp32 of shape (…, inputs) to fp32 of shape (…, outputs).

        For example two tokens whose largest numbers are 0.5 and 50. A step for both is 100 / 255 ≈ 0.39, and all that
        the first one says falls on the three codes −1, 0 and 1. Each divided by its own largest number, both have 256.
        """
        if activations.dim() < 2 or activations.shape[-2] <= 1:  # a step of writing: beams of one text are much alike
            return self._multiply(activations)
        # Of each token, (…, tokens, 1): it divides (…, tokens, inputs) and multiplies (…, tokens, outputs). This takes
        # a twentieth of the time of the norm that torch has for it.
        largest = torch.maximum(activations.amax(dim=-1, keepdim=True), -activations.amin(dim=-1, keepdim=True))
        if largest.max() <= SPREAD * largest.median():
            return self._multiply(activations)
        largest = largest.clamp(min=SMALLEST)
        product = self._multiply(activations / largest)
        # The bias, (outputs,), is in the product already and must not be multiplied: bias + largest × (product − bias).
        return product.mul_(largest) if self.added is None else torch.lerp(self.added, product, largest)

    def _multiply(self, activations: Tensor) -> Tensor:
        packed = self._packed_params._packed_params
        # Without `.default`, torch searches for the right overload at each call: 5 % of T5's time.
        product: Tensor = torch.ops.quantized.linear_dynamic.default(activations, packed, self.reduce_range)
        return product


@functools.cache
def overflows(engine: str) -> bool:
    """Whether this engine's kernels overflow here with 8-bit activations. Found out by trying: `engine` must be set.

    Without VNNI, x86 adds pairs of products in 16 bits: 2 × 255 × 127 does not fit.
    """
    size = 64
    largest = torch.full((size, size), 127, dtype=torch.int8)
    scales, zero_points = torch.full((size,), 1 / 127, dtype=torch.float64), torch.zeros(size, dtype=torch.int64)
    weight = torch._make_per_channel_quantized_tensor(largest, scales, zero_points, 0)
    packed = torch.ops.quantized.linear_prepack(weight, None)
    sums = torch.ops.quantized.linear_dynamic(torch.ones(size, size), packed, reduce_range=False)
    return bool((sums - size).abs().max() > 1)

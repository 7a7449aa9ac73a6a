"""What a pipeline of diffusers needs before it is there: its weights, and what it computes with while it draws.

The weights are a count of parameters times their bytes. What comes on top was measured: the most is needed when the
picture is decoded, 0.36 GB at 256 × 256 and 1.04 GB at 512 × 512 pixels in fp32 with the decoder of Stable Diffusion
(the network that draws needs 0.20 and 0.48 GB), which is 3,500 bytes a pixel and 0.13 GB.
"""

import math
from dataclasses import dataclass

from models.catalog import ModelCard
from models.weights import hub
from models.weights.completeness import stored_in
from models.weights.diffusers_folder import weight_files

BYTES_A_NUMBER = {"fp32": 4, "bf16": 2, "fp16": 2}
PIXEL_BYTES, FIXED_BYTES = 3_500, 130_000_000  # in fp32
SIDE = 512  # pixels of a picture whose size was not chosen


@dataclass(frozen=True)
class PipelineMemory:
    """Bytes for the weights, None where their number is not known yet, and for the work on one picture."""

    weights: int | None
    work: int

    @property
    def total(self) -> int:
        """All that is known of."""
        return (self.weights or 0) + self.work


def pipeline_memory(card: ModelCard, precision: str, width: int | None, height: int | None) -> PipelineMemory:
    """What the pipeline of `card` needs for one picture of so many pixels; None: the size that it learned with.

    `precision` is the name of a plain one; of any other, as of “auto”, fp32 is said.
    """
    each = BYTES_A_NUMBER.get(precision, BYTES_A_NUMBER["fp32"])
    count = card.parameters or _stored_numbers(card)
    pixels = (width or SIDE) * (height or SIDE)
    work = (PIXEL_BYTES * pixels + FIXED_BYTES) * each // BYTES_A_NUMBER["fp32"]
    return PipelineMemory(None if count is None else count * each, work)


def _stored_numbers(card: ModelCard) -> int | None:
    """How many numbers the files of a pipeline hold, by their headers; None where they are not here."""
    folder = hub.locate(card)
    if folder is None:
        return None
    headers = (stored_in(file)[0] for file in weight_files(folder))
    return sum(math.prod(weight["shape"]) for header in headers for weight in header.values()) or None

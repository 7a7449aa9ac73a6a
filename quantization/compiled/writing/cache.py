"""What a model has read and written so far, as `generate` of transformers carries it from token to token."""

import weakref
from typing import Any

import numpy
from torch import LongTensor
from transformers import Cache

from quantization.compiled.program import Program


class CompiledCache(Cache):
    """A request of OpenVINO, inside which keys and values stay. Whoever drops the cache gives the request back."""

    is_compileable = False  # by torch

    def __init__(self, program: Program, rows: int):
        super().__init__(layers=[])
        self.request = program.take()
        self.request.reset_state()
        self.order = numpy.arange(rows, dtype=numpy.int32)
        self.length = 0  # tokens of each row
        weakref.finalize(self, program.give_back, self.request).atexit = False

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """How many tokens of each row have been read."""
        return self.length

    def reorder_cache(self, beam_idx: LongTensor) -> None:
        """Let each row go on from another one's tokens, from the next step on."""
        self.order = self.order[beam_idx.numpy()]

    def has_read(self, count: int) -> None:
        """So many tokens more, in the rows' present order."""
        self.length += count
        self.order = numpy.arange(len(self.order), dtype=numpy.int32)

    def update(self, *given: Any, **named: Any) -> Any:
        """Raises NotImplementedError: a layer of torch's cannot add to it."""
        raise NotImplementedError("What OpenVINO remembers is inside its request.")

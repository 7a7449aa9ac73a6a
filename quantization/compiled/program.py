"""A graph of OpenVINO in the layout of this processor, for as many threads as torch computes with."""

import os
import threading
from collections import OrderedDict
from typing import Any

import torch

from quantization.compiled.library import core

MOST_THREAD_COUNTS = 2  # each holds the weights in a layout of its own


class Programs:
    """The programs of one graph, one for each number of threads."""

    def __init__(self, graph: Any, arithmetic: str, in_groups: int = 0):
        """`arithmetic` is f32 or bf16. `in_groups`: of how many of a layer's inputs each group is rounded to 8 bits."""
        self._graph, self._arithmetic, self._in_groups = graph, arithmetic, in_groups
        self._compiled: OrderedDict[int, Program] = OrderedDict()
        self._compiling = threading.Lock()

    @property
    def copies(self) -> int:
        """How often the weights are held: once, or once for each number of threads."""
        return max(1, len(self._compiled))

    def now(self) -> "Program":
        """The one for the number of threads that torch has in this thread."""
        threads = torch.get_num_threads()
        with self._compiling:
            if threads not in self._compiled:
                self._compiled[threads] = Program(self._graph, self._arithmetic, threads, self._in_groups)
                while len(self._compiled) > MOST_THREAD_COUNTS:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(threads)
            return self._compiled[threads]


class Program:
    """Several threads may take a request each, which holds the memory of a call, and give it back."""

    def __init__(self, graph: Any, arithmetic: str, threads: int, in_groups: int = 0):
        processors = max(threads, os.cpu_count() or 1)
        self.compiled = core().compile_model(
            graph,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": arithmetic,  # stated, or a processor with bf16 units computes in bf16
                "KV_CACHE_PRECISION": arithmetic,  # else what a model has read is kept in 8 bits
                "DYNAMIC_QUANTIZATION_GROUP_SIZE": in_groups,
                "INFERENCE_NUM_THREADS": processors,
                "NUM_STREAMS": processors // threads,  # so that each call gets as many threads as torch would take
                "ENABLE_CPU_PINNING": False,  # other programs want these cores as well
            },
        )
        self._idle: list[Any] = []  # appending and popping are safe between threads

    def take(self) -> Any:
        """A request that nobody else has."""
        try:
            return self._idle.pop()
        except IndexError:
            return self.compiled.create_infer_request()

    def give_back(self, request: Any) -> None:
        """For the next caller."""
        self._idle.append(request)

"""One layer of one model, quantized: everything that a page shows and a terminal prints, in one object."""

from dataclasses import dataclass
from typing import Any

from quantization.result_files import csv_text
from quantization.see.tensor_sample import Sample
from quantization.see.tensor_study import Errors, TensorStudy


@dataclass(frozen=True)
class TensorReport:
    """A sample of a layer, what a mapping does to it, and what other mappings would do.

    `outlier` says that one of its weights was made larger. `comparison` may be incomplete where somebody pressed Stop.
    """

    model_id: str
    sample: Sample
    outlier: bool
    study: TensorStudy
    comparison: tuple[Errors, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        rows, columns = self.sample.weights.shape
        return {
            "model": self.model_id,
            "layer": self.sample.layer.as_dict(),
            "sampled": {"outputs": rows, "inputs": columns, "whole": self.sample.whole},
            "outlier": self.outlier,
            **self.study.as_dict(),
            "comparison": [errors.as_dict() for errors in self.comparison],
        }

    def to_csv(self) -> str:
        """A row for each mapping of the comparison, after that of the one that was chosen."""
        return csv_text(errors.as_dict() for errors in (self.study.errors, *self.comparison))


def sample_text(sample: Sample) -> str:
    """How many weights a layer has, and how many of them are in the sample, in words."""
    layer, (rows, columns) = sample.layer, sample.weights.shape
    total = f"{layer.outputs:,} outputs × {layer.inputs:,} inputs = {layer.outputs * layer.inputs:,} weights"
    if sample.whole:
        return f"{total}, all of them"
    part = f"{rows:,} evenly spaced outputs" + ("" if columns == layer.inputs else f", the first {columns:,} inputs")
    return f"{total}; a sample of {rows * columns:,}: {part}"

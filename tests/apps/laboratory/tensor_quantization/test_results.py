"""The figures of a quantized layer in words."""

from pathlib import Path
from typing import Any

from apps.laboratory.tensor_quantization.results import clipping_text
from quantization.mapping import Mapping
from quantization.see.tensor_study import measure_errors
from tests.conftest import TinyModels

ATTENTION = "transformer.h.0.attn.c_attn"


def weights_of(folder: Path, name: str) -> Any:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")[f"{name}.weight"].t()


def test_clipping_is_compared_with_no_clipping(tiny_models: TinyModels) -> None:
    from quantization.see.tensor_sample import LayerShape, Sample

    weights = weights_of(tiny_models.gpt2(), ATTENTION)
    sample = Sample(LayerShape(ATTENTION, "attention", None, *weights.shape), weights)
    assert clipping_text(sample, measure_errors(weights, Mapping(8))) is None
    change = clipping_text(sample, measure_errors(weights, Mapping(8, clipping=90)))
    assert change.startswith("-")
    assert change.endswith("dB by clipping")

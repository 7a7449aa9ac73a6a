"""The plain precisions, and the refusals."""

import pytest
import torch
from torch import nn

from models.catalog import Task
from models.errors import PrecisionNotApplicable
from models.precision import BF16, FP16, FP32, PLAIN_PRECISIONS, PlainPrecision, applies, require_applicable

DTYPES = {FP32: torch.float32, BF16: torch.bfloat16, FP16: torch.float16}


@pytest.mark.parametrize("precision", PLAIN_PRECISIONS, ids=lambda precision: precision.name)
def test_plain_precision_states_its_dtype_and_applies_it(precision: PlainPrecision) -> None:
    assert precision.load_arguments("cpu") == {"dtype": DTYPES[precision]}
    assert precision.apply(nn.Linear(2, 2)).weight.dtype == DTYPES[precision]
    assert precision.explanation.endswith(".")


def test_fp16_needs_cuda() -> None:
    assert not applies(FP16, "cpu", Task.TEXT_GENERATION)
    assert applies(FP16, "cuda", Task.TEXT_GENERATION)


def test_refusal_of_a_device_names_what_does_apply() -> None:
    with pytest.raises(PrecisionNotApplicable, match=r"“fp16” does not apply on the device “cpu”\..*: fp32, bf16\.$"):
        require_applicable(FP16, "cpu", Task.TEXT_GENERATION)


def test_refusal_of_a_task_names_what_does_apply() -> None:
    only_text = PlainPrecision("only-text", "float32", "A test.", tasks=frozenset({Task.TEXT_GENERATION}))
    with pytest.raises(PrecisionNotApplicable, match=r"to object detection models\..*: fp32, bf16\.$"):
        require_applicable(only_text, "cpu", Task.OBJECT_DETECTION)


def test_what_applies_passes() -> None:
    for precision in (FP32, BF16):
        for task in Task:
            require_applicable(precision, "cpu", task)


def test_fp16_leaves_in_fp32_what_transformers_keeps_there_against_overflow(tiny_models) -> None:
    from transformers import AutoModelForSeq2SeqLM

    loaded = AutoModelForSeq2SeqLM.from_pretrained(tiny_models.t5(), **FP16.load_arguments("cuda"))
    dense = FP16.apply(loaded).encoder.block[0].layer[-1].DenseReluDense
    assert dense.wi.weight.dtype == torch.float16
    assert dense.wo.weight.dtype == torch.float32

"""The plain precisions, the refusals, and what a folder says of the precision that it was saved in."""

from pathlib import Path

import pytest
import torch
from torch import nn

from models.catalog import Task
from models.errors import PrecisionNotApplicable
from models.precision import (
    BF16,
    FP16,
    FP32,
    LONGEST_NAME,
    PLAIN_PRECISIONS,
    PRECISION_FILE,
    PlainPrecision,
    Precision,
    SavedPrecision,
    applies,
    read_saved,
    require_applicable,
    write_saved,
)
from models.weights.cards import local_card
from tests.conftest import TinyModels

DTYPES = {FP32: torch.float32, BF16: torch.bfloat16, FP16: torch.float16}


@pytest.mark.parametrize("precision", PLAIN_PRECISIONS, ids=lambda precision: precision.name)
def test_plain_precision_states_its_dtype_and_applies_it(precision: PlainPrecision) -> None:
    assert precision.load_arguments("cpu") == {"dtype": DTYPES[precision]}
    assert precision.apply(nn.Linear(2, 2)).weight.dtype == DTYPES[precision]
    assert precision.explanation.endswith(".")


def test_a_plain_precision_is_a_precision_for_a_type_checker_too() -> None:
    default: Precision = FP32  # mypy reads this line; frozen attributes satisfy what is only read
    assert default.name == "fp32"


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


def test_fp16_leaves_in_fp32_what_transformers_keeps_there_against_overflow(tiny_models: TinyModels) -> None:
    from transformers import AutoModelForSeq2SeqLM

    loaded = AutoModelForSeq2SeqLM.from_pretrained(tiny_models.t5(), **FP16.load_arguments("cuda"))
    dense = FP16.apply(loaded).encoder.block[0].layer[-1].DenseReluDense
    assert dense.wi.weight.dtype == torch.float16
    assert dense.wo.weight.dtype == torch.float32


@pytest.mark.parametrize("quantized", [True, False])
def test_what_is_written_is_read(tmp_path: Path, quantized: bool) -> None:
    write_saved(tmp_path, "int8", quantized)
    assert read_saved(tmp_path) == SavedPrecision("int8", quantized)
    card = local_card("mine", tmp_path, Task.TEXT_GENERATION)
    assert (card.saved_in, card.precision) == ("int8", "int8" if quantized else None)


def test_other_folders_have_none(tmp_path: Path) -> None:
    assert read_saved(tmp_path) is None
    card = local_card("mine", tmp_path, Task.TEXT_GENERATION)
    assert (card.saved_in, card.precision, card.summary) == (None, None, "A model from this machine.")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[1]", b'{"precision": 8}', b'{"quantized": false, "precision": null}', b"[" * 99999]
)
def test_a_damaged_file_names_no_precision(tmp_path: Path, content: bytes) -> None:
    (tmp_path / PRECISION_FILE).write_bytes(content)
    saved = read_saved(tmp_path)
    assert saved is not None
    assert saved.name == ""


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    write_saved(tmp_path, "x" * 5000, quantized=True)
    saved = read_saved(tmp_path)
    assert saved is not None
    assert len(saved.name) == LONGEST_NAME

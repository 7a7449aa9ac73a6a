"""Every precision: its name, where it applies, and that a model saved in it comes back with the same numbers."""

import subprocess
import sys

import pytest
import torch

from models.catalog import Task
from models.errors import PrecisionNotApplicable, UnsupportedCheckpoint
from models.precision import FP32, PRECISION_FILE, Precision, applies, require_applicable
from quantization.recipes import (
    BNB_INT8,
    BNB_NF4,
    INT8,
    OPENVINO_BF16,
    PRECISION_NAMES,
    PRECISIONS,
    find_precision,
    own_precision,
)
from tests.quantization.wide import GPT2, KINDS, Kind, card_of, load, run, save

CASES = [
    pytest.param(kind, precision, id=f"{kind.name}-{precision.name}")
    for kind in KINDS
    for precision in PRECISIONS
    if applies(precision, "cpu", kind.task) and precision is not OPENVINO_BF16  # not every processor has it
]
TEXT_TASKS = tuple(task for task in Task if task.row.reads_text)


def test_one_list_in_the_order_that_pages_show() -> None:
    assert (
        *("fp32", "bf16", "fp16"),
        *("int8-linear", "int8", "int8-tied", "int8-embeddings"),
        *("bnb-int8", "bnb-nf4", "bnb-nf4-double"),
        *("openvino", "openvino-bf16", "openvino-int8"),
    ) == PRECISION_NAMES


@pytest.mark.parametrize("name", PRECISION_NAMES)
def test_each_is_found_by_its_name_and_explains_itself(name) -> None:
    precision = find_precision(name)
    assert precision.name == name
    assert precision.explanation.endswith(".")
    assert precision.touches


def test_an_unknown_name_is_refused_naming_all_that_exist() -> None:
    with pytest.raises(PrecisionNotApplicable, match="no precision “int4”") as refusal:
        find_precision("int4")
    assert all(name in str(refusal.value) for name in PRECISION_NAMES)


@pytest.mark.parametrize("task", TEXT_TASKS)
def test_int8_is_for_text_models_on_the_cpu(task) -> None:
    assert applies(INT8, "cpu", task)
    assert not applies(INT8, "cuda", task)


@pytest.mark.parametrize("precision", [BNB_INT8, BNB_NF4], ids=lambda precision: precision.name)
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_bitsandbytes_is_for_text_models_on_both_devices(precision, device) -> None:
    assert all(applies(precision, device, task) for task in TEXT_TASKS)
    assert not applies(precision, device, Task.OBJECT_DETECTION)


def test_refusing_int8_on_cuda_names_what_applies_there() -> None:
    with pytest.raises(PrecisionNotApplicable) as refusal:
        require_applicable(INT8, "cuda", Task.TEXT_GENERATION, PRECISIONS)
    assert str(refusal.value) == (
        "The precision “int8” does not apply on the device “cuda”. Choose one of: fp32, bf16, fp16, bnb-int8, "
        "bnb-nf4, bnb-nf4-double."
    )


def test_refusing_int8_for_detection_names_what_applies_to_it() -> None:
    with pytest.raises(PrecisionNotApplicable) as refusal:
        require_applicable(INT8, "cpu", Task.OBJECT_DETECTION, PRECISIONS)
    assert str(refusal.value) == (
        "The precision “int8” does not apply to object detection models. Choose one of: fp32, bf16, openvino, "
        "openvino-bf16, openvino-int8."
    )


def test_fp32_applies_everywhere() -> None:
    assert all(applies(FP32, device, task) for device in ("cpu", "cuda") for task in Task)


def test_listing_precisions_imports_no_heavy_library() -> None:
    check = (
        "import sys, quantization.recipes as r; r.find_precision('int8');"
        "heavy = {'torch', 'transformers', 'bitsandbytes', 'openvino'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=300)


# Saved and loaded again


@pytest.mark.parametrize(("kind", "precision"), CASES)
def test_a_saved_model_gives_the_same_scores_and_tokens(wide, tmp_path, kind: Kind, precision: Precision) -> None:
    used = load(kind, wide[kind], precision)
    scores, tokens = run(used)
    folder = save(kind, wide[kind], precision, tmp_path / "saved")
    assert own_precision(card_of(kind, folder)) is precision
    again = load(kind, folder, precision)
    scores_again, tokens_again = run(again)
    assert torch.equal(tokens_again, tokens)
    assert torch.equal(scores_again, scores)
    assert again.footprint == pytest.approx(used.footprint, rel=0.001)


@pytest.mark.parametrize(
    "content", ['{"precision": "int3"}', '{"precision": 8}', '{"precision": "' + "x" * 9999 + '"}', "no json"]
)
def test_a_folder_in_a_precision_that_does_not_exist_is_refused(wide, tmp_path, content: str) -> None:
    folder = save(GPT2, wide[GPT2], FP32, tmp_path / "saved")
    (folder / PRECISION_FILE).write_text(content)
    with pytest.raises(UnsupportedCheckpoint, match="a precision that does not exist here") as refused:
        own_precision(card_of(GPT2, folder))
    assert len(str(refused.value)) < 500

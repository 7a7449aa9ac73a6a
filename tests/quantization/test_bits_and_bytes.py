"""Models of any shape in the precisions of bitsandbytes, and what of them can be saved and read again."""

import sys

import pytest
import torch
from bitsandbytes.functional import has_avx512bf16
from bitsandbytes.nn import Linear4bit, Linear8bitLt
from transformers import (
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    GPT2Config,
    GPT2LMHeadModel,
)

from models.catalog import ModelCard, Task
from models.device import footprint
from models.errors import InvalidInput, PrecisionNotApplicable, UnsupportedCheckpoint
from models.precision import write_saved
from models.weights.cards import find_card
from models.weights.pretrained import load_pretrained
from quantization.bits_and_bytes import load_arguments
from quantization.recipes import BNB_INT8, BNB_NF4, find_precision
from tests.quantization.wide import GPT2, load, refusal, run, save

LAYERS = {"bnb-int8": Linear8bitLt, "bnb-nf4": Linear4bit}
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")


@pytest.fixture(scope="module")
def gpt2_256(tmp_path_factory, tiny_models) -> ModelCard:
    """Wide enough for the blocks of the CPU's fused 4-bit kernel, with the tokenizer of the tiny one."""
    import shutil

    folder = tmp_path_factory.mktemp("gpt2-256")
    shutil.copytree(tiny_models.gpt2(), folder, dirs_exist_ok=True)
    vocabulary = GPT2Config.from_pretrained(folder).vocab_size
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=vocabulary, n_positions=128, n_embd=256, n_layer=2, n_head=4)
    GPT2LMHeadModel(config).save_pretrained(folder)
    return find_card(str(folder), Task.TEXT_GENERATION)


@torch.inference_mode()
def outputs(loaded) -> torch.Tensor:
    ids = loaded.tokenizer("Me gusta mucho", return_tensors="pt")["input_ids"].to(loaded.device.type)
    inputs = {"input_ids": ids}
    if loaded.card.task == Task.TEXT_TO_TEXT:
        inputs["decoder_input_ids"] = ids
    return loaded.model(**inputs)[0].float().cpu()


@pytest.mark.parametrize("precision", [BNB_INT8, BNB_NF4], ids=lambda precision: precision.name)
@pytest.mark.parametrize(
    ("task", "auto_class", "fixture"),
    [
        (Task.TEXT_GENERATION, AutoModelForCausalLM, "gpt2"),
        (Task.TEXT_TO_TEXT, AutoModelForSeq2SeqLM, "t5"),
        (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering, "bert_qa"),
        (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering, "roberta_qa"),
    ],
)
def test_tiny_models_of_any_shape_run_on_the_cpu(tiny_models, precision, task, auto_class, fixture, caplog) -> None:
    card = find_card(str(getattr(tiny_models, fixture)()), task)
    loaded = load_pretrained(auto_class, card, "cpu", precision)
    assert any(isinstance(module, LAYERS[precision.name]) for module in loaded.model.modules())
    assert {parameter.device.type for parameter in loaded.model.parameters()} == {"cpu"}
    assert outputs(loaded).isfinite().all()
    assert loaded.footprint < load_pretrained(auto_class, card, "cpu").footprint / 2
    assert [record.message for record in caplog.records if record.name.startswith("bitsandbytes")] == []


@pytest.mark.parametrize(("precision", "least_decibels"), [(BNB_INT8, 25), (BNB_NF4, 10)])
def test_scores_stay_near_fp32_on_the_cpu(gpt2_256, precision, least_decibels) -> None:
    exact = outputs(load_pretrained(AutoModelForCausalLM, gpt2_256, "cpu"))
    found = outputs(load_pretrained(AutoModelForCausalLM, gpt2_256, "cpu", precision))
    assert 10 * torch.log10(exact.var() / (exact - found).var()) > least_decibels


def test_the_head_stays_in_bf16(gpt2_256, tiny_models) -> None:
    model = load_pretrained(AutoModelForCausalLM, gpt2_256, "cpu", BNB_INT8).model
    assert type(model.lm_head) is torch.nn.Linear
    card = find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)
    model = load_pretrained(AutoModelForQuestionAnswering, card, "cpu", BNB_INT8).model
    assert type(model.qa_outputs) is torch.nn.Linear


@needs_cuda
@pytest.mark.parametrize("precision", [BNB_INT8, BNB_NF4], ids=lambda precision: precision.name)
def test_scores_stay_near_fp32_on_cuda(gpt2_256, precision) -> None:
    exact = outputs(load_pretrained(AutoModelForCausalLM, gpt2_256, "cpu"))
    loaded = load_pretrained(AutoModelForCausalLM, gpt2_256, "cuda", precision)
    assert {parameter.device.type for parameter in loaded.model.parameters()} == {"cuda"}
    found = outputs(loaded)
    assert 10 * torch.log10(exact.var() / (exact - found).var()) > 10


def test_the_device_that_was_asked_for_is_the_one_that_is_used() -> None:
    assert BNB_NF4.load_arguments("cpu")["device_map"] == {"": "cpu"}
    assert BNB_INT8.load_arguments("cuda")["device_map"] == {"": "cuda"}


def test_nf4_computes_in_bf16_where_the_processor_knows_it(monkeypatch) -> None:
    def compute_dtype(device: str) -> torch.dtype:
        return load_arguments("bnb-nf4", 4, device)["quantization_config"].bnb_4bit_compute_dtype

    monkeypatch.setattr("bitsandbytes.functional.has_avx512bf16", lambda: True)
    assert compute_dtype("cpu") == torch.bfloat16
    monkeypatch.setattr("bitsandbytes.functional.has_avx512bf16", lambda: False)
    assert compute_dtype("cpu") == torch.float32
    assert compute_dtype("cuda") == torch.bfloat16


def test_without_bitsandbytes_the_refusal_says_what_to_choose(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(PrecisionNotApplicable, match=r"“bnb-nf4” needs bitsandbytes.* Choose fp32, bf16 or int8"):
        BNB_NF4.load_arguments("cpu")


# Saved folders


@pytest.mark.skipif(not has_avx512bf16(), reason="the kernel that repacks weights needs a CPU with AVX-512 bf16")
def test_nf4_that_has_run_is_refused_where_the_kernel_repacks(wide, tmp_path) -> None:
    used = load(GPT2, wide[GPT2], BNB_NF4)
    run(used)
    footprint(used.model)  # which unpacks the weights again, but not to what they were
    with pytest.raises(InvalidInput, match=r"bnb-nf4 can only be saved before its first run.* Load it again"):
        BNB_NF4.save(used.model, tmp_path)


def test_a_bitsandbytes_folder_of_another_kind_is_refused(wide, tmp_path) -> None:
    folder = save(GPT2, wide[GPT2], BNB_NF4, tmp_path / "nf4")
    write_saved(folder, "bnb-int8", quantized=True)
    assert "bnb-int8 was expected" in refusal(folder, find_precision("bnb-int8"), UnsupportedCheckpoint)
    for claimed in ("int8", "fp32"):
        write_saved(folder, claimed, quantized=True)
        refusal(folder, find_precision(claimed), UnsupportedCheckpoint)

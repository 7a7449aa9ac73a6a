"""Dynamic int8 against fp32, layer by layer, and what each of its scopes touches."""

import copy
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import (
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    GPT2Config,
    GPT2LMHeadModel,
)
from transformers.pytorch_utils import Conv1D

from models.catalog import Task
from models.device import footprint
from models.errors import PrecisionNotApplicable
from models.precision import FP32, applies
from models.weights.cards import find_card
from models.weights.pretrained import load_pretrained
from quantization.int8.linear import Int8Linear
from quantization.int8.quantize import (
    choose_engine,
    int8_linear,
    prepare,
    quantize_dynamic,
    reads_only,
    rows_quantized,
)
from quantization.int8.state import STATE
from quantization.layers import linear_layers
from quantization.mapping import Mapping
from quantization.measure.speed import file_bytes
from quantization.recipes import INT8, INT8_EMBEDDINGS, INT8_LINEAR, INT8_TIED
from tests.quantization.wide import BERT, GPT2, load, run, save

VOCABULARY, WIDTH, LAYERS = 3000, 256, 3


@pytest.fixture(scope="module")
def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=VOCABULARY, n_positions=128, n_embd=WIDTH, n_layer=LAYERS, n_head=4)
    return GPT2LMHeadModel(config).eval()


@pytest.fixture(scope="module")
def int8_gpt2(gpt2: GPT2LMHeadModel) -> nn.Module:
    return quantize_dynamic(copy.deepcopy(gpt2))


@pytest.fixture
def engine_restored():
    before = torch.backends.quantized.engine
    yield
    torch.backends.quantized.engine = before


@torch.inference_mode()
def scores(model: nn.Module) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return model(torch.randint(0, VOCABULARY, (2, 40), generator=generator)).logits


def signal_to_noise(exact: torch.Tensor, approximate: torch.Tensor) -> float:
    """In dB."""
    return float(10 * torch.log10(exact.var() / (exact - approximate).var()))


def test_every_linear_layer_and_conv1d_is_replaced(gpt2, int8_gpt2) -> None:
    assert len(linear_layers(gpt2)) == 4 * LAYERS + 1
    assert sum(isinstance(module, Conv1D) for module in gpt2.modules()) == 4 * LAYERS
    assert linear_layers(int8_gpt2) == {}
    assert not any(isinstance(module, Conv1D) for module in int8_gpt2.modules())
    assert sum(isinstance(module, Int8Linear) for module in int8_gpt2.modules()) == 4 * LAYERS + 1
    assert not any(isinstance(module, Int8Linear) for module in gpt2.modules())


def test_scores_stay_close_to_fp32(gpt2, int8_gpt2) -> None:
    exact, approximate = scores(gpt2), scores(int8_gpt2)
    assert not torch.equal(exact, approximate)
    assert signal_to_noise(exact, approximate) > 20


def test_a_conv1d_becomes_the_layer_that_its_transposed_linear_becomes() -> None:
    torch.manual_seed(0)
    conv, linear = Conv1D(5, 3), nn.Linear(3, 5)
    with torch.no_grad():
        linear.weight.copy_(conv.weight.t())
        linear.bias.copy_(conv.bias.normal_())
    inputs = torch.randn(2, 4, 3)
    choose_engine()
    assert torch.equal(int8_linear(conv)(inputs), int8_linear(linear)(inputs))


def test_weights_are_within_half_a_step_of_the_originals(gpt2, int8_gpt2) -> None:
    """A scale for each output: its largest weight / 127.5, so no weight is further than half of that from its code."""
    exact = gpt2.transformer.h[0].mlp.c_fc.weight.detach().t()
    packed = int8_gpt2.transformer.h[0].mlp.c_fc.weight()
    half_step = exact.abs().amax(dim=1, keepdim=True) / 127.5 / 2
    error = (packed.dequantize() - exact).abs()
    clipped = packed.int_repr() == 127  # the positive side ends at 127, half a step before the largest weight
    assert (error <= half_step * (1 + 1e-4))[~clipped].all()
    assert (error <= 2 * half_step * (1 + 1e-4)).all()


def test_the_embedding_stays_fp32_and_the_head_gets_an_int8_copy(gpt2, int8_gpt2) -> None:
    torch.testing.assert_close(int8_gpt2.transformer.wte.weight, gpt2.transformer.wte.weight)
    assert int8_gpt2.lm_head.weight().dtype == torch.qint8
    assert int8_gpt2.lm_head.weight().shape == (VOCABULARY, WIDTH)


def test_footprint_counts_packed_weights_by_hand(int8_gpt2) -> None:
    embeddings = (VOCABULARY + 128) * WIDTH
    norms = (2 * LAYERS + 1) * 2 * WIDTH
    block_outputs = (3 + 1 + 4 + 1) * WIDTH
    block_weights = (3 + 1 + 4 + 4) * WIDTH**2
    codes = LAYERS * block_weights + VOCABULARY * WIDTH
    scales = 16 * (LAYERS * block_outputs + VOCABULARY)
    unused = 12 * (4 * LAYERS + 1)
    assert footprint(int8_gpt2) == 4 * (embeddings + norms + LAYERS * block_outputs) + codes + scales + unused


def test_the_file_shrinks(gpt2, int8_gpt2) -> None:
    assert file_bytes(int8_gpt2, INT8) < 0.6 * file_bytes(gpt2, FP32)


@pytest.mark.filterwarnings("ignore:torch.ao.quantization is deprecated:DeprecationWarning")
def test_the_usual_recipe_touches_one_layer_and_grows_the_file(gpt2) -> None:
    """Why this module exists: `nn.Linear` in GPT-2 is the tied head alone, which then needs a matrix of its own."""
    usual = torch.ao.quantization.quantize_dynamic(gpt2, {nn.Linear}, dtype=torch.qint8)
    assert sum(isinstance(module, Conv1D) for module in usual.modules()) == 4 * LAYERS
    assert file_bytes(usual, INT8) > file_bytes(gpt2, FP32) + 0.9 * VOCABULARY * WIDTH


def test_codes_and_scales_are_those_of_torchs_own_observer() -> None:
    """Codes may differ by one at a tie: torch multiplies by 1 / scale, the mapping divides, and the halves round so."""
    weight = torch.randn(300, 768, generator=torch.Generator().manual_seed(0)) * torch.logspace(-3, 1, 300)[:, None]
    weight[7] = 0
    prepare()
    observer = torch.ao.quantization.per_channel_dynamic_qconfig.weight()
    observer(weight)
    scales, zero_points = observer.calculate_qparams()
    theirs = torch.quantize_per_channel(weight, scales.double(), zero_points, 0, torch.qint8).int_repr()
    ours = rows_quantized(weight, Mapping())
    assert torch.equal(ours.scales, scales)
    assert torch.equal(ours.zero_points, zero_points.long())
    differ = ours.codes != theirs
    assert (ours.codes.int() - theirs.int()).abs().max() <= 1
    assert differ.float().mean() < 1e-4
    steps = (weight.double() / scales.double()[:, None])[differ]
    assert ((steps - steps.floor() - 0.5).abs() < 1e-4).all()


def test_many_rows_are_quantized_in_parts_with_the_same_result(monkeypatch) -> None:
    weight = torch.randn(100, 16, generator=torch.Generator().manual_seed(0))
    whole = Mapping().quantize(weight)
    monkeypatch.setattr("quantization.int8.quantize.ROWS_AT_ONCE", 7)
    parts = rows_quantized(weight, Mapping())
    assert torch.equal(parts.codes, whole.codes)
    assert torch.equal(parts.scales, whole.scales)


def test_a_saved_state_loads_weights_only_and_gives_the_same_scores(gpt2, int8_gpt2, tmp_path) -> None:
    torch.save(int8_gpt2.state_dict(), tmp_path / "model.pt")
    fresh = quantize_dynamic(GPT2LMHeadModel(gpt2.config).eval())
    fresh.load_state_dict(load_quietly(tmp_path / "model.pt"))
    assert torch.equal(scores(fresh), scores(int8_gpt2))


def load_quietly(path: Path) -> dict:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="TypedStorage is deprecated", category=UserWarning)
        return torch.load(path, weights_only=True)


def test_no_deprecation_reaches_the_user(gpt2, recwarn) -> None:
    quantize_dynamic(copy.deepcopy(gpt2))
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    ("task", "auto_class", "fixture"),
    [
        (Task.TEXT_GENERATION, AutoModelForCausalLM, "gpt2"),
        (Task.TEXT_TO_TEXT, AutoModelForSeq2SeqLM, "t5"),
        (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering, "bert_qa"),
        (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering, "roberta_qa"),
    ],
)
def test_each_text_task_runs_in_int8_close_to_fp32(tiny_models, task, auto_class, fixture) -> None:
    card = find_card(str(getattr(tiny_models, fixture)()), task)
    exact = load_pretrained(auto_class, card, "cpu")
    int8 = load_pretrained(auto_class, card, "cpu", INT8)
    assert linear_layers(int8.model) == {}
    assert int8.footprint < exact.footprint
    ids = exact.tokenizer("a small text to read", return_tensors="pt")["input_ids"]
    inputs = {"input_ids": ids} | ({"decoder_input_ids": ids} if task == Task.TEXT_TO_TEXT else {})
    with torch.inference_mode():
        expected, found = exact.model(**inputs)[0], int8.model(**inputs)[0]
    assert signal_to_noise(expected, found) > 15


def test_t5_searches_with_beams_in_int8(tiny_models) -> None:
    card = find_card(str(tiny_models.t5()), Task.TEXT_TO_TEXT)
    loaded = load_pretrained(AutoModelForSeq2SeqLM, card, "cpu", INT8)
    ids = loaded.tokenizer("a small text", return_tensors="pt")
    assert loaded.model.generate(**ids, num_beams=3, max_new_tokens=5).shape[0] == 1


def test_a_model_without_linear_layers_is_refused() -> None:
    with pytest.raises(PrecisionNotApplicable, match=r"has no effect on this model.* Choose fp32"):
        quantize_dynamic(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()))


def test_a_model_that_is_int8_already_is_refused() -> None:
    once = quantize_dynamic(nn.Sequential(nn.Linear(8, 8)))
    with pytest.raises(PrecisionNotApplicable, match="no linear layer left"):
        quantize_dynamic(once)


@pytest.mark.usefixtures("engine_restored")
def test_apples_processors_get_kernels_that_work(monkeypatch, gpt2) -> None:
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    if "qnnpack" not in torch.backends.quantized.supported_engines:
        pytest.skip("this build of torch has no qnnpack")
    assert choose_engine() == "qnnpack"
    assert signal_to_noise(scores(gpt2), scores(quantize_dynamic(copy.deepcopy(gpt2)))) > 20


def test_a_torch_without_int8_kernels_is_refused(monkeypatch) -> None:
    monkeypatch.setattr("quantization.int8.quantize.platform.machine", lambda: "riscv64")
    monkeypatch.setattr(type(torch.backends.quantized), "supported_engines", ["none"])
    with pytest.raises(PrecisionNotApplicable, match=r"none for this processor \(riscv64\). Choose fp32 or bf16"):
        choose_engine()


@pytest.mark.usefixtures("engine_restored")
@pytest.mark.parametrize(("vnni", "many_rows"), [(True, True), (True, False), (False, True)])
def test_many_rows_get_the_kernels_for_many_rows_where_there_is_vnni(monkeypatch, vnni, many_rows) -> None:
    if not {"x86", "onednn"} <= set(torch.backends.quantized.supported_engines):
        pytest.skip("this build of torch has kernels of one kind")
    monkeypatch.setattr("quantization.int8.quantize.platform.machine", lambda: "x86_64")
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_vnni": vnni})
    assert choose_engine(many_rows=many_rows) == ("onednn" if vnni and many_rows else "x86")


def test_models_that_only_read_have_many_rows(tiny_models, gpt2) -> None:
    folder = tiny_models.roberta_qa()
    assert reads_only(AutoModelForQuestionAnswering.from_pretrained(folder))
    assert not reads_only(gpt2)
    assert not reads_only(nn.Sequential(nn.Linear(8, 8)))


@pytest.mark.usefixtures("engine_restored")
@pytest.mark.parametrize("rows", [1, 7, 384])
def test_both_kinds_of_kernels_compute_the_same(rows) -> None:
    if not {"x86", "onednn"} <= set(torch.backends.quantized.supported_engines):
        pytest.skip("this build of torch has kernels of one kind")
    prepare()
    torch.manual_seed(0)
    linear, inputs, outputs = nn.Linear(768, 96), torch.randn(rows, 768), []
    for engine in ("x86", "onednn"):
        torch.backends.quantized.engine = engine
        outputs.append(int8_linear(linear)(inputs))
    # A value on the border between two codes may fall to either side: one step of one activation in a sum of 768.
    step = float(inputs.max() - inputs.min()) / 127
    torch.testing.assert_close(outputs[0], outputs[1], rtol=0, atol=step * float(linear.weight.detach().abs().max()))


# What each touches


def test_the_usual_int8_changes_one_layer_of_gpt2_and_grows_the_file(wide, tmp_path) -> None:
    usual = load(GPT2, wide[GPT2], INT8_LINEAR).model
    assert len(linear_layers(usual)) == 4
    plain = save(GPT2, wide[GPT2], FP32, tmp_path / "fp32")
    folder = save(GPT2, wide[GPT2], INT8_LINEAR, tmp_path / "usual")
    assert (folder / STATE).stat().st_size > (plain / "model.safetensors").stat().st_size


def test_the_int8_variants_grow_smaller_in_order(wide) -> None:
    sizes = [load(GPT2, wide[GPT2], one).footprint for one in (INT8_LINEAR, INT8, INT8_TIED, INT8_EMBEDDINGS)]
    assert sizes == sorted(sizes, reverse=True)


def test_models_of_linear_layers_get_the_same_from_int8_linear(wide) -> None:
    scores = [run(load(BERT, wide[BERT], one))[0] for one in (INT8_LINEAR, INT8)]
    assert torch.equal(*scores)


def test_int8_tied_is_not_offered_where_no_head_is_tied(wide) -> None:
    assert not applies(INT8_TIED, "cpu", BERT.task)
    with pytest.raises(PrecisionNotApplicable, match="does not apply to question answering models"):
        load(BERT, wide[BERT], INT8_TIED)


def test_int8_tied_is_refused_for_a_head_of_its_own(wide) -> None:
    model = load(GPT2, wide[GPT2], FP32).model
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())
    with pytest.raises(PrecisionNotApplicable, match=r"no head that shares its matrix.* Choose int8\."):
        INT8_TIED.apply(model)


def test_a_model_without_a_table_of_tokens_is_refused() -> None:
    with pytest.raises(PrecisionNotApplicable, match="no embedding left to quantize"):
        INT8_EMBEDDINGS.apply(torch.nn.Sequential(torch.nn.Linear(8, 8)))

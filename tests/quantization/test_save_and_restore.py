"""Every recipe, saved and loaded again: the same numbers, and a sentence for each folder that is not what it says."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from bitsandbytes.functional import has_avx512bf16

from models.catalog import ModelCard
from models.device import footprint
from models.errors import (
    AulaError,
    DamagedFile,
    InvalidInput,
    PrecisionNotApplicable,
    UnsafeCheckpoint,
    UnsupportedCheckpoint,
)
from models.precision import FP32, PRECISION_FILE, Precision, applies, write_saved
from models.weights.cards import find_card
from models.weights.pretrained import Pretrained, load_pretrained
from quantization.int8.linear import Int8Linear
from quantization.int8.state import STATE
from quantization.layers import linear_layers
from quantization.recipes import (
    BNB_NF4,
    INT8,
    INT8_EMBEDDINGS,
    INT8_LINEAR,
    INT8_TIED,
    PRECISIONS,
    find_precision,
    own_precision,
)
from tests.quantization.wide import BERT, GPT2, KINDS, T5, Kind, run, save_wide

CASES = [
    pytest.param(kind, precision, id=f"{kind.name}-{precision.name}")
    for kind in KINDS
    for precision in PRECISIONS
    if applies(precision, "cpu", kind.task)
]


@pytest.fixture(scope="module")
def wide(tmp_path_factory, tiny_models) -> dict[Kind, Path]:
    root = tmp_path_factory.mktemp("wide")
    return {kind: save_wide(tiny_models, kind, root / kind.name) for kind in KINDS}


def load(kind: Kind, folder: Path, precision: Precision) -> Pretrained:
    return load_pretrained(kind.auto_class, card_of(kind, folder), "cpu", precision)


def card_of(kind: Kind, folder: Path) -> ModelCard:
    return find_card(str(folder), kind.task)


def save(kind: Kind, source: Path, precision: Precision, folder: Path) -> Path:
    fresh = load(kind, source, precision)
    folder.mkdir()
    precision.save(fresh.model, folder)
    fresh.tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def int8(wide, tmp_path) -> Path:
    """A GPT-2 saved in int8, which a test may spoil."""
    return save(GPT2, wide[GPT2], INT8, tmp_path / "int8")


# What comes back


@pytest.mark.parametrize(("kind", "precision"), CASES)
def test_a_saved_model_gives_the_same_scores_and_tokens(wide, tmp_path, kind: Kind, precision: Precision) -> None:
    used = load(kind, wide[kind], precision)
    scores, tokens = run(used)
    folder = save(kind, wide[kind], precision, tmp_path / "saved")
    assert own_precision(card_of(kind, folder)) is precision
    again = load(kind, folder, precision)
    found_scores, found_tokens = run(again)
    assert torch.equal(found_tokens, tokens)
    assert torch.equal(found_scores, scores)
    assert again.footprint == pytest.approx(used.footprint, rel=0.001)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_random_weights_are_drawn_and_nothing_is_left_on_meta(wide, tmp_path, kind: Kind) -> None:
    folder = save(kind, wide[kind], INT8, tmp_path / "saved")
    before = torch.get_rng_state()
    model = INT8.restore(kind.auto_class, folder, "cpu")
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(tensor.is_meta for tensor in [*model.parameters(), *model.buffers()])


@pytest.mark.parametrize("kind", [GPT2, T5], ids=lambda kind: kind.name)
def test_a_tied_head_is_tied_again(wide, tmp_path, kind: Kind) -> None:
    model = load(kind, save(kind, wide[kind], INT8_TIED, tmp_path / "saved"), INT8_TIED).model
    assert model.lm_head.weight is model.get_input_embeddings().weight
    assert any(isinstance(module, Int8Linear) for module in model.modules())


def test_t5s_int8_table_is_one_in_encoder_and_decoder(wide, tmp_path) -> None:
    model = load(T5, save(T5, wide[T5], INT8_EMBEDDINGS, tmp_path / "saved"), INT8_EMBEDDINGS).model
    assert model.encoder.embed_tokens.codes.data_ptr() == model.decoder.embed_tokens.codes.data_ptr()
    assert model.encoder.embed_tokens.codes.dtype == torch.int8


def test_the_file_loads_weights_only(int8: Path) -> None:
    state = torch.load(int8 / STATE, weights_only=True)
    assert state["transformer.wte.weight"].dtype == torch.float32
    assert state["lm_head._packed_params._packed_params"][0].dtype == torch.qint8


def test_a_dynamic_model_may_be_saved_after_a_run(wide, tmp_path) -> None:
    used = load(GPT2, wide[GPT2], INT8)
    scores, _ = run(used)
    INT8.save(used.model, tmp_path)
    again = INT8.restore(GPT2.auto_class, tmp_path, "cpu").eval()
    assert torch.equal(run(Pretrained(used.card, again, used.tokenizer, used.device, "int8", 0, 0))[0], scores)


@pytest.mark.skipif(not has_avx512bf16(), reason="the kernel that repacks weights needs a CPU with AVX-512 bf16")
def test_nf4_that_has_run_is_refused_where_the_kernel_repacks(wide, tmp_path) -> None:
    used = load(GPT2, wide[GPT2], BNB_NF4)
    run(used)
    footprint(used.model)  # which unpacks the weights again, but not to what they were
    with pytest.raises(InvalidInput, match=r"bnb-nf4 can only be saved before its first run.* Load it again"):
        BNB_NF4.save(used.model, tmp_path)


def test_models_restored_at_the_same_time_do_not_disturb_one_another(wide, int8) -> None:
    sources = {INT8: int8, FP32: wide[GPT2]}
    expected = {precision: run(load(GPT2, folder, precision))[0] for precision, folder in sources.items()}
    with ThreadPoolExecutor(3) as visitors:
        loaded = list(visitors.map(lambda one: load(GPT2, sources[one], one), [INT8, FP32] * 3))
    for number, model in enumerate(loaded):
        assert torch.equal(run(model)[0], expected[(INT8, FP32)[number % 2]])
    assert torch.nn.Linear(4, 4).weight.abs().sum() > 0  # what draws random weights is in its place again


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


def test_the_embedding_gives_rows_within_half_a_step(wide) -> None:
    exact = load(GPT2, wide[GPT2], FP32).model.transformer.wte.weight.detach()
    table = load(GPT2, wide[GPT2], INT8_EMBEDDINGS).model.transformer.wte
    tokens = torch.tensor([[0, 5], [17, 5]])
    steps = exact[tokens].abs().amax(-1, keepdim=True) / 127.5
    assert table(tokens).shape == (2, 2, 768)
    assert ((table(tokens) - exact[tokens]).abs() <= steps * (1 + 1e-4)).all()
    torch.testing.assert_close(table.weight[tokens], table(tokens))


# Folders that are not what they say


def refusal(folder: Path, precision: Precision, kind: type[AulaError] = AulaError) -> str:
    with pytest.raises(kind) as refused:
        load(GPT2, folder, precision)
    return str(refused.value)


@pytest.mark.parametrize("other", [FP32, INT8_TIED, BNB_NF4], ids=lambda precision: precision.name)
def test_another_precision_is_refused_naming_the_one_to_choose(int8: Path, other: Precision) -> None:
    assert refusal(int8, other, PrecisionNotApplicable) == (
        f"{int8} was saved in int8 and can be loaded in no other precision. Choose int8, or for {other.name} the model "
        "that it was made from."
    )


@pytest.mark.parametrize(
    "content", ['{"precision": "int3"}', '{"precision": 8}', '{"precision": "' + "x" * 9999 + '"}', "no json"]
)
def test_a_precision_that_does_not_exist_is_refused(int8: Path, content: str) -> None:
    (int8 / PRECISION_FILE).write_text(content)
    with pytest.raises(UnsupportedCheckpoint, match="a precision that does not exist here") as refused:
        own_precision(card_of(GPT2, int8))
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("claimed", ["int8-tied", "int8-embeddings", "int8-linear", "bnb-int8", "fp32"])
def test_a_folder_that_claims_another_recipe_is_refused(int8: Path, claimed: str) -> None:
    write_saved(int8, claimed, quantized=True)
    refusal(int8, find_precision(claimed), UnsupportedCheckpoint)


def test_a_bitsandbytes_folder_of_another_kind_is_refused(wide, tmp_path) -> None:
    folder = save(GPT2, wide[GPT2], BNB_NF4, tmp_path / "nf4")
    write_saved(folder, "bnb-int8", quantized=True)
    assert "bnb-int8 was expected" in refusal(folder, find_precision("bnb-int8"), UnsupportedCheckpoint)
    for claimed in ("int8", "fp32"):
        write_saved(folder, claimed, quantized=True)
        refusal(folder, find_precision(claimed), UnsupportedCheckpoint)


class _Runs:
    """What a pickle that runs code looks like."""

    def __reduce__(self):
        return Path.touch, (Path("it-ran"),)


@pytest.mark.parametrize("write", [torch.save, lambda content, file: file.write_bytes(pickle.dumps(content))])
def test_code_in_the_file_is_refused_and_not_run(int8: Path, tmp_path, monkeypatch, write) -> None:
    monkeypatch.chdir(tmp_path)
    write({"transformer.wte.weight": _Runs()}, int8 / STATE)
    assert "running code from the file" in refusal(int8, INT8, UnsafeCheckpoint)
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize("kept", [0.3, 0.999])
def test_half_a_file_is_damaged(int8: Path, kept: float) -> None:
    content = (int8 / STATE).read_bytes()
    (int8 / STATE).write_bytes(content[: int(kept * len(content))])
    assert "damaged or incomplete" in refusal(int8, INT8, DamagedFile)


def test_a_missing_file_is_named(int8: Path) -> None:
    (int8 / STATE).unlink()
    assert STATE in refusal(int8, INT8, UnsupportedCheckpoint)


def spoiled(state: dict, how: str) -> object:
    packed = "transformer.h.0.attn.c_attn._packed_params._packed_params"
    weight, bias = state[packed]
    return {
        "a list": [1, 2],
        "no weight": {name: value for name, value in state.items() if name != "transformer.ln_f.weight"},
        "no packed weight": {name: value for name, value in state.items() if name != packed},
        "one more": state | {"transformer.other": torch.ones(1)},
        "no pair": state | {packed: weight},
        "fp32": state | {packed: (weight.dequantize(), bias)},
        "no bias": state | {packed: (weight, None)},
        "another shape": state | {packed: (state["lm_head._packed_params._packed_params"][0], bias)},
    }[how]


@pytest.mark.parametrize(
    "how", ["a list", "no weight", "no packed weight", "one more", "no pair", "fp32", "no bias", "another shape"]
)
def test_weights_of_another_structure_are_refused(int8: Path, how: str) -> None:
    torch.save(spoiled(torch.load(int8 / STATE, weights_only=True), how), int8 / STATE)
    assert "int8 was expected" in refusal(int8, INT8, UnsupportedCheckpoint)


def test_a_table_of_another_shape_is_refused(wide, tmp_path) -> None:
    folder = save(GPT2, wide[GPT2], INT8_EMBEDDINGS, tmp_path / "saved")
    state = torch.load(folder / STATE, weights_only=True)
    state["transformer.wte.codes"] = state["transformer.wte.codes"][:-1]
    torch.save(state, folder / STATE)
    assert "int8-embeddings was expected" in refusal(folder, INT8_EMBEDDINGS, UnsupportedCheckpoint)


def test_a_config_of_another_size_is_refused(int8: Path) -> None:
    config = json.loads((int8 / "config.json").read_text())
    (int8 / "config.json").write_text(json.dumps(config | {"n_positions": 99}))
    refusal(int8, INT8)

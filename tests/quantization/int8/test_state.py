"""Dynamic int8 models saved and brought back, and a sentence for each folder that is not what it says."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from models.errors import DamagedFile, PrecisionNotApplicable, UnsafeCheckpoint, UnsupportedCheckpoint
from models.precision import FP32, Precision, write_saved
from models.weights.pretrained import Pretrained
from quantization.int8.linear import Int8Linear
from quantization.int8.state import STATE
from quantization.recipes import BNB_NF4, INT8, INT8_EMBEDDINGS, INT8_TIED, find_precision
from tests.quantization.wide import GPT2, KINDS, T5, Kind, load, refusal, run, save


@pytest.fixture
def int8(wide, tmp_path) -> Path:
    """A GPT-2 saved in int8, which a test may spoil."""
    return save(GPT2, wide[GPT2], INT8, tmp_path / "int8")


# What comes back


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


def test_models_restored_at_the_same_time_do_not_disturb_one_another(wide, int8) -> None:
    sources = {INT8: int8, FP32: wide[GPT2]}
    expected = {precision: run(load(GPT2, folder, precision))[0] for precision, folder in sources.items()}
    with ThreadPoolExecutor(3) as visitors:
        loaded = list(visitors.map(lambda one: load(GPT2, sources[one], one), [INT8, FP32] * 3))
    for number, model in enumerate(loaded):
        assert torch.equal(run(model)[0], expected[(INT8, FP32)[number % 2]])
    assert torch.nn.Linear(4, 4).weight.abs().sum() > 0  # what draws random weights is in its place again


# Folders that are not what they say


@pytest.mark.parametrize("other", [FP32, INT8_TIED, BNB_NF4], ids=lambda precision: precision.name)
def test_another_precision_is_refused_naming_the_one_to_choose(int8: Path, other: Precision) -> None:
    assert refusal(int8, other, PrecisionNotApplicable) == (
        f"{int8} was saved in int8 and can be loaded in no other precision. Choose int8, or for {other.name} the model "
        "that it was made from."
    )


@pytest.mark.parametrize("claimed", ["int8-tied", "int8-embeddings", "int8-linear", "bnb-int8", "fp32"])
def test_a_folder_that_claims_another_recipe_is_refused(int8: Path, claimed: str) -> None:
    write_saved(int8, claimed, quantized=True)
    kind = DamagedFile if claimed == "fp32" else UnsupportedCheckpoint  # whose file, model.safetensors, is not there
    refusal(int8, find_precision(claimed), kind)


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

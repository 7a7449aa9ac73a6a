"""Loading checkpoints from folders: what works, and each way in which a folder disappoints."""

import json
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
)

from models import errors
from models.catalog import ModelCard, Task
from models.device import Device
from models.precision import BF16, FP16, FP32
from models.weights import pretrained
from models.weights.cards import find_card
from models.weights.pretrained import load_pretrained
from tests.conftest import TinyModels
from tests.loopback_hub import LoopbackHub

ROOT = Path(pretrained.__file__).parents[2]


@pytest.fixture
def bert(tiny_models: TinyModels, tmp_path: Path) -> Path:
    """A copy of the tiny BERT that a test may spoil."""
    return Path(shutil.copytree(tiny_models.bert_qa(), tmp_path / "bert"))


def card_of(folder: Path, task: Task = Task.QUESTION_ANSWERING) -> ModelCard:
    return find_card(str(folder), task)


def load_qa(folder: Path, **options) -> pretrained.Pretrained:
    return load_pretrained(AutoModelForQuestionAnswering, card_of(folder), device="cpu", **options)


def as_bin(folder: Path) -> Path:
    """Exchange the safetensors for a `pytorch_model.bin` with the same weights."""
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


@pytest.mark.parametrize(
    ("name", "auto_class", "task"),
    [
        ("roberta_qa", AutoModelForQuestionAnswering, Task.QUESTION_ANSWERING),
        ("t5", AutoModelForSeq2SeqLM, Task.TEXT_TO_TEXT),
        ("gpt2", AutoModelForCausalLM, Task.TEXT_GENERATION),
    ],
)
def test_each_architecture_loads(tiny_models: TinyModels, name: str, auto_class: type, task: Task) -> None:
    steps: list[str] = []
    folder = getattr(tiny_models, name)()

    loaded = load_pretrained(auto_class, card_of(folder, task), on_step=steps.append)

    assert isinstance(loaded.device, Device)
    assert loaded.precision == "fp32"
    assert not loaded.model.training
    # Tied weights are stored once, in the file as in memory; the file adds only its header.
    assert loaded.footprint == pytest.approx((folder / "model.safetensors").stat().st_size, rel=0.1)
    assert loaded.load_seconds > 0
    assert steps == ["Reading the tokenizer", "Reading the weights"]


def test_a_picture_classifier_loads_with_its_preprocessor(tiny_models: TinyModels, picture_task: Task) -> None:
    steps: list[str] = []
    folder = tiny_models.vit()
    loaded = load_pretrained(
        AutoModelForImageClassification, card_of(folder, picture_task), "cpu", on_step=steps.append
    )

    assert steps == ["Reading the preprocessor", "Reading the weights"]
    assert loaded.tokenizer is None
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8))
    pixels = loaded.processor(picture, return_tensors="pt")["pixel_values"]
    assert torch.equal(pixels, AutoImageProcessor.from_pretrained(folder)(picture, return_tensors="pt")["pixel_values"])
    expected = AutoModelForImageClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        assert torch.equal(loaded.model(pixels).logits, expected(pixels).logits)


def test_a_picture_classifier_without_its_preprocessor_is_refused(
    tiny_models: TinyModels, picture_task: Task, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_models.vit(), tmp_path / "vit"))
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"no preprocessor_config\.json.*Copy it again"):
        load_pretrained(AutoModelForImageClassification, card_of(folder, picture_task), "cpu")


def test_a_device_that_was_chosen_before_keeps_its_reason(tiny_models: TinyModels) -> None:
    card, chosen = card_of(tiny_models.gpt2(), Task.TEXT_GENERATION), Device("cpu", "Somebody looked before.")
    assert load_pretrained(AutoModelForCausalLM, card, chosen).device is chosen


def test_fp32_means_fp32_for_a_checkpoint_saved_in_half_precision(bert: Path) -> None:
    AutoModelForQuestionAnswering.from_pretrained(bert, dtype=torch.float16).save_pretrained(bert)
    assert json.loads((bert / "config.json").read_text())["dtype"] == "float16"
    assert {weight.dtype for weight in load_qa(bert).model.parameters()} == {torch.float32}


def test_bf16(bert: Path) -> None:
    full, half = load_qa(bert), load_qa(bert, precision=BF16)
    assert {weight.dtype for weight in half.model.parameters()} == {torch.bfloat16}
    assert half.footprint < 0.55 * full.footprint


def test_precision_that_does_not_apply_is_refused_before_reading(tmp_path: Path) -> None:
    with pytest.raises(errors.PrecisionNotApplicable, match="fp32, bf16"):
        load_pretrained(AutoModelForQuestionAnswering, card_of(tmp_path), device="cpu", precision=FP16)


def test_bin_weights_are_the_same_weights(bert: Path, tiny_models: TinyModels) -> None:
    expected = load_qa(tiny_models.bert_qa()).model.state_dict()
    loaded = load_qa(as_bin(bert)).model.state_dict()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)


def test_model_that_is_not_here() -> None:
    card = find_card("deepset/roberta-base-squad2", Task.QUESTION_ANSWERING)
    with pytest.raises(errors.ModelNotHere, match="models fetch deepset/roberta-base-squad2"):
        load_pretrained(AutoModelForQuestionAnswering, card)


def test_pickle_that_would_run_code_is_refused(bert: Path, tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was-run"),)

    torch.save({"bert.embeddings.word_embeddings.weight": Hostile()}, as_bin(bert) / "pytorch_model.bin")
    with pytest.raises(errors.UnsafeCheckpoint, match="running code"):
        load_qa(bert)
    assert not (tmp_path / "was-run").exists()


def test_old_pickle_that_would_run_code_is_refused(bert: Path, tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was-run"),)

    (as_bin(bert) / "pytorch_model.bin").write_bytes(pickle.dumps({"weight": Hostile()}, protocol=2))
    with pytest.raises((errors.UnsafeCheckpoint, errors.DamagedFile)):
        load_qa(bert)
    assert not (tmp_path / "was-run").exists()


def test_code_in_the_folder_is_not_run(bert: Path, tmp_path: Path) -> None:
    config = json.loads((bert / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForQuestionAnswering": "own.Own"}}
    (bert / "config.json").write_text(json.dumps(config))
    (bert / "own.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'was-run')!r})\n")
    with pytest.raises(errors.UnsupportedCheckpoint):
        load_qa(bert)
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"_attn_implementation": "somebody/kernel"},
        {"attn_implementation": "kernels-community/flash-attn2@main:attention"},
        {"_attn_implementation": {"": "somebody/kernel"}},
        {"text_config": {"attn_implementation": "somebody/kernel"}},
        {"attn_implementation": "flash_attention_2"},
    ],
)
def test_attention_that_would_be_fetched_as_code_is_refused(bert: Path, settings: dict) -> None:
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps(config | settings))
    with pytest.raises(errors.UnsafeCheckpoint, match="code from elsewhere"):
        load_qa(bert)


@pytest.mark.parametrize("attention", ["eager", "sdpa", None])
def test_the_library_s_own_attention_is_fine(bert: Path, attention: str | None) -> None:
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps(config | {"attn_implementation": attention}))
    assert load_qa(bert).precision == "fp32"


@pytest.mark.process
def test_no_library_finds_the_package_that_runs_code_of_the_hub(tmp_path: Path) -> None:
    (tmp_path / "kernels.py").write_text(f"import os\nos.mkdir({str(tmp_path / 'was-run')!r})\n")
    code = (
        "import models.weights.pretrained, importlib.util\n"
        "import bitsandbytes, transformers.modeling_utils\n"
        "assert importlib.util.find_spec('kernels') is None\n"
        "try:\n    import kernels\nexcept ImportError:\n    print('refused')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("part", [None, "text_config"])
def test_model_that_was_saved_quantized_is_refused(bert: Path, part: str | None) -> None:
    quantized = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps(config | ({part: quantized} if part else quantized)))
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"saved quantized.*one of our precisions"):
        load_qa(bert)


def test_model_of_another_task_is_refused(tiny_models: TinyModels) -> None:
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"is not a question answering model.*made for this task"):
        load_qa(tiny_models.gpt2())


def test_architecture_without_such_a_head_is_refused(tiny_models: TinyModels) -> None:
    with pytest.raises(errors.UnsupportedCheckpoint, match="made for this task"):
        load_pretrained(AutoModelForSeq2SeqLM, card_of(tiny_models.bert_qa(), Task.TEXT_TO_TEXT))


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_truncated_weights_are_damaged(bert: Path, weights: str, kept: float) -> None:
    file = (as_bin(bert) if weights.endswith(".bin") else bert) / weights
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * kept)])
    with pytest.raises(errors.DamagedFile, match=r"damaged or incomplete\. Copy or save them again"):
        load_qa(bert)


def test_weights_that_do_not_fit_the_config_are_refused(bert: Path) -> None:
    config = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps({**config, "intermediate_size": 96}))
    with pytest.raises((errors.DamagedFile, errors.UnsupportedCheckpoint)):
        load_qa(bert)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_missing_file_is_named(bert: Path, missing: str) -> None:
    (bert / missing).unlink()
    with pytest.raises(errors.UnsupportedCheckpoint, match=missing.split(".")[0]):
        load_qa(bert)


@pytest.mark.parametrize(
    "settings",
    [
        "{ not json",
        "[]",
        '{"model_type": "bert", "hidden_size": "wide"}',
        '{"model_type": "bert", "num_attention_heads": 0}',
    ],
)
def test_broken_settings_are_refused(bert: Path, settings: str) -> None:
    (bert / "config.json").write_text(settings)
    with pytest.raises(errors.UnsupportedCheckpoint):
        load_qa(bert)


def test_broken_tokenizer_is_refused(bert: Path) -> None:
    for file in bert.glob("tokenizer*"):
        file.write_text("{}")
    for file in bert.glob("vocab*"):
        file.unlink()
    with pytest.raises(errors.UnsupportedCheckpoint):
        load_qa(bert)


def test_a_tokenizer_that_would_cut_off_beginnings_cuts_off_ends(bert: Path) -> None:
    tokenizer = load_qa(bert).tokenizer
    question, text = "Where?", "Paris was her home, then Warsaw, then Paris again."
    expected = tokenizer(question, text, truncation="only_second", max_length=16)
    settings = json.loads((bert / "tokenizer_config.json").read_text())
    (bert / "tokenizer_config.json").write_text(json.dumps(settings | {"truncation_side": "left"}))
    assert AutoTokenizer.from_pretrained(bert).truncation_side == "left"
    assert load_qa(bert).tokenizer(question, text, truncation="only_second", max_length=16) == expected


def test_model_too_large_for_memory() -> None:
    card = find_card("openai-community/gpt2", Task.TEXT_GENERATION)

    def read() -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 123 bytes")

    with pytest.raises(errors.OutOfMemory, match="smaller model or precision"):
        pretrained.read_weights(card, Path("gpt2"), read)


def test_nothing_is_printed(bert: Path, tiny_models: TinyModels, capfd: pytest.CaptureFixture[str]) -> None:
    gpt2 = tiny_models.gpt2()
    capfd.readouterr()
    load_qa(bert)
    with pytest.raises(errors.UnsupportedCheckpoint):
        load_qa(gpt2)
    assert capfd.readouterr() == ("", "")


@pytest.mark.process
def test_a_fetched_model_loads_without_any_request(bert: Path, tmp_path: Path) -> None:
    as_bin(bert)  # by id, transformers asks the hub for a safetensors copy of such a model
    code = (
        "import sys\n"
        "from models.weights import hub\n"
        "from models.catalog import Task\n"
        "from models.weights.cards import find_card\n"
        "card = find_card('school/bert', Task.QUESTION_ANSWERING)\n"
        "hub.fetch(card, lambda progress: None)\n"
        "print('fetched')\n"
        "asking = ('socket.connect', 'socket.getaddrinfo')\n"
        "sys.addaudithook(lambda event, args: event in asking and sys.exit(f'{event} {args}'))\n"
        "from transformers import AutoModelForQuestionAnswering\n"
        "from models.weights.pretrained import load_pretrained\n"
        "load_pretrained(AutoModelForQuestionAnswering, card, device='cpu')\n"
        "print('loaded')\n"
    )
    with LoopbackHub({"school/bert": bert}) as hub:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, **hub.environment()},
            capture_output=True,
            text=True,
        )
    assert done.stdout.split() == ["fetched", "loaded"], done.stderr


def test_models_that_load_at_the_same_time_do_not_disturb_one_another(tiny_models: TinyModels) -> None:
    card = card_of(Path(tiny_models.gpt2()), Task.TEXT_GENERATION)

    def load(precision: object) -> pretrained.Pretrained:
        return load_pretrained(AutoModelForCausalLM, card, device="cpu", precision=precision)

    with ThreadPoolExecutor(3) as visitors:
        loaded = list(visitors.map(load, [FP32, BF16] * 6))
    assert torch.get_default_dtype() == torch.float32
    for number, one in enumerate(loaded):
        assert {weight.dtype for weight in one.model.parameters()} == {(torch.float32, torch.bfloat16)[number % 2]}
        assert one.model.get_output_embeddings().weight is one.model.get_input_embeddings().weight

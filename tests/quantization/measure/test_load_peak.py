"""The peak of loading in a fresh process, and the ways in which that process can end."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from models.catalog import ModelCard, Task
from models.errors import AulaError, Cancelled, OutOfMemory, PrecisionNotApplicable, UnsupportedCheckpoint
from models.precision import FP16, FP32
from models.weights.cards import find_card
from quantization.measure import load_peak as module
from quantization.measure.load_peak import load_peak
from quantization.recipes import INT8
from tests.tiny.text_generation import fill_up

pytestmark = pytest.mark.process


@pytest.fixture
def card(tiny_models) -> ModelCard:
    return find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)


@pytest.fixture(scope="module")
def large(tiny_models, tmp_path_factory) -> ModelCard:
    """A GPT-2 of 116 MB with random weights, and the tiny one's tokenizer with as many tokens."""
    folder = tmp_path_factory.mktemp("large") / "gpt2"
    shutil.copytree(tiny_models.gpt2(), folder)
    GPT2LMHeadModel(GPT2Config(n_embd=768, n_layer=3, n_head=12, vocab_size=10_000, n_positions=128)).save_pretrained(
        folder
    )
    fill_up(folder / "tokenizer.json", 10_000)
    return find_card(str(folder), Task.TEXT_GENERATION)


def test_a_tiny_model_takes_little_whatever_lies_in_the_folder_one_stands_in(card, tmp_path, monkeypatch) -> None:
    (tmp_path / "models").mkdir()  # a package of the same name as the suite's
    (tmp_path / "models" / "__init__.py").write_text("raise RuntimeError('the wrong one')")
    monkeypatch.chdir(tmp_path)
    found = load_peak(card, FP32, threads=1)
    assert found.footprint <= found.peak_bytes < 150_000_000
    assert found.before_bytes > found.peak_bytes  # torch alone takes hundreds of megabytes
    assert found.seconds > 0


def test_every_page_of_a_large_one_counts(large) -> None:
    found = load_peak(large, FP32)
    assert found.footprint > 100_000_000
    # The weights are mapped into memory once, or copied from the map: no more than two of them, and the tokenizer.
    assert found.footprint <= found.peak_bytes <= 2.2 * found.footprint + 50_000_000


def test_quantizing_needs_the_whole_weights_first(large) -> None:
    found = load_peak(large, INT8)
    assert found.footprint < 70_000_000
    assert found.footprint <= found.peak_bytes <= 400_000_000


def test_what_loading_raises_is_raised_here(card, tmp_path) -> None:
    with pytest.raises(PrecisionNotApplicable, match="does not apply on the device"):
        load_peak(card, FP16)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UnsupportedCheckpoint, match=r"config\.json"):
        load_peak(find_card(str(empty), Task.TEXT_GENERATION), FP32)


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def test_stop_kills_the_process_at_once(card) -> None:
    cancelled, before = threading.Event(), {child.pid for child in children()}
    threading.Timer(0.5, cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        load_peak(card, FP32, cancelled=cancelled)
    assert time.monotonic() - started < 300
    assert {child.pid for child in children()} <= before


def test_a_process_that_dies_is_a_sentence() -> None:
    with pytest.raises(OutOfMemory, match="int8 does not fit into memory"):
        module._result("", -9, "int8")
    with pytest.raises(AulaError, match=r"in int8 broke off \(code 3\)"):
        module._result("Segmentation fault\n", 3, "int8")


def test_the_processs_answer_is_its_last_line() -> None:
    found = module._result(
        'a greeting\n{"peak_bytes": 1, "before_bytes": 2, "footprint": 3, "seconds": 4.0}\n', 0, "fp32"
    )
    assert (found.peak_bytes, found.footprint) == (1, 3)


def test_as_a_program_it_prints_one_object(tiny_models) -> None:
    command = [
        sys.executable,
        "-m",
        "quantization.measure.load_peak",
        f"--model={tiny_models.gpt2()}",
        "--precision=int3",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[3], env=os.environ)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"].startswith("There is no precision “int3”")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_on_cuda_it_is_what_torch_allocated(large) -> None:
    found = load_peak(large, FP32, "cuda")
    assert found.footprint <= found.peak_bytes <= 1.5 * found.footprint

"""Files, changed layers and speed of small models, and the threads that they are measured with."""

import threading

import pytest
import torch
from transformers import AutoModelForCausalLM

from models.catalog import Task
from models.errors import Cancelled, InvalidInput
from models.precision import BF16, FP32
from models.text.perplexity import context_length
from models.weights.cards import find_card
from models.weights.pretrained import Pretrained, load_pretrained
from quantization.layers import linear_layers
from quantization.measure.speed import (
    decode_speed,
    file_bytes,
    layers_changed,
    prefill_speed,
    require_threads,
)
from quantization.recipes import BNB_NF4, INT8, INT8_LINEAR, INT8_TIED


@pytest.fixture(scope="module")
def gpt2(tiny_models) -> Pretrained:
    return load_pretrained(AutoModelForCausalLM, find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), "cpu")


def test_stop_ends_the_measurement(gpt2) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        decode_speed(gpt2.model, torch.tensor([[5, 6]]), cancelled=cancelled)


def test_speed_is_a_median_with_its_spread(gpt2) -> None:
    speed = decode_speed(gpt2.model, torch.tensor([[5, 6, 7]]), tokens=6, repeats=3, threads=1)
    assert 0 < speed.slowest <= speed.tokens_per_second <= speed.fastest
    assert (speed.repeats, speed.tokens, speed.threads) == (3, 6, 1)


def test_prefill_reads_the_whole_prompt_at_once(gpt2) -> None:
    speed = prefill_speed(gpt2.model, torch.randint(5, 100, (1, 40)), repeats=3, threads=1)
    assert 0 < speed.slowest <= speed.tokens_per_second <= speed.fastest
    assert (speed.repeats, speed.tokens, speed.threads) == (3, 40, 1)


def test_prefill_is_cut_to_what_the_model_reads(gpt2) -> None:
    assert prefill_speed(gpt2.model, torch.ones(1, 999, dtype=torch.long), repeats=1).tokens == context_length(
        gpt2.model
    )


def test_stop_ends_prefill(gpt2) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        prefill_speed(gpt2.model, torch.tensor([[5, 6]]), cancelled=cancelled)


@pytest.mark.parametrize("threads", [0, -1, 100_000])
def test_threads_that_this_machine_has_not_are_refused(threads) -> None:
    with pytest.raises(InvalidInput, match="from 1 to"):
        require_threads(threads)
    require_threads(1)
    require_threads(None)


@pytest.mark.parametrize(
    ("precision", "changed"),
    # Two blocks of four Conv1D, and the head, the only nn.Linear.
    [(FP32, 0), (BF16, 9), (INT8_LINEAR, 1), (INT8, 9), (INT8_TIED, 8), (BNB_NF4, 9)],
    ids=lambda value: getattr(value, "name", value),
)
def test_changed_layers_are_counted(gpt2, precision, changed) -> None:
    loaded = load_pretrained(AutoModelForCausalLM, gpt2.card, "cpu", precision)
    assert layers_changed(loaded.model, linear_layers(gpt2.model)) == changed


def test_a_prompt_longer_than_the_model_reads_is_cut_to_its_end(gpt2) -> None:
    long = torch.randint(5, 100, (1, 3 * context_length(gpt2.model)))
    assert decode_speed(gpt2.model, long, tokens=4, repeats=1).tokens == 4


def test_threads_are_given_back_after_stop(gpt2) -> None:
    before, cancelled = torch.get_num_threads(), threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        decode_speed(gpt2.model, torch.tensor([[5, 6]]), threads=before + 1, cancelled=cancelled)
    assert torch.get_num_threads() == before


def test_the_file_is_the_weights_and_a_small_header(gpt2, tiny_models) -> None:
    assert file_bytes(gpt2.model, FP32) == (tiny_models.gpt2() / "model.safetensors").stat().st_size
    assert file_bytes(gpt2.model, FP32) == pytest.approx(gpt2.footprint, abs=4_000)


@pytest.mark.parametrize("precision", [INT8, BNB_NF4], ids=lambda precision: precision.name)
def test_quantized_models_are_saved_too(gpt2, precision) -> None:
    quantized = load_pretrained(AutoModelForCausalLM, gpt2.card, "cpu", precision)
    assert quantized.footprint < file_bytes(quantized.model, precision) < file_bytes(gpt2.model, FP32)

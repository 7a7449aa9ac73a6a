import gc
import threading
import weakref

import pytest
import torch

from models.catalog import ModelCard, Task, default_model, find_card
from models.errors import Cancelled, InvalidInput, ModelNotHere
from models.precision import BF16, FP16, FP32
from models.text_generation import GenerationSettings, TextGenerator
from quantization import compare as module
from quantization.compare import Row, Step, compare, spanish_text
from quantization.measure import perplexity
from quantization.recipes import BNB_INT8, BNB_NF4, INT8

PROMPT = "Me gusta mucho"


@pytest.fixture
def card(tiny_models) -> ModelCard:
    return find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)


def test_every_precision_of_the_cpu_becomes_a_whole_row(card):
    found = list(compare(card, [FP32, BF16, INT8, BNB_INT8, BNB_NF4], PROMPT, device="cpu", max_new_tokens=8))
    rows = {row.precision: row for row in found if isinstance(row, Row)}
    assert list(rows) == ["fp32", "bf16", "int8", "bnb-int8", "bnb-nf4"]
    for row in rows.values():
        assert row.error is None
        assert None not in [value for key, value in row.as_dict().items() if key != "error"]
        assert row.slowest <= row.tokens_per_second <= row.fastest
    sizes = [rows[name].file_bytes for name in ("fp32", "int8", "bf16", "bnb-int8", "bnb-nf4")]
    assert sizes == sorted(sizes, reverse=True)
    assert rows["int8"].perplexity == pytest.approx(rows["fp32"].perplexity, rel=0.02)


def test_a_row_holds_what_measuring_by_hand_gives(card):
    row = list(compare(card, [FP32], PROMPT, device="cpu", seed=7, max_new_tokens=8))[-1]
    generator = TextGenerator.load(card, device="cpu")
    by_hand = perplexity(generator.model, generator.tokenizer, spanish_text())
    assert (row.perplexity, row.bits_per_byte) == (by_hand.perplexity, by_hand.bits_per_byte)
    settings = GenerationSettings(max_new_tokens=8, seed=7)
    assert row.sample == "".join(generator.generate(PROMPT, settings))
    assert row.footprint == generator.footprint


def test_steps_tell_what_begins_and_fractions_grow(card):
    steps = [step for step in compare(card, [FP32, BF16], PROMPT, device="cpu", max_new_tokens=2) if type(step) is Step]
    assert [step.text for step in steps[:5]] == [
        "fp32: loading",
        "fp32: saving the file",
        "fp32: measuring speed",
        "fp32: measuring perplexity",
        "fp32: generating a sample",
    ]
    fractions = [step.fraction for step in steps]
    assert fractions == pytest.approx([index / 10 for index in range(10)])


def test_a_precision_that_does_not_apply_becomes_a_row_and_the_rest_goes_on(card):
    found = compare(card, [FP16, FP32], PROMPT, device="cpu", max_new_tokens=2)
    refused, measured = [row for row in found if isinstance(row, Row)]
    assert refused.error.startswith(
        "The precision “fp16” does not apply on the device “cpu”. Choose one of: fp32, bf16"
    )
    assert (refused.file_bytes, refused.perplexity) == (None, None)
    assert measured.error is None


def test_a_library_that_fails_costs_one_row_and_what_came_before_is_kept(card, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("kernel not found\nand a long trace")

    monkeypatch.setattr(module.measure, "perplexity", fail)
    row = list(compare(card, [FP32], PROMPT, device="cpu"))[-1]
    assert row.error == "fp32 could not be measured: kernel not found. The other precisions are not affected."
    assert row.tokens_per_second > 0
    assert row.perplexity is None


def test_running_out_of_memory_is_said_in_words(card, monkeypatch):
    def fail(*arguments, **options):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr(module.measure, "decode_speed", fail)
    row = list(compare(card, [FP32], PROMPT, device="cpu"))[-1]
    assert row.error == "fp32 does not fit into memory. Close other programs, or choose a smaller model."


def test_one_model_is_in_memory_at_a_time(card, monkeypatch):
    loaded, load = [], TextGenerator.load.__func__

    def watched(cls, *arguments, **options):
        gc.collect()
        assert [model for model in loaded if model() is not None] == []
        generator = load(cls, *arguments, **options)
        loaded.append(weakref.ref(generator.model))
        return generator

    monkeypatch.setattr(TextGenerator, "load", classmethod(watched))
    for step in compare(card, [FP32, INT8, BF16], PROMPT, device="cpu", max_new_tokens=2):
        if isinstance(step, Row):
            assert step.error is None
            assert loaded[-1]() is None
    assert len(loaded) == 3


def test_closing_the_iterator_frees_the_model(card, monkeypatch):
    loaded, load = [], TextGenerator.load.__func__

    def watched(cls, *arguments, **options):
        generator = load(cls, *arguments, **options)
        loaded.append(weakref.ref(generator.model))
        return generator

    monkeypatch.setattr(TextGenerator, "load", classmethod(watched))
    experiment = compare(card, [FP32], PROMPT, device="cpu")
    next(experiment), next(experiment)
    assert loaded[0]() is not None
    experiment.close()
    assert loaded[0]() is None


def test_stop_keeps_the_rows_up_to_there(card):
    cancelled = threading.Event()
    experiment = compare(card, [FP32, BF16], PROMPT, device="cpu", max_new_tokens=2, cancelled=cancelled)
    row = next(step for step in experiment if isinstance(step, Row))
    cancelled.set()
    assert row.error is None
    assert next(experiment).text == "bf16: loading"
    with pytest.raises(Cancelled):
        next(experiment)


def test_refusals(card, tiny_models):
    with pytest.raises(InvalidInput, match="at least one precision"):
        next(compare(card, [], PROMPT))
    with pytest.raises(InvalidInput, match="no prompt"):
        next(compare(card, [FP32], " \n"))
    with pytest.raises(InvalidInput, match="is for question answering"):
        next(compare(find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING), [FP32]))
    with pytest.raises(ModelNotHere):
        next(compare(default_model(Task.TEXT_GENERATION), [FP32]))


def test_the_measured_text_is_spanish_and_about_250_words():
    text = spanish_text()
    assert 200 <= len(text.split()) <= 300
    assert all(letter in text for letter in "áéíóúñ«")

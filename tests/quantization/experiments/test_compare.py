"""A tiny model in several precisions: rows in order, one model at a time, and failures that stay in their row."""

import gc
import threading
import weakref

import pytest
import torch

from models.catalog import ModelCard, Task, models_for
from models.errors import Cancelled, InvalidInput, ModelNotHere, OutOfMemory
from models.precision import BF16, FP16, FP32
from models.text.perplexity import perplexity
from models.text_generation import GenerationSettings, TextGenerator
from models.weights.cards import find_card
from quantization.experiments import one_precision as module
from quantization.experiments.compare import STEPS, STOPPED, compare, measure_speeds_again, rows_of
from quantization.experiments.row import Row
from quantization.experiments.steps import Step
from quantization.measure.agreement import agreement, expectations
from quantization.measure.default_text import spanish_text
from quantization.measure.speed import Speed
from quantization.recipes import BNB_INT8, BNB_NF4, INT8

PROMPT = "Me gusta mucho"


@pytest.fixture
def card(tiny_models) -> ModelCard:
    return find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)


def test_every_precision_of_the_cpu_becomes_a_whole_row(card, peaks) -> None:
    found = list(compare(card, [FP32, BF16, INT8, BNB_INT8, BNB_NF4], PROMPT, device="cpu", max_new_tokens=8))
    rows = {row.precision: row for row in found if isinstance(row, Row)}
    assert list(rows) == ["fp32", "bf16", "int8", "bnb-int8", "bnb-nf4"]
    for row in rows.values():
        assert row.error is None
        ratios = {"ratio", "prefill_ratio"} if row.precision == "fp32" else set()  # it takes no turns with itself
        told = {key for key, value in row.as_dict().items() if value is None} - {"busy", "speed_verdict"}
        assert told == {"error", *ratios, *(f"{name}_{end}" for name in ratios for end in ("low", "high"))}
        assert row.slowest <= row.tokens_per_second <= row.fastest
        assert row.prefill_slowest <= row.prefill_tokens_per_second <= row.prefill_fastest
        assert (row.peak_bytes, row.before_bytes) == (60_000_000, 500_000_000)
        assert 1 < row.footprint < row.peak_bytes  # that of this process
        assert row.prefill_tokens == 256
    assert peaks == [(name, None) for name in rows]
    sizes = [rows[name].file_bytes for name in ("fp32", "int8", "bf16", "bnb-int8", "bnb-nf4")]
    assert sizes == sorted(sizes, reverse=True)
    assert rows["int8"].perplexity == pytest.approx(rows["fp32"].perplexity, rel=0.02)


@pytest.mark.process
def test_the_peak_is_that_of_a_fresh_process(card) -> None:
    found = compare(card, [BNB_NF4], PROMPT, device="cpu")
    row = next(item.so_far for item in found if type(item) is Step and item.so_far is not None)
    assert row.precision == "bnb-nf4"
    assert row.footprint <= row.peak_bytes < row.before_bytes  # torch alone takes hundreds of megabytes


def test_a_row_holds_what_measuring_by_hand_gives(card) -> None:
    row = list(compare(card, [FP32], PROMPT, device="cpu", peak=False, seed=7, max_new_tokens=8))[-1]
    generator = TextGenerator.load(card, device="cpu")
    by_hand = perplexity(generator.model, generator.tokenizer, spanish_text())
    # Sums over more or fewer threads differ in their last bits.
    assert (row.perplexity, row.bits_per_byte) == pytest.approx((by_hand.perplexity, by_hand.bits_per_byte), rel=1e-5)
    settings = GenerationSettings(max_new_tokens=8, seed=7)
    assert row.sample == "".join(generator.generate(PROMPT, settings))
    assert row.footprint == generator.footprint


def test_steps_tell_what_begins_and_fractions_grow(card, peaks) -> None:
    steps = [step for step in compare(card, [FP32], PROMPT, device="cpu", max_new_tokens=2) if type(step) is Step]
    assert [step.text for step in steps] == [f"fp32: {name}" for name in STEPS]
    assert list(STEPS)[:3] == ["loading in a fresh process", "loading", "saving the file"]
    assert [step.fraction for step in steps] == pytest.approx([index / 7 for index in range(7)])


def test_two_precisions_share_the_progress(card) -> None:
    found = compare(card, [FP32, BF16], PROMPT, device="cpu", peak=False, max_new_tokens=2)
    fractions = [step.fraction for step in found if type(step) is Step]
    assert fractions == pytest.approx([index / 12 for index in range(12)])


def test_the_baseline_comes_first_and_the_others_are_compared_with_it(card) -> None:
    found = list(compare(card, [INT8, BF16, FP32], PROMPT, device="cpu", peak=False, max_new_tokens=2))
    fp32, int8, bf16 = rows_of(found)
    assert [row.precision for row in (fp32, int8, bf16)] == ["fp32", "int8", "bf16"]
    assert (fp32.top1_agreement, fp32.kl_divergence) == (1.0, 0.0)
    generators = [TextGenerator.load(card, device="cpu", precision=precision) for precision in (FP32, INT8)]
    expected = expectations(generators[0].model, generators[0].tokenizer, spanish_text())
    by_hand = agreement(generators[1].model, expected)
    assert (int8.top1_agreement, int8.agreement_positions) == (by_hand.top1, by_hand.positions)
    assert int8.kl_divergence == pytest.approx(by_hand.kl_divergence)
    assert int8.layers_changed == int8.layers == 9
    assert bf16.kl_divergence > 0


def test_without_the_baseline_there_is_nothing_to_agree_with(card) -> None:
    found = list(compare(card, [INT8], PROMPT, device="cpu", peak=False, max_new_tokens=2))
    assert "int8: comparing with fp32" not in [step.text for step in found if type(step) is Step]
    row = found[-1]
    assert (row.error, row.top1_agreement, row.kl_divergence) == (None, None, None)


def test_a_text_too_short_to_be_measured_is_refused_once_and_before_anything_is_measured(card) -> None:
    steps = compare(card, [FP32, INT8], PROMPT, "a", device="cpu", peak=False)
    assert next(steps).text == "fp32: loading"
    with pytest.raises(InvalidInput, match="at least two tokens"):
        next(steps)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"max_new_tokens": 300}, "300 new tokens do not fit"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_a_sample_that_cannot_be_written_is_refused_before_anything_is_measured(card, asked: dict, words: str) -> None:
    steps = compare(card, [FP32], PROMPT, device="cpu", peak=False, **asked)
    assert next(steps).text == "fp32: loading"
    with pytest.raises(InvalidInput, match=words):
        next(steps)


def test_a_load_that_does_not_fit_is_not_tried_in_this_process(card, monkeypatch) -> None:
    def fail(*arguments, **options):
        raise OutOfMemory("int8 does not fit into memory.")

    monkeypatch.setattr(module, "load_peak", fail)
    *steps, row = compare(card, [INT8], PROMPT, device="cpu")
    assert [step.text for step in steps] == ["int8: loading in a fresh process"]
    assert row == Row("int8", error="int8 does not fit into memory.")


def test_everything_is_computed_with_the_threads_that_were_asked_for(card, peaks, monkeypatch) -> None:
    seen, before = [], torch.get_num_threads()
    other = 2 if before == 1 else 1

    def speed(model, ids, threads, cancelled):
        seen.append((threads, torch.get_num_threads()))
        return Speed(1.0, 1.0, 1.0, 1, 1, threads)

    def watched(model, tokenizer, text, cancelled):
        seen.append((other, torch.get_num_threads()))
        raise RuntimeError("enough seen")  # two threads on a busy machine wait for each other at every token

    monkeypatch.setattr(module.speed, "prefill_speed", speed)
    monkeypatch.setattr(module.speed, "decode_speed", speed)
    monkeypatch.setattr(module, "perplexity", watched)
    list(compare(card, [FP32], PROMPT, device="cpu", threads=other))
    assert peaks == [("fp32", other)]
    assert seen == [(other, other)] * 3
    assert torch.get_num_threads() == before


def test_a_stopped_precision_keeps_what_it_had_measured(card) -> None:
    items = []
    for item in compare(card, [FP32, BF16], PROMPT, device="cpu", peak=False, max_new_tokens=2):
        items.append(item)
        if type(item) is Step and item.text == "bf16: measuring perplexity":
            break
    whole, partial = rows_of(items, stopped=True)
    assert (whole.precision, whole.error) == ("fp32", None)
    assert (partial.precision, partial.error, partial.perplexity) == ("bf16", STOPPED, None)
    assert partial.tokens_per_second > 0
    assert rows_of(items) == [whole]
    assert rows_of(items[: items.index(whole) + 2], stopped=True) == [whole]  # nothing of bf16 was measured yet


def test_a_precision_that_does_not_apply_becomes_a_row_and_the_rest_goes_on(card) -> None:
    found = compare(card, [FP16, FP32], PROMPT, device="cpu", peak=False, max_new_tokens=2)
    measured, refused = [row for row in found if isinstance(row, Row)]  # fp32 first
    assert refused.error.startswith(
        "The precision “fp16” does not apply on the device “cpu”. Choose one of: fp32, bf16"
    )
    assert (refused.file_bytes, refused.perplexity) == (None, None)
    assert measured.error is None


def test_a_library_that_fails_costs_one_row_and_what_came_before_is_kept(card, monkeypatch) -> None:
    def fail(*arguments, **options):
        raise RuntimeError("kernel not found\nand a long trace")

    monkeypatch.setattr(module, "perplexity", fail)
    row = list(compare(card, [FP32], PROMPT, device="cpu", peak=False))[-1]
    assert row.error == "fp32 could not be measured: kernel not found. The other precisions are not affected."
    assert row.tokens_per_second > 0
    assert row.perplexity is None


def test_running_out_of_memory_is_said_in_words(card, monkeypatch) -> None:
    def fail(*arguments, **options):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr(module.speed, "decode_speed", fail)
    row = list(compare(card, [FP32], PROMPT, device="cpu", peak=False))[-1]
    assert row.error == "fp32 does not fit into memory. Close other programs, or choose a smaller model."


@pytest.fixture
def loads(monkeypatch) -> list[tuple[str, weakref.ref, list[str]]]:
    """Of each model that is loaded: its precision, itself, and the precisions of those that are in memory then."""
    loaded, load = [], TextGenerator.load.__func__

    def watched(cls, *arguments, **options):
        gc.collect()
        there = [name for name, model, _ in loaded if model() is not None]
        generator = load(cls, *arguments, **options)
        loaded.append((generator.precision, weakref.ref(generator.model), there))
        return generator

    monkeypatch.setattr(TextGenerator, "load", classmethod(watched))
    return loaded


def test_one_model_is_in_memory_and_fp32_beside_it_only_while_speeds_are_measured(card, loads) -> None:
    steps = []
    for item in compare(card, [FP32, INT8, BF16], PROMPT, device="cpu", peak=False, max_new_tokens=2):
        gc.collect()
        there = [name for name, model, _ in loads if model() is not None]
        assert there in ([], [item.precision]) if isinstance(item, Row) else len(there) <= 1
        steps.append(item)
    assert [(name, there) for name, _, there in loads] == [
        ("fp32", []), ("int8", []), ("fp32", ["int8"]), ("bf16", []), ("fp32", ["bf16"]),
    ]  # fmt: skip
    assert all(model() is None for _, model, _ in loads)
    assert all(row.ratio_low <= row.ratio <= row.ratio_high for row in rows_of(steps)[1:])
    assert all(row.prefill_ratio_low <= row.prefill_ratio <= row.prefill_ratio_high for row in rows_of(steps)[1:])


def test_without_room_for_both_speeds_are_measured_but_not_compared(card, loads, monkeypatch) -> None:
    monkeypatch.setattr("quantization.measure.beside.fits_beside", lambda size, device: size < 1)
    fp32, int8 = rows_of(compare(card, [INT8, FP32], PROMPT, device="cpu", peak=False, max_new_tokens=2))
    assert [name for name, _, _ in loads] == ["fp32", "int8"]
    assert int8.tokens_per_second > 0
    assert (int8.error, int8.ratio, int8.ratio_low, int8.prefill_ratio) == (None, None, None, None)
    assert fp32.error is None


def test_speeds_are_measured_again_and_everything_else_stays(card) -> None:
    earlier = [
        Row("int8", file_bytes=1, perplexity=7.0, tokens_per_second=0.001, ratio=12.22, busy=0.9, sample="s"),
        Row("fp32", file_bytes=2, perplexity=6.0, tokens_per_second=0.001, busy=0.9),
        Row("bf16", error="It did not load."),
    ]
    items = list(measure_speeds_again(card, earlier, PROMPT, device="cpu"))
    assert [step.text for step in items if type(step) is Step] == [
        "fp32: loading", "fp32: measuring speed", "int8: loading", "int8: measuring speed",
    ]  # fmt: skip
    assert all(step.so_far is None for step in items if type(step) is Step)
    fp32, int8 = rows_of(items)
    assert (fp32.file_bytes, fp32.perplexity) == (2, 6.0)
    assert (int8.file_bytes, int8.perplexity, int8.sample) == (1, 7.0, "s")
    assert min(fp32.tokens_per_second, int8.tokens_per_second) > 0.001
    assert int8.ratio_low <= int8.ratio <= int8.ratio_high
    assert [row.precision for row in rows_of([*earlier, *items])] == ["int8", "fp32", "bf16"]
    assert rows_of([*earlier, *items])[0] == int8


def test_a_speed_that_cannot_be_measured_again_keeps_the_old_figures_and_says_why(card, monkeypatch) -> None:
    def fail(*arguments, **options):
        raise RuntimeError("kernel not found")

    monkeypatch.setattr(module.speed, "decode_speed", fail)
    earlier = Row("int8", file_bytes=1, perplexity=7.0, tokens_per_second=5.0)
    row = rows_of(measure_speeds_again(card, [earlier], PROMPT, device="cpu"))[0]
    assert (row.tokens_per_second, row.perplexity) == (5.0, 7.0)
    assert "kernel not found" in row.error


def test_closing_the_iterator_frees_the_model(card, monkeypatch) -> None:
    loaded, load = [], TextGenerator.load.__func__

    def watched(cls, *arguments, **options):
        generator = load(cls, *arguments, **options)
        loaded.append(weakref.ref(generator.model))
        return generator

    monkeypatch.setattr(TextGenerator, "load", classmethod(watched))
    experiment = compare(card, [FP32], PROMPT, device="cpu", peak=False)
    next(experiment), next(experiment)
    assert loaded[0]() is not None
    experiment.close()
    assert loaded[0]() is None


def test_stop_keeps_the_rows_up_to_there(card) -> None:
    cancelled = threading.Event()
    experiment = compare(card, [FP32, BF16], PROMPT, device="cpu", peak=False, max_new_tokens=2, cancelled=cancelled)
    row = next(step for step in experiment if isinstance(step, Row))
    cancelled.set()
    assert row.error is None
    assert next(experiment).text == "bf16: loading"
    with pytest.raises(Cancelled):
        next(experiment)


def test_refusals(card, tiny_models) -> None:
    with pytest.raises(InvalidInput, match="at least one precision"):
        next(compare(card, [], PROMPT))
    with pytest.raises(InvalidInput, match="no prompt"):
        next(compare(card, [FP32], " \n"))
    with pytest.raises(InvalidInput, match="threads must be from 1 to"):
        next(compare(card, [FP32], threads=0))
    with pytest.raises(InvalidInput, match="is for question answering"):
        next(compare(find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING), [FP32]))
    with pytest.raises(ModelNotHere):
        next(compare(models_for(Task.TEXT_GENERATION)[0], [FP32]))

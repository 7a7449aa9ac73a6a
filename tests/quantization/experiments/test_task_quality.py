"""An exam in several precisions: rows, steps, costs and changed answers."""

import gc
import os
import threading
import weakref
from dataclasses import replace

import pytest

from models.catalog import ModelCard, Task, models_for
from models.errors import Cancelled, InvalidInput, ModelNotHere
from models.precision import BF16, FP16, FP32
from models.question_answering import QuestionAnswerer
from models.weights.cards import find_card
from quantization.experiments.steps import Step
from quantization.experiments.task_quality import (
    Changed,
    QualityRow,
    changed,
    compare_quality,
    cost_of,
    costs,
    recommended,
    spread_rows,
)
from quantization.measure.bootstrap import Interval
from quantization.measure.evaluation_sets import Question, Sentence
from quantization.measure.exams import QuestionExam, TranslationExam
from quantization.recipes import INT8

TEXT = "The lamp was lit by Ana Ruiz in May."
ASKED = (
    Question("Who lit the lamp?", TEXT, ("Ana Ruiz",)),
    Question("When?", TEXT, ("in May", "May")),
    Question("What was lit?", TEXT, ("The lamp",)),
)
EXAM = QuestionExam(ASKED, tells_no_answer=False)


@pytest.fixture
def card(tiny_models) -> ModelCard:
    return find_card(str(tiny_models.bert_qa()), Task.QUESTION_ANSWERING)


def rows_of(items) -> dict[str, QualityRow]:
    return {item.precision: item for item in items if isinstance(item, QualityRow)}


def row(precision: str, *outputs: str, speed: float = 10.0, file: int = 100) -> QualityRow:
    """A row as the iterator would give it for these answers."""
    figures = EXAM.figures(outputs)
    raced = {} if precision == "fp32" else {"ratio": speed / 10, "ratio_low": speed / 11, "ratio_high": speed / 9}
    sizes_and_speeds = (file, file, speed, speed / 2, speed * 2)
    return QualityRow(precision, *sizes_and_speeds, figures, Interval(0, figures["F1"]), outputs=outputs, **raced)


def test_every_precision_becomes_a_whole_row(card) -> None:
    rows = rows_of(compare_quality(card, [FP32, INT8, BF16], "cpu", threads=1, exam=EXAM))
    assert list(rows) == ["fp32", "int8", "bf16"]
    for found in rows.values():
        assert found.error is None
        assert len(found.outputs) == 3
        assert found.figures == EXAM.figures(found.outputs)
        assert found.slower_quarter <= found.rows_per_second <= found.faster_quarter
        assert found.interval.low <= found.figures["F1"] <= found.interval.high
    assert rows["int8"].file_bytes < rows["fp32"].file_bytes
    assert rows["bf16"].footprint < rows["fp32"].footprint


def test_answers_are_those_of_the_wrapper(card) -> None:
    found = rows_of(compare_quality(card, [FP32], "cpu", exam=EXAM))["fp32"]
    reader = QuestionAnswerer.load(card, "cpu")
    assert found.outputs == tuple(
        reader.answer(asked.question, asked.context, 1, rank_by="score")[0].text for asked in ASKED
    )
    assert found.footprint == reader.footprint


def test_steps_count_the_rows_and_fractions_grow(card) -> None:
    steps = [item for item in compare_quality(card, [FP32, BF16], "cpu", exam=EXAM) if isinstance(item, Step)]
    assert [step.text for step in steps if step.text.startswith("fp32: ")] == [
        "fp32: loading",
        "fp32: saving the file",
        *["fp32: question 1 of 3"] * 3,  # the first two times it warms up
        "fp32: question 2 of 3",
        "fp32: question 3 of 3",
    ]
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] < 1


def test_a_precision_that_fails_becomes_a_row_and_the_rest_goes_on(card, monkeypatch) -> None:
    load = QuestionAnswerer.load.__func__

    def fails_in_bf16(cls, card, device, precision):
        if precision is BF16:
            raise RuntimeError("kernel not found\nand a long trace")
        return load(cls, card, device, precision)

    monkeypatch.setattr(QuestionAnswerer, "load", classmethod(fails_in_bf16))
    rows = rows_of(compare_quality(card, [FP16, BF16, FP32], "cpu", exam=EXAM))
    assert rows["fp16"].error.startswith("The precision “fp16” does not apply on the device “cpu”.")
    assert rows["bf16"].error == "bf16 could not be measured: kernel not found. The other precisions are not affected."
    assert (rows["bf16"].figures, rows["bf16"].outputs) == ({}, ())
    assert rows["fp32"].error is None


def test_one_model_is_in_memory_fp32_beside_it_for_the_turns_and_none_afterwards(card, monkeypatch) -> None:
    loaded, load = [], QuestionAnswerer.load.__func__

    def watched(cls, card, device, precision):
        gc.collect()
        there = [name for name, model, _ in loaded if model() is not None]
        reader = load(cls, card, device, precision)
        loaded.append((precision.name, weakref.ref(reader.model), there))
        return reader

    monkeypatch.setattr(QuestionAnswerer, "load", classmethod(watched))
    exam = compare_quality(card, [BF16, FP32, INT8], "cpu", exam=EXAM)
    for item in exam:
        if isinstance(item, QualityRow):
            assert item.error is None
            assert all(model() is None for _, model, _ in loaded)
        elif "int8: in turns with fp32, round 3" in item.text:
            exam.close()
    assert [(name, there) for name, _, there in loaded] == [
        ("fp32", []), ("bf16", []), ("fp32", ["bf16"]), ("int8", []), ("fp32", ["int8"]),
    ]  # fmt: skip
    assert all(model() is None for _, model, _ in loaded)


def test_every_other_precision_takes_turns_with_fp32(card) -> None:
    items = list(compare_quality(card, [INT8, FP32], "cpu", exam=EXAM))
    turns = [item.text for item in items if isinstance(item, Step) and "in turns" in item.text]
    assert turns == [f"int8: in turns with fp32, round {number} of 9" for number in range(1, 10)]
    fp32, int8 = rows_of(items).values()
    assert fp32.ratio is None
    assert int8.ratio_low <= int8.ratio <= int8.ratio_high
    fractions = [item.fraction for item in items if isinstance(item, Step)]
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1


def test_without_room_for_both_there_are_no_turns(card, monkeypatch) -> None:
    monkeypatch.setattr("quantization.measure.beside.fits_beside", lambda size, device: False)
    found = rows_of(compare_quality(card, [FP32, INT8], "cpu", exam=EXAM))["int8"]
    assert (found.error, found.ratio, found.ratio_low) == (None, None, None)
    assert found.rows_per_second > 0


@pytest.mark.parametrize(("rows", "count", "expected"), [("abcdef", 3, "ace"), ("ab", 4, "aabb"), ("a", 2, "aa")])
def test_rows_for_the_turns_come_from_all_over_the_exam(rows: str, count: int, expected: str) -> None:
    assert "".join(spread_rows(rows, count)) == expected


def test_stop_acts_at_the_next_row_and_keeps_what_is_done(card) -> None:
    cancelled = threading.Event()
    exam = compare_quality(card, [FP32, BF16], "cpu", cancelled=cancelled, exam=EXAM)
    assert next(item for item in exam if isinstance(item, QualityRow)).error is None
    assert next(item for item in exam if "question 2" in item.text).text == "bf16: question 2 of 3"
    cancelled.set()
    with pytest.raises(Cancelled):
        next(exam)


def test_threads_are_pinned_while_it_answers_and_given_back(card, monkeypatch) -> None:
    import torch

    seen = []

    class Watched(QuestionExam):
        def ask(self, model, row, cancelled):
            seen.append(torch.get_num_threads())
            return ""

    before, most = torch.get_num_threads(), os.cpu_count()
    torch.set_num_threads(2)
    list(compare_quality(card, [FP32], "cpu", threads=1, exam=Watched(ASKED, tells_no_answer=False)))
    assert set(seen) == {1}
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
    with pytest.raises(InvalidInput, match=f"from 1 to {most}"):
        next(compare_quality(card, [FP32], "cpu", threads=most + 1, exam=EXAM))


def test_a_translator_is_examined_with_its_own_search(tiny_models) -> None:
    card = find_card(str(tiny_models.t5()), Task.TEXT_TO_TEXT)
    exam = TranslationExam((Sentence("The cat sleeps.", ("Le chat dort.", "Le chat est endormi.")),))
    found = rows_of(compare_quality(card, [FP32], "cpu", exam=exam))["fp32"]
    assert found.error is None
    assert set(found.figures) == {"BLEU", "chrF"}
    assert found.rows_per_second == found.slower_quarter == found.faster_quarter  # of one row


def test_refusals(card, tiny_models) -> None:
    with pytest.raises(InvalidInput, match="at least one precision"):
        next(compare_quality(card, []))
    with pytest.raises(InvalidInput, match="is for text generation"):
        next(compare_quality(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), [FP32]))
    with pytest.raises(ModelNotHere):
        next(compare_quality(models_for(Task.QUESTION_ANSWERING)[0], [FP32]))


def test_a_cost_is_the_difference_of_scores_and_ratios() -> None:
    baseline = row("fp32", "Ana Ruiz", "May", "lamp", speed=10, file=100)
    worse = row("int8", "Ana Ruiz", "May", "by", speed=21, file=40)
    found = cost_of(EXAM, worse, baseline)
    assert (found.precision, found.figure) == ("int8", "F1")
    assert found.points == pytest.approx(100 / 3)
    assert (found.speed, found.file) == (pytest.approx(2.1), pytest.approx(0.4))
    # One row in three was lost: a draw of three holds it not at all in 30 % of cases, three times in 4 %.
    assert (found.interval.low, found.interval.high) == (pytest.approx(0), pytest.approx(100))
    assert found.interval.holds_zero


def test_a_speed_that_cannot_be_compared_is_no_part_of_the_cost() -> None:
    baseline, same = row("fp32", "Ana", "May", "x"), row("int8", "Ana", "May", "x", speed=21, file=40)
    good, busy = cost_of(EXAM, same, baseline), cost_of(EXAM, replace(same, busy=0.5), baseline)
    assert (good.speed, good.speed_verdict) == (pytest.approx(2.1), "faster")
    assert (busy.speed, busy.speed_verdict) == (None, "the machine was busy")
    assert recommended([baseline, same], [good]) is same
    assert recommended([baseline, same], [busy]) is None


def test_costs_need_the_baseline_and_skip_what_failed() -> None:
    baseline, same = row("fp32", "Ana", "May", "x"), row("int8", "Ana", "May", "x")
    assert [found.precision for found in costs(EXAM, [same, baseline, QualityRow("bf16", error="No.")])] == ["int8"]
    assert costs(EXAM, [same]) == []
    assert costs(EXAM, [QualityRow("fp32", error="No."), same]) == []
    (found,) = costs(EXAM, [baseline, same])
    assert (found.points, found.interval) == (0, Interval(0, 0))


def test_changed_answers_stand_beside_the_baselines() -> None:
    baseline, other = row("fp32", "Ana Ruiz", "May", "by"), row("int8", "Ana", "May", "lamp")
    assert changed(EXAM, other, baseline) == [
        Changed(1, "Who lit the lamp?", ("Ana Ruiz",), "Ana Ruiz", "Ana", 100, pytest.approx(200 / 3)),
        Changed(3, "What was lit?", ("The lamp",), "by", "lamp", 0, 100),
    ]


def test_a_row_is_plain_json() -> None:
    found = row("fp32", "Ana Ruiz", "May", "").as_dict()
    assert found["outputs"] == ["Ana Ruiz", "May", ""]
    assert found["interval"] == {"low": 0, "high": found["figures"]["F1"]}
    assert found["error"] is None

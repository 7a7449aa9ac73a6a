"""The page “Quality and speed”, with tiny models that answer only a few of the questions."""

import csv
import io
import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from models.catalog import Task
from models.folders import trained_folder
from models.weights.cards import find_card
from quantization.experiments.steps import Step
from quantization.experiments.task_quality import QualityRow
from quantization.experiments.task_report import task_report
from quantization.measure import evaluation_sets, exams
from quantization.measure.bootstrap import Interval
from quantization.measure.exams import exam_for
from tests.apps.classroom import button, open_after, open_page, open_with, press, put_in_cache, sentences

MODEL = "deepset/roberta-base-squad2"
T5 = "google-t5/t5-base"
PAGE = "task_quality"
OUTCOME = "task-quality-question-answering-outcome"


def row(precision: str, wrong: int, speed: float, file: int, model_id: str = MODEL) -> QualityRow:
    """A row in which the first `wrong` questions that have an answer were answered with something else."""
    exam = exam_for(find_card(model_id, Task.QUESTION_ANSWERING))
    outputs = [asked.answers[0] if asked.answers else "" for asked in exam.rows]
    places = [place for place, asked in enumerate(exam.rows) if asked.answers][:wrong]
    for place in places:
        outputs[place] = f"{precision} says something else"
    figures = exam.figures(outputs)
    interval = Interval(figures["F1"] - 5, min(100, figures["F1"] + 5))
    # In turns with fp32's 10 questions a second.
    raced = {} if precision == "fp32" else {"ratio": speed / 10, "ratio_low": speed / 11, "ratio_high": speed / 9}
    return QualityRow(precision, file, file, speed, speed / 2, speed * 2, figures, interval, tuple(outputs), **raced)


def page_showing(*items: QualityRow | Step, model_id: str = MODEL) -> AppTest:
    """The page after an experiment that was stopped when it had given these items."""
    card = find_card(model_id, Task.QUESTION_ANSWERING)
    begun = task_report(card, exam_for(card), "cpu", threads=2)
    return open_after(PAGE, "task-quality-question-answering", begun, *items)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exams of three questions and one sentence: the tiny models are slow enough."""
    some = evaluation_sets.questions()
    monkeypatch.setattr(exams, "questions", lambda: (some[0], some[1], some[4]))
    monkeypatch.setattr(exams, "sentences", lambda: evaluation_sets.sentences()[:1])


def test_the_questions_are_shown_without_weights_too() -> None:
    page = open_with(PAGE, Task.QUESTION_ANSWERING, MODEL)
    assert page.expander[0].label == "The 60 questions"
    assert len(page.dataframe[0].value) == 60


def test_the_page_opens_with_the_embedded_model_and_two_precisions() -> None:
    page = open_page(PAGE)
    assert page.selectbox(key="question-answering-model").value == "aula/qa-minilm"
    assert page.pills(key="quality-precisions").value == ["fp32", "int8"]
    assert not button(page, "Run").disabled


def test_the_evaluation_set_can_be_taken_home(downloads: dict[str, str]) -> None:
    page = open_page(PAGE)
    assert len(json.loads(downloads["questions.json"])) == 14
    page.segmented_control(key="quality-task").set_value("Translation").run()
    assert not page.exception
    assert page.expander[0].label == "The 60 sentences"
    assert len(downloads["sentences.tsv"].splitlines()) == 60


def test_an_experiment_gives_costs_chart_table_and_changes(tiny_models, few) -> None:
    put_in_cache(MODEL, tiny_models.roberta_qa())
    page = open_with(PAGE, Task.QUESTION_ANSWERING, MODEL)
    press(page, "Run")
    found = [item for item in page.session_state[OUTCOME].items if isinstance(item, QualityRow)]
    assert [item.precision for item in found] == ["fp32", "int8"]
    assert [item.error for item in found] == [None, None]
    assert "× the file" in sentences(page)  # whether speeds can be compared depends on this machine
    assert "With 3 questions, one of them is 33.3 points" in sentences(page)
    assert len(page.get("vega_lite_chart")) == 1
    assert list(page.dataframe[1].value.columns) == ["fp32", "int8"]
    assert "Balanced accuracy" in page.dataframe[1].value.index
    assert any(part.label.endswith("of 3 answers differ from fp32's") for part in page.expander)
    assert "3 questions written for the suite, on cpu" in sentences(page)
    assert "on cpu · memory in use" in sentences(page)


def test_an_examined_precision_is_kept_and_can_be_chosen(tiny_models, few) -> None:
    put_in_cache(MODEL, tiny_models.roberta_qa())
    page = open_with(PAGE, Task.QUESTION_ANSWERING, MODEL)
    press(page, "Run")
    press(page, "Keep int8")
    assert "Kept as `trained/roberta-base-squad2-int8`" in page.success[0].value
    assert "aula.py answer" in page.success[0].value
    assert "F1, of 100" in (trained_folder() / "roberta-base-squad2-int8" / "README.md").read_text(encoding="utf-8")
    page.selectbox(key="question-answering-model").set_value("trained/roberta-base-squad2-int8").run()
    assert page.pills(key="quality-precisions-int8").options == ["int8"]


def test_the_smallest_file_that_costs_little_is_proposed() -> None:
    rows = row("fp32", 2, 10.0, 100), row("bf16", 2, 12.0, 50), row("int8", 12, 21.0, 40), row("bnb-nf4", 2, 4.0, 20)
    page = page_showing(*rows, model_id="aula/qa-minilm")
    choice = page.selectbox(key="keep-precision-question-answering-bf16")
    assert (choice.value, choice.options) == ("bf16", ["bf16", "bnb-nf4", "int8"])
    assert "bf16 is proposed: the smallest file" in sentences(page)


def test_a_translator_is_examined(tiny_models, few) -> None:
    put_in_cache(T5, tiny_models.t5())
    page = open_page(PAGE)
    page.segmented_control(key="quality-task").set_value("Translation").run()
    page.selectbox(key="translate-model").set_value(T5).run()
    page.pills(key="quality-precisions").set_value(["fp32"]).run()
    press(page, "Run")
    (found,) = [
        item for item in page.session_state["task-quality-text-to-text-outcome"].items if isinstance(item, QualityRow)
    ]
    assert set(found.figures) == {"BLEU", "chrF"}
    assert "4 beams" in sentences(page)
    assert "version:" in sentences(page)


def test_the_costs_are_computed_from_the_rows() -> None:
    page = page_showing(row("fp32", 2, 10.0, 100), row("bf16", 2, 12.0, 50), row("int8", 3, 21.0, 40))
    assert "**int8** costs 1.7 points of F1" in sentences(page)
    assert "gives 2.10× the speed of fp32 (95 %: 1.91–2.33) in 0.40× the file" in sentences(page)
    assert "**bf16** costs no F1" in sentences(page)
    values = [metric.value for metric in page.metric]
    assert values == ["0.0", "1.2×", "0.50×", "−1.7", "2.1×", "0.40×"]
    assert [part.label for part in page.expander if "differ" in part.label] == [
        "bf16: 2 of 60 answers differ from fp32's",
        "int8: 3 of 60 answers differ from fp32's",
    ]


def test_on_a_busy_machine_no_speed_is_compared_and_the_page_offers_to_measure_again() -> None:
    busy = replace(row("int8", 2, 122.0, 40), busy=0.5)
    page = page_showing(row("fp32", 2, 10.0, 100), busy)
    (found,) = page.warning
    assert "The machine was busy: while the speed of int8 was measured, others used 50 %" in found.value
    assert [metric.value for metric in page.metric] == ["0.0", "–", "0.40×"]
    assert "12.2" not in sentences(page)
    assert "speed not comparable" in sentences(page)
    assert button(page, "Measure again")


def test_no_difference_in_speed_is_none() -> None:
    page = page_showing(row("fp32", 2, 10.0, 100), row("int8", 2, 10.2, 40))
    assert [metric.value for metric in page.metric] == ["0.0", "same", "0.40×"]
    assert "no difference in speed could be measured (95 %: 0.93–1.13)" in sentences(page)


def test_an_exam_is_repeated_as_it_was_asked(tiny_models, few) -> None:
    put_in_cache(MODEL, tiny_models.roberta_qa())
    page = open_with(PAGE, Task.QUESTION_ANSWERING, MODEL)
    press(page, "Run")
    before = [item for item in page.session_state[OUTCOME].items if isinstance(item, QualityRow)]
    page.pills(key="quality-precisions").set_value(["fp32"]).run()
    press(page, "Measure again")
    after = [item for item in page.session_state[OUTCOME].items if isinstance(item, QualityRow)]
    assert [item.precision for item in after] == ["fp32", "int8"]
    assert [item.outputs for item in after] == [item.outputs for item in before]
    assert after[1].ratio != before[1].ratio


def test_more_than_a_point_is_warned_of() -> None:
    page = page_showing(row("fp32", 2, 10.0, 100), row("bf16", 2, 12.0, 50), row("int8", 12, 21.0, 40))
    (found,) = page.warning
    assert "int8 costs more than 1 point of F1 here: 16.7." in found.value


def test_a_stopped_experiment_keeps_its_rows_and_says_so() -> None:
    page = page_showing(Step("fp32: loading", 0.0), row("fp32", 2, 10.0, 100), Step("int8: loading", 0.5))
    assert "Stopped before the end" in page.info[-1].value
    assert list(page.dataframe[1].value.columns) == ["fp32"]
    assert not page.metric


def test_a_result_stays_with_its_task() -> None:
    page = page_showing(row("fp32", 2, 10.0, 100), row("int8", 3, 21.0, 40))
    page.segmented_control(key="quality-task").set_value("Translation").run()
    assert not page.metric
    page.segmented_control(key="quality-task").set_value("Question answering").run()
    assert len(page.metric) == 3
    assert f"{MODEL}: 60 questions written for the suite" in sentences(page)


def test_a_precision_that_failed_shows_its_sentence_beside_the_others() -> None:
    page = page_showing(row("fp32", 2, 10.0, 100), QualityRow("bnb-int8", error="It does not work on this machine."))
    assert page.warning[0].value == "**bnb-int8**: It does not work on this machine."
    assert list(page.dataframe[1].value.columns) == ["fp32"]


def test_when_every_precision_fails_there_is_no_empty_chart() -> None:
    page = page_showing(QualityRow("fp32", error="No."))
    assert not page.get("vega_lite_chart")


def test_without_the_baseline_the_page_asks_for_it() -> None:
    page = page_showing(row("int8", 2, 10.0, 100))
    assert "Choose fp32 too" in sentences(page)
    assert not page.metric


def test_a_model_that_always_answers_is_asked_what_has_an_answer_and_the_page_says_so() -> None:
    model_id = "distilbert/distilbert-base-cased-distilled-squad"
    page = page_showing(row("fp32", 2, 10.0, 100, model_id), model_id=model_id)
    assert "47 questions written for the suite" in sentences(page)
    assert "The questions without an answer were left out" in sentences(page)
    assert "Balanced accuracy" not in page.dataframe[1].value.index


def test_results_can_be_taken_home(downloads: dict[str, str]) -> None:
    page_showing(row("fp32", 2, 10.0, 100), row("int8", 3, 21.0, 40))
    fp32, int8 = csv.DictReader(io.StringIO(downloads["task-quality.csv"]))
    assert (fp32["precision"], round(float(int8["cost"]), 2)) == ("fp32", 1.67)
    details = json.loads(downloads["task-quality.json"])
    assert details["model_id"] == MODEL
    assert len(details["rows"][1]["outputs"]) == 60
    assert "int8 costs 1.7 points of F1" in downloads["task-quality.md"]


def test_choosing_no_precision_gets_a_sentence() -> None:
    page = page_showing(row("fp32", 2, 10.0, 100))  # of an earlier request
    page.pills(key="quality-precisions").set_value([])
    press(page, "Run")
    assert "at least one precision" in page.warning[0].value
    assert OUTCOME not in page.session_state

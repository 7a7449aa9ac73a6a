"""What precisions cost, in sentences and files, from costs made by hand."""

import csv
import io
import json
from dataclasses import replace

import pytest

from models.catalog import Task, models_for
from models.weights.cards import find_card
from quantization.experiments.speeds import Verdict
from quantization.experiments.task_quality import Cost, QualityRow
from quantization.experiments.task_report import cost_sentence, interval_text, points_text, task_report, warning
from quantization.measure.bootstrap import Interval
from tests.quantization.experiments.test_task_quality import EXAM, row


def cost(points: float, low: float, high: float, **changes) -> Cost:
    facts = {"precision": "int8", "figure": "F1", "speed": 2.1, "file": 0.4, "speed_verdict": Verdict.FASTER}
    facts["speed_claim"] = "2.10× the speed of fp32 (95 %: 2.00–2.20)"
    return Cost(points=points, interval=Interval(low, high), **facts | changes)


@pytest.fixture
def report():
    rows = (row("fp32", "Ana Ruiz", "May", "lamp"), row("int8", "Ana Ruiz", "May", "by", speed=21, file=40))
    card = models_for(Task.QUESTION_ANSWERING)[0]
    return task_report(card, EXAM, "cpu", [*rows, QualityRow("bf16", error="bf16 does not fit.")], threads=2)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (cost(0.4, -0.8, 2.1), "costs 0.4 points of F1 (95 % interval: −0.8 to 2.1) and gives 2.10× the speed"),
        (cost(-1.23, -3.0, 0.5), "gains 1.2 points of F1 (95 % interval: −0.5 to 3.0)"),
        (cost(1.0, 0.2, 2.0, figure="BLEU"), "costs 1.0 point of BLEU"),
        (cost(0.0, 0.0, 0.0), "costs no F1 (95 % interval: 0.0 to 0.0)"),
        (cost(-0.04, -1.0, 1.0), "costs no F1"),
    ],
)
def test_a_cost_in_words(found: Cost, words: str) -> None:
    assert cost_sentence(found).startswith(f"int8 {words}")
    assert cost_sentence(found).endswith("2.10× the speed of fp32 (95 %: 2.00–2.20) in 0.40× the file.")


@pytest.mark.parametrize(
    ("speed", "verdict", "words"),
    [
        (1.02, Verdict.NO_DIFFERENCE, "no difference in speed could be measured (95 %: 0.97–1.04)"),
        (None, Verdict.BUSY, "speed not comparable (the machine was busy)"),
    ],
)
def test_a_speed_that_is_not_known_to_differ_is_not_given(speed: float | None, verdict: Verdict, words: str) -> None:
    found = cost_sentence(cost(0.4, 0, 1, speed=speed, speed_verdict=verdict, speed_claim=words))
    assert found.endswith(f"in 0.40× the file; {words}.")
    assert "gives" not in found


def test_every_file_says_that_the_machine_was_busy(report) -> None:
    fp32, int8, _ = report.rows
    found = replace(report, rows=(fp32, replace(int8, busy=0.6)))
    assert "The machine was busy" in found.to_markdown()
    assert "The machine was busy" in json.loads(found.to_json())["cautions"][0]
    line = list(csv.DictReader(io.StringIO(found.to_csv())))[1]
    assert (line["speed_verdict"], line["speed"], line["busy"]) == ("the machine was busy", "", "0.6")


def test_more_than_a_point_is_warned_of_and_chance_is_named() -> None:
    assert warning(cost(1.0, 0.5, 2)) is None
    assert warning(cost(-3, -5, -1)) is None
    assert "costs more than 1 point of F1 here: 2.3." in warning(cost(2.3, 0.5, 4))
    assert "chance" not in warning(cost(2.3, 0.5, 4))
    assert "may be chance" in warning(cost(2.3, -0.5, 4))


def test_numbers_are_written_with_a_real_minus() -> None:
    assert [points_text(points) for points in (0.44, -1.25, -0.01)] == ["0.4", "−1.2", "0.0"]
    assert interval_text(Interval(-0.84, 2.1)) == "−0.8 to 2.1"


def test_json_holds_everything_to_trust_or_repeat_it(report) -> None:
    told = json.loads(report.to_json())
    assert {"model_id", "device", "threads", "date", "machine", "processor", "cpu_features", "versions"} <= set(told)
    assert told["figure"] == "F1"
    assert told["threads"] == 2
    assert [found["precision"] for found in told["rows"]] == ["fp32", "int8", "bf16"]
    assert told["rows"][0]["outputs"] == ["Ana Ruiz", "May", "lamp"]
    assert told["costs"][0]["points"] == pytest.approx(100 / 3)
    assert told["asked"][0] == {"text": "Who lit the lamp?", "references": ["Ana Ruiz"]}
    assert "left out" in told["settings"]


def test_csv_is_one_line_a_precision(report) -> None:
    fp32, int8, bf16 = csv.DictReader(io.StringIO(report.to_csv()))
    assert (fp32["F1"], float(int8["cost"]), fp32["cost"]) == ("100.0", pytest.approx(100 / 3), "")
    assert (float(int8["speed"]), float(int8["file"])) == (pytest.approx(2.1), pytest.approx(0.4))
    assert bf16["error"] == "bf16 does not fit."
    assert fp32["model_id"] == "deepset/roberta-base-squad2"
    assert "torch" in fp32["versions"]


def test_markdown_is_a_table_with_sentences(report) -> None:
    text = report.to_markdown()
    assert "| precision | F1 | exact match | questions/s | file MB | footprint MB |" in text
    assert "| fp32 | 100.0 (0.0 to 100.0) | 100.0 | 10.0 |" in text
    assert "- int8 costs 33.3 points of F1" in text
    assert "- bf16 does not fit." in text
    assert "3 questions written for the suite, on cpu" in text
    assert "2 threads" in text


def test_a_translators_report_names_the_signatures(tiny_models) -> None:
    from quantization.measure.exams import exam_for

    card = find_card(str(tiny_models.t5()), Task.TEXT_TO_TEXT)
    assert "BLEU nrefs:var|case:mixed" in task_report(card, exam_for(card), "cpu").method()

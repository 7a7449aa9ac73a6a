"""The report of an experiment as JSON, CSV and Markdown, from rows made by hand."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from importlib.metadata import version

import torch

from models.catalog import Task
from models.weights.cards import find_card
from quantization.experiments.comparison_report import report
from quantization.experiments.row import Row
from quantization.measure.default_text import spanish_text

ROWS = (
    Row(
        "fp32",
        file_bytes=400_000_000,
        footprint=390_000_000,
        peak_bytes=410_000_000,
        before_bytes=800_000_000,
        layers_changed=0,
        layers=49,
        load_seconds=0.5,
        prefill_tokens=256,
        prefill_tokens_per_second=300.4,
        prefill_slowest=290.0,
        prefill_fastest=310.0,
        tokens_per_second=20.0,
        slowest=19.0,
        fastest=21.0,
        busy=0.02,
        perplexity=30.5,
        bits_per_byte=1.25,
        top1_agreement=1.0,
        kl_divergence=0.0,
        agreement_positions=99,
        sample="y “mucho” más,\nsiempre",
    ),
    Row("fp16", error="The precision “fp16” does not apply."),
)


def example():
    card = find_card("openai-community/gpt2", Task.TEXT_GENERATION)
    return report(card, "cpu", "Me gusta", 3, ROWS, text="palabra " * 100, max_new_tokens=20, threads=2)


def test_json_says_what_was_measured_and_where() -> None:
    found = json.loads(example().to_json())
    assert found["model_id"] == "openai-community/gpt2"
    assert (found["device"], found["prompt"], found["seed"], found["threads"]) == ("cpu", "Me gusta", 3, 2)
    assert found["versions"]["torch"] == version("torch")
    assert found["date"] == date.today().isoformat()
    assert (found["text_characters"], found["max_new_tokens"]) == (800, 20)
    assert found["text_start"] == ("palabra " * 8)[:60]
    assert found["machine"]
    assert found["processor"]
    assert found["rows"] == [row.as_dict() for row in ROWS]


def test_csv_has_a_line_for_each_row_and_survives_quotes_and_line_breaks() -> None:
    first, second = csv.DictReader(io.StringIO(example().to_csv()))
    assert first["sample"] == ROWS[0].sample
    assert float(first["perplexity"]) == 30.5
    assert second["error"] == ROWS[1].error
    assert second["file_bytes"] == ""
    assert first["seed"] == second["seed"] == "3"
    assert (second["text_characters"], second["max_new_tokens"]) == ("800", "20")
    assert second["text_start"].startswith("palabra palabra")
    assert f"torch {version('torch')}" in second["versions"]


def test_threads_are_those_of_torch_unless_given() -> None:
    card = find_card("openai-community/gpt2", Task.TEXT_GENERATION)
    assert report(card, "cpu", "p", 0, ROWS).conditions["threads"] == torch.get_num_threads()


def test_the_text_is_the_suite_s_unless_given() -> None:
    card = find_card("openai-community/gpt2", Task.TEXT_GENERATION)
    found = report(card, "cpu", "p", 0)
    assert found.text_characters == len(spanish_text())
    assert found.text_start.startswith("El domingo por la mañana")
    assert found.rows == ()


def test_what_looks_like_a_formula_is_only_text_in_a_spreadsheet() -> None:
    found = replace(example(), prompt="=1", text_start="-2", rows=(Row("fp32", sample="=1+1"),)).to_csv()
    line = next(csv.DictReader(io.StringIO(found)))
    assert (line["prompt"], line["text_start"], line["sample"]) == ("'=1", "'-2", "'=1+1")


def test_markdown_is_a_table_with_its_conditions() -> None:
    lines = example().to_markdown().splitlines()
    assert lines[0] == "## openai-community/gpt2 in several precisions"
    heading, rule, first, second = lines[2:6]
    assert heading.count("|") == rule.count("|") == first.count("|") == second.count("|")
    cells = [cell.strip() for cell in first.strip("|").split("|")]
    assert cells == [
        "fp32", "400 MB", "390 MB", "410 MB", "0 of 49", "0.50", "300 (290–310)", "20.0 (19.0–21.0)",
        "–", "–", "2%", "30.50", "1.250", "100.0%", "0.0000",
    ]  # fmt: skip
    assert second.startswith("| fp16 | – | – |")
    text = "\n".join(lines)
    assert "- fp16: The precision “fp16” does not apply." in text
    for told in ("threads: 2", "seed 3", f"torch {version('torch')}", date.today().isoformat(), "CPU features"):
        assert told in text
    assert "256 tokens read at once" in text
    assert "first 99 positions" in text


INT8 = Row(
    "int8",
    file_bytes=3,
    tokens_per_second=20.0,
    slowest=19.0,
    fastest=21.0,
    ratio=2.0,
    ratio_low=1.9,
    ratio_high=2.1,
    busy=0.01,
    perplexity=30.0,
)


def test_speeds_that_were_compared_are_told_with_how() -> None:
    found = replace(example(), rows=(ROWS[0], INT8))
    assert "2.00 (1.90–2.10)" in found.to_markdown()
    assert "timed in turns" in found.facts()["speeds"]
    assert json.loads(found.to_json())["cautions"] == []
    assert json.loads(found.to_json())["rows"][1]["speed_verdict"] == "faster"
    assert example().facts()["speeds"] == "not compared in turns"


def test_every_file_says_that_the_machine_was_busy() -> None:
    found = replace(example(), rows=(ROWS[0], replace(INT8, busy=0.5)))
    assert "The machine was busy" in found.to_markdown()
    assert "2.00 (" not in found.to_markdown()
    assert "The machine was busy" in json.loads(found.to_json())["cautions"][0]
    fp32, int8 = csv.DictReader(io.StringIO(found.to_csv()))
    assert (fp32["speed_verdict"], int8["speed_verdict"], int8["busy"]) == ("", "the machine was busy", "0.5")


def test_markdown_says_why_there_is_no_agreement() -> None:
    found = replace(example(), rows=(Row("int8", file_bytes=1),)).to_markdown()
    assert "- agreement: not measured, because fp32 was not" in found
    assert "- prefill: not measured" in found

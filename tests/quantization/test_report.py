import csv
import io
import json
from datetime import date
from importlib.metadata import version

import torch

from models.catalog import Task, find_card
from quantization.compare import Row, spanish_text
from quantization.report import CPU_FEATURES, cpu_features, report

ROWS = (
    Row("fp32", 400, 390, 0.5, 20.0, 19.0, 21.0, 30.5, 1.25, "y “mucho” más,\nsiempre"),
    Row("fp16", error="The precision “fp16” does not apply."),
)


def example():
    card = find_card("openai-community/gpt2", Task.TEXT_GENERATION)
    return report(card, "cpu", "Me gusta", 3, ROWS, text="palabra " * 100, max_new_tokens=20, threads=2)


def test_json_says_what_was_measured_and_where():
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


def test_csv_has_a_line_for_each_row_and_survives_quotes_and_line_breaks():
    first, second = csv.DictReader(io.StringIO(example().to_csv()))
    assert first["sample"] == ROWS[0].sample
    assert float(first["perplexity"]) == 30.5
    assert second["error"] == ROWS[1].error
    assert second["file_bytes"] == ""
    assert first["seed"] == second["seed"] == "3"
    assert (second["text_characters"], second["max_new_tokens"]) == ("800", "20")
    assert second["text_start"].startswith("palabra palabra")
    assert f"torch {version('torch')}" in second["versions"]


def test_threads_are_those_of_torch_unless_given():
    card = find_card("openai-community/gpt2", Task.TEXT_GENERATION)
    assert report(card, "cpu", "p", 0, ROWS).threads == torch.get_num_threads()


def test_the_text_is_the_suite_s_unless_given():
    card = find_card("openai-community/gpt2", Task.TEXT_GENERATION)
    found = report(card, "cpu", "p", 0)
    assert found.text_characters == len(spanish_text())
    assert found.text_start.startswith("El domingo por la mañana")
    assert found.rows == ()


def test_processor_features_are_names_that_torch_knows():
    assert set(cpu_features()) <= set(CPU_FEATURES)
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        assert "avx512_f" in cpu_features()

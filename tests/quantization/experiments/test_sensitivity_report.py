"""Which layer hurts, in words and as files, from cells made by hand."""

import csv
import io
import json

import pytest

from quantization.experiments.sensitivity import Baseline, Cell, Place
from quantization.experiments.sensitivity_report import SensitivityReport, kinds_of, reading, sums
from quantization.mapping import Mapping
from tests.quantization.by_hand import CONDITIONS


def cells(*changes: float) -> list[Cell]:
    """Two kinds in each block, after an embedding."""
    places = [(None, "wte"), *((block, kind) for block in range(9) for kind in ("attn", "mlp"))]
    return [Cell(*place, 100 * (1 + change), change) for place, change in zip(places, changes, strict=False)]


def test_the_reading_names_the_three_most_and_least_sensitive() -> None:
    said = reading(cells(0.5, 0.1, 0.02, 0.3, 0.001, -0.03, 0.2, -0.002), 4)
    assert said == (
        "In 4 bits, it hurts most in wte (+50 %), block 1, attn (+30 %) and block 2, mlp (+20 %); "
        "it changes least in block 1, mlp (+0.10 %), block 3, attn (−0.20 %) and block 0, mlp (+2.0 %)."
    )


def test_few_cells_are_told_once() -> None:
    assert reading([], 4) is None
    assert reading(cells(0.5, 0.1), 3) == "In 3 bits: wte (+50 %) and block 0, attn (+10 %)."


def test_sums_by_kind_and_by_block() -> None:
    by_kind, by_block = sums(cells(0.5, 0.1, 0.02, 0.3, 0.004))
    assert by_kind == pytest.approx({"wte": 0.5, "attn": 0.4, "mlp": 0.024})
    assert by_block == pytest.approx({"wte": 0.5, "0": 0.12, "1": 0.304})
    assert kinds_of(cells(0.5, 0.1, 0.02, 0.3)) == ["attn", "mlp"]


def test_a_sensitivity_report_states_its_conditions_in_every_line() -> None:
    measured = tuple(cells(0.5, 0.1))
    baseline = Baseline(
        100.0, 255, 256, 128, (Place(None, "wte", ("wte", "lm_head"), 4), Place(0, "attn", ("a",), 2)), 7
    )
    report = SensitivityReport("aula/x", "cpu", Mapping(bits=3), "Una  frase", baseline, measured, CONDITIONS)
    lines = list(csv.DictReader(io.StringIO(report.to_csv())))
    assert [(line["block"], line["kind"], line["change"]) for line in lines] == [
        ("", "wte", "0.5"),
        ("0", "attn", "0.1"),
    ]
    assert {(line["bits"], line["tokens"], line["window"], line["model_id"]) for line in lines} == {
        ("3", "255", "256", "aula/x")
    }
    assert lines[0]["versions"] == "python 3.11, torch 2.15"
    told = json.loads(report.to_json())
    assert told["finished"] is True
    assert (told["granularity"], told["text_start"], told["baseline_perplexity"]) == ("channel", "Una frase", 100.0)
    assert told["cells"][1]["kind"] == "attn"
    stopped = SensitivityReport("aula/x", "cpu", Mapping(), "x", None, (), CONDITIONS)
    assert stopped.to_csv().count("\n") == 1
    assert json.loads(stopped.to_json())["finished"] is False
    formula = SensitivityReport("aula/x", "cpu", Mapping(), "=1+1", baseline, measured, CONDITIONS)
    assert next(csv.DictReader(io.StringIO(formula.to_csv())))["text_start"] == "'=1+1"


def test_a_sensitivity_report_is_a_text_to_paste() -> None:
    measured = tuple(cells(0.1, 0.5))
    exact = Baseline(100.0, 50, 1024, 512, tuple(Place(cell.block, cell.kind, (), 10) for cell in measured), 0)
    text = SensitivityReport("m", "cpu", Mapping(4), "El texto.", exact, measured, CONDITIONS).to_markdown()
    assert text.startswith("## m: which layer hurts\n\nIn 4 bits: ")
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| block 0, attn", "| wte"]
    assert lines[2].endswith("| 150.00 | +50 % |")
    for fact in ("perplexity 100.00", "bits: 4", "“El texto.…”", "a processor, Linux", "avx2, avx512_f", "threads: 2"):
        assert fact in text

"""What layers and memory cycles say in words and hand out as files, from results made by hand."""

import csv
import io
import json
from typing import Any

import pytest

from quantization.experiments.memory_cycle import MOMENTS, Cycle, MemoryReading
from quantization.experiments.memory_cycle_report import CycleReport, verdict
from quantization.experiments.sensitivity import Baseline, Cell, Place
from quantization.experiments.sensitivity_report import SensitivityReport, kinds_of, reading, sums
from quantization.mapping import Mapping

CONDITIONS: dict[str, Any] = {
    "threads": 2,
    "date": "2026-11-21",
    "machine": "Linux",
    "processor": "a processor",
    "cpu_features": ["avx2", "avx512_f"],
    "graphics_cards": [],
    "versions": {"python": "3.11", "torch": "2.15"},
}


def cells(*changes: float) -> list[Cell]:
    """Two kinds in each block, after an embedding."""
    places = [(None, "wte"), *((block, kind) for block in range(9) for kind in ("attn", "mlp"))]
    return [Cell(*place, 100 * (1 + change), change) for place, change in zip(places, changes, strict=False)]


def cycle(number: int, footprint: int, remains: int) -> Cycle:
    amounts = (1_000_000_000, 1_000_000_000 + footprint, 1_010_000_000 + footprint, 1_000_000_000 + remains)
    readings = [MemoryReading(number, moment, 1.0, bytes_) for moment, bytes_ in zip(MOMENTS, amounts, strict=True)]
    return Cycle(number, "fp32", "cpu", footprint, tuple(readings))


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


def test_the_verdict_tells_the_worst_cycle_after_the_first() -> None:
    cycles = [cycle(1, 497_800_000, 250_000_000), cycle(2, 497_800_000, 12_000_000), cycle(3, 497_800_000, 1_000)]
    assert verdict(cycles) == (
        "After unloading, 12.0 MB of 498 MB remain (2.4 %). The memory is free again, and nothing was restarted."
    )
    assert verdict([]) is None
    assert verdict(cycles[:1]).startswith("The first cycle left 250 MB behind, most of it the libraries")


def test_the_verdict_of_a_small_model_is_no_failure_and_of_a_large_one_is() -> None:
    small = verdict([cycle(1, 21_000_000, 9_000_000), cycle(2, 21_000_000, 2_000_000)])
    assert "(9.5 %). The libraries keep some memory" in small
    assert "models from 400 MB on" in small
    large = verdict([cycle(1, 500_000_000, 0), cycle(2, 500_000_000, 50_000_000)])
    assert "more than the 5 % that Aula promises" in large


def test_less_than_before_is_nothing_that_remains() -> None:
    assert verdict([cycle(1, 500_000_000, 0), cycle(2, 500_000_000, -4_000_000)]).startswith(
        "After unloading, nothing of 500 MB remains: 4.0 MB less than before."
    )


def test_a_cycle_report_has_a_line_for_each_reading() -> None:
    done = cycle(1, 497_800_000, 3)
    started = MemoryReading(2, MOMENTS[0], 2.0, 1_000)
    report = CycleReport("aula/x", "fp32", "cpu", 3, (*done.readings, started), (done,), CONDITIONS)
    lines = list(csv.DictReader(io.StringIO(report.to_csv())))
    assert [line["moment"] for line in lines] == [*MOMENTS, MOMENTS[0]]
    assert [line["footprint"] for line in lines] == ["497800000"] * 4 + [""]
    told = json.loads(report.to_json())
    assert (told["cycles"][0]["remains"], told["cycles_asked"], len(told["readings"])) == (3, 3, 5)
    assert told["verdict"].startswith("The first cycle left 3 B behind")


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


def test_a_memory_report_is_a_text_to_paste() -> None:
    cycles = (cycle(1, 500_000_000, 90_000_000), cycle(2, 500_000_000, 5_000_000))
    text = CycleReport("m", "int8", "cpu", 2, (), cycles, CONDITIONS).to_markdown()
    assert "After unloading, 5.0 MB of 500 MB remain (1.0 %)." in text
    assert "| 2 | 1.0 GB | 1.5 GB | 1.5 GB | 1.0 GB | 5.0 MB |" in text
    assert "precision: int8" in text
    assert "torch 2.15" in text

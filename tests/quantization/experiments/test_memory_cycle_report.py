"""What memory cycles leave behind, in words and as files, from readings made by hand."""

import csv
import io
import json

from quantization.experiments.memory_cycle import MOMENTS, Cycle, MemoryReading
from quantization.experiments.memory_cycle_report import CycleReport, verdict
from tests.quantization.by_hand import CONDITIONS


def cycle(number: int, footprint: int, remains: int) -> Cycle:
    amounts = (1_000_000_000, 1_000_000_000 + footprint, 1_010_000_000 + footprint, 1_000_000_000 + remains)
    readings = [MemoryReading(number, moment, 1.0, bytes_) for moment, bytes_ in zip(MOMENTS, amounts, strict=True)]
    return Cycle(number, "fp32", "cpu", footprint, tuple(readings))


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


def test_a_memory_report_is_a_text_to_paste() -> None:
    cycles = (cycle(1, 500_000_000, 90_000_000), cycle(2, 500_000_000, 5_000_000))
    text = CycleReport("m", "int8", "cpu", 2, (), cycles, CONDITIONS).to_markdown()
    assert "After unloading, 5.0 MB of 500 MB remain (1.0 %)." in text
    assert "| 2 | 1.0 GB | 1.5 GB | 1.5 GB | 1.0 GB | 5.0 MB |" in text
    assert "precision: int8" in text
    assert "torch 2.15" in text

"""Verdicts at their thresholds, the rooms of this machine, and the text to paste."""

import pytest

from models.memory import machine_memory
from models.weights.configurations import find_configuration
from quantization.predict.forecast import Room, Verdict, forecast, rooms


@pytest.mark.parametrize(
    ("needed", "verdict"),
    [
        (8, Verdict.FITS),  # 80 % of the 10 that are free
        (9, Verdict.TIGHT),
        (18, Verdict.TIGHT),  # 90 % of the 20 that there are
        (19, Verdict.DOES_NOT_FIT),
    ],
)
def test_the_verdict_follows_its_thresholds(needed: int, verdict: Verdict) -> None:
    assert Room("RAM", "cpu", total=20, free=10).verdict(needed) is verdict


def test_a_full_machine_that_is_large_enough_is_tight() -> None:
    assert Room("RAM", "cpu", total=20, free=0).verdict(1) is Verdict.TIGHT


def test_this_machines_memory_comes_first() -> None:
    first = rooms()[0]
    assert (first.name, first.device, first.total) == ("RAM", "cpu", machine_memory().total)
    assert 0 < first.free <= first.total


def test_a_forecast_is_a_text_to_paste() -> None:
    found = forecast(find_configuration("google-bert/bert-base-uncased"), ["fp32", "bnb-nf4"], context=128)
    text = found.to_markdown()
    assert text.startswith("## google-bert/bert-base-uncased: memory predicted\n")
    fp32, nf4 = (line for line in text.splitlines() if line.startswith(("| fp32", "| bnb-nf4")))
    assert "| 440.4 MB |" in fp32  # 110 million parameters of four bytes
    assert "in RAM" in fp32
    assert "in RAM" in nf4
    assert "- parameters: 1" in text
    assert "context 128, batch 1, to use" in text

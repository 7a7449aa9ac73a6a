"""The table of a row's figures: each is one that is measured, and is written as its place has room for."""

from dataclasses import replace

import pytest

from quantization.experiments.figures import EXAM_SPEED, FIGURES, MISSING, Figure
from quantization.experiments.row import Row
from quantization.experiments.task_quality import QualityRow

ROW = Row(
    "int8",
    file_bytes=281_600_000,
    layers_changed=9,
    layers=49,
    load_seconds=0.416,
    tokens_per_second=20.04,
    slowest=19.0,
    fastest=21.0,
    ratio=2.104,
    ratio_low=1.95,
    ratio_high=2.2,
    busy=0.03,
    perplexity=131.25,
    top1_agreement=0.987,
    kl_divergence=0.01234,
)


def named(key: str) -> Figure:
    return next(figure for figure in FIGURES if figure.key == key)


def test_every_figure_is_one_that_is_measured() -> None:
    for figure in FIGURES:
        assert {figure.key, *(figure.spread or ()), figure.whole or figure.key} <= set(ROW.as_dict())
    assert EXAM_SPEED.key in QualityRow("int8").as_dict()


@pytest.mark.parametrize("where", ["terminal", "report", "page", "card"])
def test_no_two_figures_have_one_name(where: str) -> None:
    names = [getattr(figure, where) for figure in (*FIGURES, EXAM_SPEED) if getattr(figure, where)]
    assert len(names) == len(set(names)) >= 10


def test_figures_as_cells_of_a_table() -> None:
    assert [figure.text(ROW) for figure in FIGURES] == [
        "282 MB", MISSING, MISSING, "9 of 49", "0.42", MISSING, "20.0", "2.10", MISSING, "3%",
        "131.25", MISSING, "98.7%", "0.0123",
    ]  # fmt: skip
    assert named("layers_changed").text(ROW, part_of="/") == "9/49"
    assert named("tokens_per_second").spread_text(ROW) == "20.0 (19.0–21.0)"
    assert named("prefill_tokens_per_second").spread_text(ROW) == MISSING
    assert named("perplexity").spread_text(ROW) == "131.25"


def test_a_ratio_of_speeds_stands_nowhere_where_it_says_nothing() -> None:
    ratio = named("ratio")
    assert ratio.spread_text(ROW) == "2.10 (1.95–2.20)"
    assert ratio.card_text(ROW) == "2.10× fp32's (95 %: 1.95–2.20)"
    for changes in ({"busy": 0.4}, {"ratio_high": 7.0}, {"ratio": None, "ratio_low": None, "ratio_high": None}):
        row = replace(ROW, **changes)
        assert (ratio.value(row), ratio.text(row), ratio.spread_text(row)) == (None, MISSING, MISSING)
        assert ratio.card_text(row) is None
    same = replace(ROW, ratio=1.0, ratio_low=0.98, ratio_high=1.03)
    assert ratio.card_text(same) == "no difference in speed could be measured (95 %: 0.98–1.03)"


def test_figures_in_the_words_of_a_card() -> None:
    written = {figure.key: figure.in_words(figure.value(ROW)) for figure in FIGURES if figure.value(ROW) is not None}
    assert written["file_bytes"] == "282 MB"
    assert written["load_seconds"] == "0.42 s"
    assert written["tokens_per_second"] == "20.0 tokens per second"
    assert written["perplexity"] == "131.2"
    assert written["top1_agreement"] == "98.7%"
    assert written["kl_divergence"] == "0.0123 nats"
    assert EXAM_SPEED.in_words(3.456) == "3.46 questions or sentences per second"


def test_a_figure_of_other_rows_has_no_value() -> None:
    assert EXAM_SPEED.value(ROW) is None
    assert named("perplexity").value(QualityRow("int8")) is None

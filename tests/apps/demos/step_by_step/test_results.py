"""The pictures of a step, each from a result alone."""

import numpy as np
import pytest

from apps.demos.step_by_step.attention import chosen, heat_map
from apps.demos.step_by_step.next_token import left_text, next_table
from apps.demos.step_by_step.results import (
    answer_html,
    labels_html,
    marked_html,
    plain_line,
    printed_html,
    spans_html,
    values_html,
)
from models.steps.execution import Value
from models.steps.looks import AttentionTable, LabelsLook, NextLook, SpansLook

SCRIPT = "<script>alert(1)</script>"
WEIGHTS = np.arange(16, dtype=np.float16).reshape(2, 2, 2, 2) / 16
TABLE = AttentionTable(WEIGHTS, ("a", '"]);x'), ("a", "b"))
NEXT = NextLook(np.log(np.array([0.5, 0.3, 0.2], np.float32)), ((0, " one"), (1, " two"), (2, "\u202e")))


def test_everything_of_a_text_is_escaped() -> None:
    drawn = [
        printed_html(SCRIPT), answer_html(SCRIPT), marked_html(SCRIPT, 0, 8),
        labels_html(LabelsLook((SCRIPT,), (1.0,), (1.0,))),
        spans_html(SpansLook(((SCRIPT, 1, 0.0),), ((SCRIPT, 1, 0.0),))),
        values_html([Value(SCRIPT, SCRIPT, shown=SCRIPT)]),
    ]  # fmt: skip

    assert not any("<script" in html for html in drawn)


def test_spaces_of_a_long_line_stay_spaces_wherever_its_line_breaks_are() -> None:
    assert plain_line("¿Qué te has visto?\n¿Qué " + "de la ley " * 9) == "¿Qué te has visto?⏎¿Qué " + "de la ley " * 9


def test_a_layer_and_a_head_are_counted_from_one() -> None:
    assert chosen(TABLE, 2, 1) == pytest.approx(WEIGHTS[1, 0])
    assert chosen(TABLE, "mean", 2) == pytest.approx(WEIGHTS[:, 1].mean(axis=0))
    assert chosen(TABLE, "mean", "mean") == pytest.approx(WEIGHTS.reshape(4, 2, 2).mean(axis=0))


def test_a_heat_map_names_the_tokens_whatever_they_are() -> None:
    drawn = heat_map(TABLE, chosen(TABLE, 1, 1)).to_dict()

    assert drawn["encoding"]["y"]["axis"]["labelExpr"] == '["a", "\\"]);x"][datum.value]'


def test_sliders_show_what_can_still_be_drawn() -> None:
    table = next_table(NEXT, 1.0, 2, 1.0)

    assert table["before"].tolist() == pytest.approx([0.5, 0.3, 0.2])
    assert table["after"].tolist() == pytest.approx([0.625, 0.375, 0])
    assert table["label"].tolist()[-1] == "out"
    assert left_text(NEXT, 1.0, 2, 1.0).startswith("2 of 3 tokens")


def test_a_character_that_turns_a_line_around_is_written_out() -> None:
    assert next_table(NEXT, 1.0, 0, 1.0)["token"].tolist()[-1] == "3. U+202E"

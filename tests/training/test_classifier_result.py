"""Figures of a classifier, by hand."""

import pytest

from models.text.grading import mean_f1
from models.text.labelled_row import Row
from training.classifier_result import assess, majority_accuracy, remarks


@pytest.mark.parametrize(
    ("chances", "loss", "says"),
    [
        ([[0.9, 0.1]] * 4, 9.0, "Its learning rate, 0.5, is too large"),
        ([[0.9, 0.1]] * 4, 0.7, "Give it more epochs"),  # guessing has 0.69
        ([[0.9, 0.1]] * 3 + [[0.1, 0.9]], 9.0, None),
    ],
)
def test_a_model_that_tells_nothing_apart_is_said_to(chances, loss, says) -> None:
    rows = [Row(n, str(n), label) for n, label in enumerate("aabb")]
    said = remarks(assess(rows, chances, ["a", "b"]), 0.5, loss)
    assert (not said) if says is None else ("every test row “a”" in said[0] and says in said[0])
    assert not remarks(assess(rows[:2], chances[:2], ["a", "b"]), 0.5, loss)


def test_figures_by_hand() -> None:
    """F1 of a: 2·2 / (3 + 3); of b: 2·1 / (2 + 2); c was never there."""
    rows = [Row(n, str(n), label) for n, label in enumerate("aaabb")]
    chances = [[0.9, 0.1, 0], [0.6, 0.4, 0], [0.3, 0.7, 0], [0.2, 0.8, 0], [0.75, 0.2, 0.05]]
    outcome = assess(rows, chances, ["a", "b", "c"])
    assert outcome.confusion == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert outcome.accuracy == 0.6
    assert outcome.macro_f1 == pytest.approx((4 / 6 + 2 / 4) / 2)
    assert [(wrong["text"], wrong["predicted"], wrong["probability"]) for wrong in outcome.mistakes] == [
        ("4", "a", 0.75),
        ("2", "b", 0.7),
    ]
    assert mean_f1([[3, 0], [0, 1]]) == 1
    assert majority_accuracy(rows, rows) == 0.6

"""Figures of a classifier, by hand."""

import pytest

from training.classifier_result import assess, majority_accuracy, mean_f1
from training.text_data import Row


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

"""The span search against sums done by hand and a double loop over every span."""

import math

import pytest
import torch

from models.text.answer_spans import MAX_ANSWER_TOKENS, best_spans, no_answer_scores, score_windows


def logits(*probabilities: float) -> torch.Tensor:
    """Logits whose softmax is `probabilities` when these add up to 1, and otherwise in their proportions."""
    return torch.tensor(probabilities).log()


def test_one_window_has_the_softmax_product() -> None:
    (window,) = score_windows([(logits(0.1, 0.7, 0.2), logits(0.3, 0.1, 0.6))])
    assert window.of_span(1, 2) == pytest.approx((0.7 * 0.6, 0.7 * 0.6))
    assert window.of_span(0, 0) == pytest.approx((0.1 * 0.3, 0.1 * 0.3))


def test_two_windows_share_one_joint_softmax() -> None:
    # Weights of the start, CLS first: 1 3 in one window, 6 2 in the other, 12 together; the same for the end.
    one, other = score_windows([(logits(1, 3), logits(1, 3)), (logits(6, 2), logits(6, 2))])
    assert one.of_span(1, 1) == pytest.approx(((3 / 4) ** 2, (3 / 12) ** 2))
    assert other.of_span(1, 1) == pytest.approx(((2 / 8) ** 2, (2 / 12) ** 2))
    assert no_answer_scores([one, other]) == pytest.approx({"score": (1 / 4) ** 2, "joint_score": (1 / 12) ** 2})


def test_the_smallest_probability_is_not_rounded_to_nothing() -> None:
    (window,) = score_windows([(torch.tensor([0.0, -150.0]), torch.tensor([0.0, -150.0]))])
    assert window.of_span(1, 1)[0] == pytest.approx(math.exp(-300))


def test_half_precision_logits_are_computed_in_full() -> None:
    half = torch.tensor([1.0, 2.0, 3.0], dtype=torch.bfloat16)
    (window,) = score_windows([(half, half)])
    assert window.start.dtype == torch.float64
    assert float(window.start.exp().sum()) == pytest.approx(1, abs=1e-12)


def test_best_spans_are_those_of_a_double_loop() -> None:
    generator = torch.Generator().manual_seed(3)
    start, end = torch.randn(2, 40, generator=generator, dtype=torch.float64)
    can_answer = torch.rand(40, generator=generator) > 0.2
    spans = [
        (float(start[first] + end[last]), (first, last))
        for first in range(40)
        for last in range(40)
        if first <= last < first + 15 and can_answer[first] and can_answer[last]
    ]
    expected = [span for _, span in sorted(spans, reverse=True)]
    assert best_spans(start, end, can_answer, 25) == expected[:25]
    assert best_spans(start, end, can_answer, 10_000) == expected


def test_a_span_has_at_most_fifteen_tokens() -> None:
    start, end = torch.full((2, 30), -50.0)
    start[2], end[2 + MAX_ANSWER_TOKENS] = 0, 0
    spans = best_spans(start, end, torch.ones(30, dtype=torch.bool), 1000)
    assert max(last - first + 1 for first, last in spans) == 15
    assert len(spans) == sum(min(15, 30 - first) for first in range(30))


def test_no_span_where_nothing_can_answer() -> None:
    assert best_spans(torch.zeros(3), torch.zeros(3), torch.zeros(3, dtype=torch.bool), 5) == []

"""Grades against sums by hand, and against a second implementation that knows nothing of the first."""

import math
import random

import pytest

from models.errors import InvalidInput
from models.failures import Failure
from models.text.grading import NO_LABEL, Grade, grade
from models.text.label_names import BY_HAND, Matching, match_gold
from models.text.labelled_row import Row

TWO = ("negative", "positive")


def rows(*labels: str) -> list[Row]:
    return [Row(line, f"text {line}", label) for line, label in enumerate(labels, start=2)]


def said(*positive: float) -> list[dict[str, float]]:
    return [{"NEGATIVE": 1 - score, "POSITIVE": score} for score in positive]


def of_two(labels: tuple[str, ...], *positive: float) -> Grade:
    return grade(rows(*labels), said(*positive), match_gold(("NEGATIVE", "POSITIVE"), TWO))


def test_a_grade_by_hand() -> None:
    """Four of six right. Positive: 3 rows, 3 said, 2 right; negative the same: every share is 2/3."""
    found = of_two(("positive",) * 3 + ("negative",) * 3, 0.9, 0.8, 0.3, 0.2, 0.1, 0.95)
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.macro_f1 == pytest.approx(2 / 3)
    assert found.majority == 0.5
    assert found.labels == TWO
    assert found.confusion == ((2, 1), (1, 2))
    for figures in found.figures:
        assert (figures.precision, figures.recall, figures.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert [(one.row.line, round(one.confidence, 2)) for one in found.mistakes] == [(7, 0.95), (4, 0.7)]


def test_calibration_by_hand() -> None:
    """At 0.95 one wrong, at 0.9 two right, at 0.8 two right, at 0.7 one wrong; bins are (low, high]."""
    found = of_two(("positive",) * 3 + ("negative",) * 3, 0.9, 0.8, 0.3, 0.2, 0.1, 0.95)
    bins = {(round(each.low, 1), round(each.high, 1)): (each.rows, each.accuracy) for each in found.bins}
    assert bins == {(0.6, 0.7): (1, 0.0), (0.7, 0.8): (2, 1.0), (0.8, 0.9): (2, 1.0), (0.9, 1.0): (1, 0.0)}
    assert found.ece == pytest.approx((1 * 0.7 + 2 * 0.2 + 2 * 0.1 + 1 * 0.95) / 6)


def test_figures_agree_with_a_slow_count_over_every_row() -> None:
    draw = random.Random(5)
    labels = ("a", "b", "c", "d")
    given = rows(*(draw.choice((*labels[:3], "c")) for _ in range(500)))
    scores = []
    for _ in given:
        weights = [draw.random() ** 3 for _ in labels]
        scores.append({label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)})
    found = grade(given, scores, match_gold(labels, labels))
    answers = [max(each, key=lambda label: each[label]) for each in scores]
    truth = [row.label for row in given]
    right = [answer == label for answer, label in zip(answers, truth, strict=True)]
    assert found.accuracy == pytest.approx(sum(right) / 500)
    f1 = []
    for label in labels:
        hits = sum(answer == label == real for answer, real in zip(answers, truth, strict=True))
        f1.append(2 * hits / (answers.count(label) + truth.count(label)))
    assert found.macro_f1 == pytest.approx(sum(f1) / 4)
    confidence = [max(each.values()) for each in scores]
    ece = 0.0
    for low in range(10):
        inside = [n for n in range(500) if low / 10 < confidence[n] <= (low + 1) / 10]
        if inside:
            ece += abs(sum(right[n] for n in inside) - sum(confidence[n] for n in inside)) / 500
    assert found.ece == pytest.approx(ece)


def test_rows_of_a_label_that_the_model_lacks_are_in_no_figure_and_are_named() -> None:
    matching = match_gold(("NEGATIVE", "POSITIVE"), ("mixed", *TWO))
    found = grade(rows("positive", "mixed", "mixed", "negative"), said(0.9, 0.9, 0.2, 0.1), matching)
    assert (found.accuracy, len(found.answers), found.left_out) == (1.0, 2, {"mixed": 2})
    assert [(each.row.line, each.said) for each in found.ungraded] == [(3, "POSITIVE"), (4, "NEGATIVE")]


def test_an_answer_that_counts_as_no_label_is_a_mistake_with_a_column_of_its_own() -> None:
    stars = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
    matching = match_gold(stars, TWO)
    three = dict(zip(stars, (0.1, 0.1, 0.5, 0.2, 0.1), strict=True))
    found = grade(rows("positive", "negative"), [three, dict(zip(stars, (0.9, 0.1, 0, 0, 0), strict=True))], matching)
    assert found.answer_labels == (*TWO, NO_LABEL)
    assert found.confusion == ((1, 0, 0), (0, 0, 1))
    assert (found.nothing_said, found.accuracy) == (1, 0.5)
    assert found.mistakes[0].said == "3 stars"


def test_scores_of_labels_that_count_as_the_same_are_added_up() -> None:
    """No star alone beats three stars, but four and five together do."""
    stars = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
    scores = dict(zip(stars, (0.05, 0.05, 0.4, 0.25, 0.25), strict=True))
    [answer] = grade(rows("positive"), [scores], match_gold(stars, TWO)).answers
    assert (answer.counts_as, answer.said) == ("positive", "4 stars")
    assert answer.confidence == pytest.approx(0.5)


def test_what_could_not_be_read_is_no_mistake_and_says_why() -> None:
    matching = match_gold(("NEGATIVE", "POSITIVE"), TWO)
    found = grade(rows("positive", "negative"), [*said(0.9), Failure(3, "?", "Nothing in it.")], matching, total=9)
    assert (found.accuracy, found.failed, found.seen, found.total) == (1.0, 1, 2, 9)
    assert found.ungraded[0].why == "Nothing in it."


def test_labels_that_nobody_matched_are_never_compared() -> None:
    with pytest.raises(InvalidInput, match=r"None of the file's labels .“film”.*counts as one of the model's"):
        grade(rows("film"), said(0.9), match_gold(("NEGATIVE", "POSITIVE"), ("film",)))


def test_where_no_row_counts_there_is_no_grade() -> None:
    matching = Matching({"NEGATIVE": None, "POSITIVE": "good"}, {"good": "good", "film": None}, BY_HAND)
    with pytest.raises(InvalidInput, match="None of the 1 rows"):
        grade(rows("film"), said(0.9), matching)


def test_the_margin_is_wilson_s() -> None:
    """10 of 10: the interval of Wilson is from 0.722 to 1, so that half of its width is 0.139."""
    assert of_two(("positive",) * 10, *[0.9] * 10).margin == pytest.approx(0.1389, abs=1e-3)


def test_a_grade_as_plain_json_has_every_figure() -> None:
    plain = of_two(("positive", "negative"), 0.9, 0.6).as_dict()
    assert plain["confusion"] == {"rows": list(TWO), "columns": list(TWO), "counts": [[0, 1], [0, 1]]}
    assert plain["labels"][0]["precision"] is None
    assert plain["matching"]["model"] == {"NEGATIVE": "negative", "POSITIVE": "positive"}
    assert not math.isnan(plain["calibration"]["ece"])

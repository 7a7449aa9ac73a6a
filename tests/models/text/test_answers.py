"""Answers made of spans, with logits written by hand."""

import math
from dataclasses import replace

import pytest
import torch

from models.errors import InvalidInput
from models.text.answer_spans import WindowScores, score_windows
from models.text.answers import Answer, find_answers, rank, require_rankable, token_probabilities
from models.text.context_windows import ContextWindows, Window
from models.text.occurrences import Occurrence

CONTEXT = "here Paris Lisboa"
TOKENS = [(0, 4), (5, 10), (11, 17)]


def scored(*windows: tuple[list[float], list[float]]) -> list[WindowScores]:
    """From (start, end) logits of each window, the CLS token first."""
    return score_windows([(torch.tensor(start), torch.tensor(end)) for start, end in windows])


def test_a_span_is_counted_after_the_cls_token_and_from_the_windows_first_token() -> None:
    # The second window begins with token 1 of the context; its own token 0 is the CLS token.
    split = ContextWindows([Window({}, [5], 0), Window({}, [5, 6], 1)], TOKENS, TOKENS)
    scores = scored(([0.0, -9.0], [0.0, -9.0]), ([0.0, -9.0, 9.0], [0.0, -9.0, 9.0]))
    best = rank(find_answers(CONTEXT, split, scores, 1, "score"), 0)[0]
    assert (best.text, best.start, best.end) == ("Lisboa", 11, 17)
    certainty = math.exp(9) / (math.exp(9) + 1 + math.exp(-9))
    assert best.score == pytest.approx(certainty**2)


def test_a_window_of_its_own_overrates_what_the_joint_score_does_not() -> None:
    # One window in which nothing fits (“here” is the least bad), one with two good places for the answer.
    split = ContextWindows([Window({}, [5], 0), Window({}, [5, 6], 1)], TOKENS, TOKENS)
    weak, strong = [-4.0, 0.0], [-4.0, 8.0, 7.9]
    best = {
        ranking: rank(find_answers(CONTEXT, split, scored((weak, weak), (strong, strong)), 1, ranking), 0)[0].text
        for ranking in ("score", "joint_score")
    }
    assert best == {"score": "here", "joint_score": "Paris"}


def test_equal_texts_in_any_case_are_one_answer_with_the_sum_of_their_scores() -> None:
    context, tokens = "Paris PARIS", [(0, 5), (6, 11)]
    split = ContextWindows([Window({}, [5, 6], 0)], tokens, tokens)
    # Twice as likely at the first: 2/4 · 2/4 and 1/4 · 1/4 are added. The CLS token has 1/4, too.
    logits = [0.0, math.log(2), 0.0]
    for ranking in ("score", "joint_score"):
        answers = find_answers(context, split, scored((logits, logits)), 1, ranking)
        assert [(answer.text, answer.start) for answer in answers] == [("Paris", 0), ("Paris PARIS", 0)]
        assert [answer.score for answer in answers] == pytest.approx([5 / 16, 2 / 16])
        assert [place.score for place in answers[0].occurrences] == pytest.approx([4 / 16, 1 / 16])


def test_a_token_in_two_windows_counts_once_except_as_transformers_counted() -> None:
    split = ContextWindows([Window({}, [5, 6], 0), Window({}, [5, 6], 1)], TOKENS, TOKENS)
    equal = [0.0, 0.0, 0.0]
    scores = scored((equal, equal), (equal, equal))
    by_score, jointly = (
        next(answer for answer in find_answers(CONTEXT, split, scores, 9, ranking) if answer.text == "Paris")
        for ranking in ("score", "joint_score")
    )
    assert by_score.score == pytest.approx(2 / 9)
    assert jointly.score == jointly.joint_score == by_score.joint_score == pytest.approx(1 / 36)
    probabilities = token_probabilities(CONTEXT, split, scores)
    assert [token.text for token in probabilities] == ["here", "Paris", "Lisboa"]
    assert [token.start_probability for token in probabilities] == pytest.approx([1 / 6, 2 / 6, 1 / 6])
    assert [token.end_probability for token in probabilities] == pytest.approx([1 / 6, 2 / 6, 1 / 6])


def test_an_answer_is_made_of_whole_words() -> None:
    split = ContextWindows([Window({}, [5, 6], 0)], [(5, 8), (8, 10)], [(5, 10), (5, 10)])
    answers = find_answers(CONTEXT, split, scored(([0.0, 9.0, 0.0], [0.0, 9.0, 0.0])), 1)
    assert {answer.text for answer in answers} == {"Paris"}


def test_white_space_alone_is_not_an_answer() -> None:
    context, tokens = "a \n b", [(0, 1), (2, 3), (4, 5)]
    split = ContextWindows([Window({}, [5, 6, 7], 0)], tokens, tokens)
    certain = [0.0, 0.0, 9.0, 0.0]
    answers = find_answers(context, split, scored((certain, certain)), 5)
    assert {answer.text for answer in answers} == {"a", "b", "a \n b"}


def test_no_answer_is_ranked_by_its_score_less_the_threshold() -> None:
    some, nothing = Answer("Paris", 0.5, 5, 10, 0.2), Answer("", 0.6, 0, 0, 0.1)
    assert rank([some, nothing], 0.05) == [nothing, some]
    assert rank([some, nothing], 0.15) == [some, nothing]
    assert rank([nothing, replace(some, score=0.9)], -0.5) == [nothing, replace(some, score=0.9)]


def test_what_can_be_ranked_by() -> None:
    require_rankable(1, -1, "score")
    require_rankable(1000, 1, "joint_score")
    with pytest.raises(InvalidInput, match="top_k"):
        require_rankable(0, 0, "score")
    with pytest.raises(InvalidInput, match="from -1 to 1"):
        require_rankable(1, math.nan, "score")
    with pytest.raises(InvalidInput, match="Choose one of: joint_score, score"):
        require_rankable(1, 0, "luck")


def test_an_answer_as_plain_json() -> None:
    place = {"start": 5, "end": 10, "score": 0.2}
    plain = {"text": "Paris", "score": 0.5, "start": 5, "end": 10, "joint_score": 0.2, "occurrences": [place]}
    assert Answer("Paris", 0.5, 5, 10, 0.2, (Occurrence(5, 10, 0.2),)).as_dict() == plain

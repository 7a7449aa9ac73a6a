"""What is drawn of answers: marks in the text, and files."""

import re
from dataclasses import replace

from apps.demos.question_answering.results import MOST_MARKS, marked_context, occurrences_text, to_csv
from apps.ui.markdown import LIGHT_MARK_STYLE, MARK_STYLE
from models.failures import Failure
from models.text.answers import Answer, Reading
from models.text.occurrences import Occurrence

TEXT = "Paris & Rome, paris <again>\nand PARIS."


def answer(*places: tuple[int, int, float]) -> Answer:
    """The answer whose likeliest place is the first."""
    start, end, _ = places[0]
    score = sum(place[2] for place in places)
    return Answer(TEXT[start:end], score, start, end, score, tuple(Occurrence(*place) for place in places))


def marks(html: str) -> list[tuple[str, str]]:
    return re.findall(r'<mark style="([^"]*)">([^<]*)</mark>', html)


def test_the_likeliest_place_is_marked_and_the_others_lightly() -> None:
    drawn = marked_context(TEXT, answer((14, 19, 0.5), (0, 5, 0.3), (32, 37, 0.1)))
    assert marks(drawn) == [(LIGHT_MARK_STYLE, "Paris"), (MARK_STYLE, "paris"), (LIGHT_MARK_STYLE, "PARIS")]
    assert "&amp; Rome, " in drawn
    assert "&lt;again&gt;<br>and " in drawn


def test_places_that_overlap_are_marked_once() -> None:
    text = "na na na"
    drawn = marked_context(text, Answer("na na", 0.5, 3, 8, 0.5, (Occurrence(3, 8, 0.4), Occurrence(0, 5, 0.1))))
    assert marks(drawn) == [(MARK_STYLE, "na na")]
    assert re.sub(r"<[^>]*>", "", drawn) == text


def test_the_best_place_is_marked_however_many_there_are() -> None:
    places = [(0, 5, 0.5), *((number, number + 1, 0.0) for number in range(6, 6 + MOST_MARKS))]
    assert marks(marked_context(TEXT + "x" * 300, answer(*places)))[0] == (MARK_STYLE, "Paris")


def test_no_answer_marks_nothing() -> None:
    assert marks(marked_context(TEXT, Answer("", 0.9, 0, 0, 0.9))) == []


def test_how_many_places_there_are_in_words() -> None:
    told = occurrences_text(answer((14, 19, 0.5), (0, 5, 0.25)))
    assert told == "Stands in 2 places of the text, the others marked lightly; the likeliest has 0.500."


def test_a_question_without_answers_has_its_line_in_the_file() -> None:
    reading = Reading("Where?", TEXT, [answer((0, 5, 0.5))], None, [], 1)
    assert to_csv([reading]).splitlines() == [
        "question,answer,score,joint score,unreadable",
        "Where?,Paris,0.5,0.5,0.0",
    ]
    both = to_csv([Failure(1, "Who?", "It is too long."), reading]).splitlines()
    assert both == [
        "question,answer,score,joint score,unreadable,error",
        "Who?,,,,,It is too long.",
        "Where?,Paris,0.5,0.5,0.0,",
    ]


def test_a_file_for_a_spreadsheet_holds_no_formulas_and_what_was_not_read() -> None:
    found = replace(answer((0, 5, 0.5)), text="=1+1")
    reading = Reading("@Where?", "=1+1", [found], None, [], 1, unreadable=0.3)
    assert to_csv([reading]).splitlines()[1] == "'@Where?,'=1+1,0.5,0.5,0.3"

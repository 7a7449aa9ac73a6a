"""What is said of several models on the same texts."""

from dataclasses import replace

from apps.demos.text_classification.comparison import Column, Comparison, doubts
from models.failures import Failure
from models.text_classification import Classification

READ = Classification("Good film", {"negative": 0.1, "positive": 0.9})
CUT = Classification("Bad film " * 500, {"negative": 0.7, "positive": 0.3}, truncated=True)
LOST = replace(READ, unreadable=0.4, unreadable_signs="я")


def test_what_did_not_count_is_told_of_each_model() -> None:
    columns = (Column("school/one", (READ, CUT, Failure(3, "", "No."), LOST)), Column("school/two", (READ,) * 4))
    cut, lost = doubts(Comparison(("",) * 4, columns, (1, 3, 4, 7)))
    assert cut == "Text 3 is longer than school/one reads; its end did not count."
    assert lost.startswith("school/one cannot read 40 % of text 7")


def test_of_many_cut_texts_the_first_are_named() -> None:
    found = Comparison(("",) * 7, (Column("school/one", (READ, *[CUT] * 6)),))
    assert list(doubts(found)) == [
        "6 texts (2, 3, 4, 5, 6, …) are longer than school/one reads; their ends did not count."
    ]

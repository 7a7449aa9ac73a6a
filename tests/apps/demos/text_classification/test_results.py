"""What is drawn of classifications: the table, the bars, and words on colours."""

import pytest

from apps.demos.text_classification.results import (
    Explained,
    classification_table,
    coloured_words,
    counts_text,
    score_chart,
    to_csv,
)
from models.failures import Failure
from models.text.occlusion import WordImportance
from models.text_classification import Classification

GOOD = Classification("Good film", {"negative": 0.1, "positive": 0.9})
BAD = Classification("Bad film", {"negative": 0.7, "positive": 0.3}, truncated=True)


def test_the_table_tells_of_cut_texts_only_where_there_are_some() -> None:
    assert list(classification_table([GOOD]).columns) == ["#", "label", "score", "text"]
    table = classification_table([GOOD, BAD])
    assert list(table["#"]) == [1, 2]
    assert list(table["cut"]) == [False, True]


def test_counts_name_the_most_frequent_label_first() -> None:
    assert counts_text([BAD, GOOD, GOOD]) == "3 texts: 2 positive, 1 negative"


def test_scores_that_add_up_share_a_bar_and_others_stand_beside_each_other() -> None:
    shared = score_chart([GOOD, BAD]).to_dict()
    assert "yOffset" not in shared["encoding"]
    assert shared["encoding"]["color"]["scale"]["range"] == ["#d9822b", "#3480b3"]
    several = Classification("Rude", {"insult": 0.9, "threat": 0.8, "spam": 0.1})
    assert score_chart([several]).to_dict()["encoding"]["yOffset"]["field"] == "label"


def test_what_failed_keeps_its_number_and_everything_else_its_own() -> None:
    items = [Failure(1, "?", "Nothing in it."), GOOD, BAD]
    table = classification_table(items)
    assert list(table["#"]) == [1, 2, 3]
    assert list(table["problem"]) == ["Nothing in it.", "", ""]
    [rows] = score_chart(items).to_dict()["datasets"].values()
    assert {row["#"] for row in rows} == {"2", "3"}
    header, first, second, _ = to_csv(items).splitlines()
    assert header == "text,label,score,truncated,score of negative,score of positive,unreadable,error"
    assert first == "?,,,,,,,Nothing in it."
    assert second == "Good film,positive,0.9,False,0.1,0.9,0.0,"


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 28])
def test_every_label_has_a_colour_of_its_own(count: int) -> None:
    result = Classification("x", {f"label {number}": 1 / count for number in range(count)})
    scale = score_chart([result]).to_dict()["encoding"]["color"]["scale"]
    assert len(scale["domain"]) == count
    assert "scheme" in scale or len(set(scale["range"])) == count


def test_at_most_thirty_texts_have_bars() -> None:
    [rows] = score_chart([GOOD] * 31).to_dict()["datasets"].values()
    assert {row["#"] for row in rows} == {str(number) for number in range(1, 31)}


def test_words_stand_on_green_or_violet_by_their_weight() -> None:
    words = [WordImportance("Good", 0, 4, 0.8), WordImportance("film", 5, 9, -0.4)]
    drawn = coloured_words("Good film <3\n!", words)
    assert 'style="background:rgba(43,148,100,0.60)' in drawn
    assert 'style="background:rgba(140,95,190,0.30)' in drawn
    assert "title='+0.800'>Good</span> <span" in drawn
    assert "</span> &lt;3<br>!</div>" in drawn


def test_words_that_hardly_matter_stay_faint() -> None:
    assert "rgba(43,148,100,0.06)" in coloured_words("film", [WordImportance("film", 0, 4, 0.001)])
    assert coloured_words("…", []) == '<div style="line-height:1.9">…</div>'


def test_a_file_for_a_spreadsheet_holds_no_formulas() -> None:
    formula = Classification("=1+1", {"-no": 0.1, "+yes": 0.9}, unreadable=0.25)
    assert to_csv([formula]).splitlines() == [
        "text,label,score,truncated,score of -no,score of +yes,unreadable",
        "'=1+1,'+yes,0.9,False,0.1,0.9,0.25",
    ]


def test_explained_words_as_plain_json() -> None:
    plain = Explained(0, "positive", [WordImportance("Good", 0, 4, 0.8)]).as_dict()
    assert plain == {"explained": "positive", "words": [{"text": "Good", "start": 0, "end": 4, "importance": 0.8}]}

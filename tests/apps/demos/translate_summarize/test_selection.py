"""Why these sentences: the marked source and the bars."""

from apps.demos.translate_summarize.selection import MOST_BARS, marked_source, score_chart, score_table
from models.extractive_summary import Selection, Sentence


def selection(source: str, *spans: tuple[int, int, float]) -> Selection:
    sentences = tuple(
        Sentence(source[start:end], start, end, score, 1.0, 0.5, 0.25, chosen=score > 1) for start, end, score in spans
    )
    return Selection(source, "", 0, 1, "whole", 0, sentences)


def test_the_chosen_sentences_are_marked_and_nothing_is_read_as_html() -> None:
    source = "It is <b>late</b>.\n\nGo & see."
    found = marked_source(selection(source, (0, 18, 0.5), (20, 29, 1.5)))
    assert "1</span> It is &lt;b&gt;late&lt;/b&gt;.<br><br><span" in found
    assert found.count("<mark") == 1
    assert ">Go &amp; see.</mark>" in found


def test_the_table_has_a_row_for_each_sentence_in_the_text_s_order() -> None:
    table = score_table(selection("One. Two.", (0, 4, 0.5), (5, 9, 1.5)).sentences)
    assert table.to_dict("list") == {
        "number": [1, 2], "chosen": [False, True], "score": [0.5, 1.5], "centrality": [1.0, 1.0],
        "position": [0.5, 0.5], "repetition": [0.25, 0.25], "sentence": ["One.", "Two."],
    }  # fmt: skip


def test_bars_begin_below_the_lowest_score_and_do_not_become_endless() -> None:
    spans = [(0, 1, -0.5 + number) for number in range(MOST_BARS + 5)]
    data = score_chart(selection("x", *spans).sentences).data
    assert len(data) == MOST_BARS
    assert (data["floor"] < data["score"]).all()

"""Which label counts as which: what was guessed of some rows is not kept for others."""

from streamlit.testing.v1 import AppTest


def page_of_the_choosers() -> None:
    import streamlit as st

    from apps.demos.text_classification.gold import RowsToGrade, choose_matching
    from models.text.labelled_row import Row
    from serving.gold_work import guessed

    labels = ["negative", "negative", "positive"]  # sorted, as files often are
    rows = tuple(Row(line, "A text", label) for line, label in enumerate(labels, start=2))[: st.session_state["count"]]
    request = RowsToGrade("a/model", "sorted.csv", "digest", rows, len(labels), 0)
    matching = choose_matching(guessed(("negative", "positive"), rows), request)
    st.session_state["matching"] = matching.as_dict()


def test_what_was_guessed_of_a_few_rows_does_not_stand_against_all_of_them() -> None:
    page = AppTest.from_function(page_of_the_choosers, default_timeout=600)
    page.session_state["count"] = 2
    page.run()
    assert page.session_state["matching"]["first"] == {"negative": "negative", "positive": None}
    page.session_state["count"] = 3
    page.run()
    both = {"negative": "negative", "positive": "positive"}
    assert page.session_state["matching"] == {"by": "name", "first": both, "second": both}

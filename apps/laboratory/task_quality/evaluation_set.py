"""The suite's evaluation sets, to look at and to take home."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from apps.laboratory.task_quality.words import ABOUT_SETS
from apps.ui.downloads import show_download
from models.catalog import Task
from quantization.measure.evaluation_sets import QUESTIONS, SENTENCES, Question, Sentence, questions, sentences

NO_ANSWER = "(no answer)"
# Pixels: left to itself, Streamlit would cut the last column off. Rows are as high as the longest translations need.
WIDTHS = {"Question": 290, "Sentence": 240, "Right": 260, "Text": 230}
ROW_HEIGHTS = {"question": 35, "sentence": 84}


def show_set(task: Task) -> None:
    """The evaluation set of a task to look at and to take home, whichever model is chosen."""
    unit, rows, file = (
        ("question", questions(), QUESTIONS)
        if task == Task.QUESTION_ANSWERING
        else ("sentence", sentences(), SENTENCES)
    )
    widths = {name: st.column_config.Column(width=width) for name, width in WIDTHS.items()}
    with st.expander(f"The {len(rows)} {unit}s", icon=":material/list_alt:"):
        st.caption(ABOUT_SETS)
        st.dataframe(
            set_table(rows, unit), hide_index=True, row_height=ROW_HEIGHTS[unit], height=380, column_config=widths
        )
        show_download(file.name, file.read_text(encoding="utf-8"), file.name, "text/plain")


def set_table(rows: Sequence[Question] | Sequence[Sentence], unit: str) -> pd.DataFrame:
    """What is asked, and what a person answers."""
    table = {
        unit.capitalize(): [row.text for row in rows],
        "Right": [" / ".join(row.references) or NO_ANSWER for row in rows],
    }
    if unit == "question":  # a click on a cell shows all of it
        table["Text"] = [row.context for row in rows if isinstance(row, Question)]
    return pd.DataFrame(table)

"""Draws a grade: figures, confusion matrix, calibration, figures of each label, the worst mistakes, the files."""

import json

import altair as alt
import pandas as pd
import streamlit as st

from apps.demos.text_classification.grade_words import accuracy_text, remarks, rows_text
from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from apps.ui.downloads import show_download
from apps.ui.markdown import message
from apps.ui.tiles import show_tiles
from apps.ui.training.charts import confusion_chart, heading
from apps.ui.training.figures import two_places
from apps.words.amounts import count_text
from models.text.grading import Grade
from models.wording import spreadsheet_text

MOST_IN_MATRIX = 20  # labels
ECE_HELP = """The mean distance between how sure the model was and how often it was right, over ten bins of
probability, each with the weight of its rows."""


def show_grade(grade: Grade, left_out: int = 0) -> None:
    """Everything that a grade tells; `left_out` lines of the file had no usable text and label."""
    st.markdown(f"**Of {rows_text(grade)}**: {message(accuracy_text(grade))}")
    for remark in remarks(grade):
        st.warning(message(remark), icon=":material/info:")
    if left_out:
        st.caption(f"{count_text(left_out, 'line')} of the file had no usable text and label, and are not among them.")
    show_tiles(
        {
            "Accuracy": f"{grade.accuracy:.1%}",
            "Macro F1": f"{grade.macro_f1:.3f}",
            "ECE": f"{grade.ece:.3f}",
            "Most frequent label": f"{grade.majority:.1%}",
        }
    )
    st.caption(f"ECE: {' '.join(ECE_HELP.split())} 0 is best. “Most frequent label”: the accuracy of always saying it.")
    matrix, reliability = two_places()
    if len(grade.labels) <= MOST_IN_MATRIX:
        matrix.altair_chart(
            confusion_chart(grade.labels, grade.confusion, "rows", grade.answer_labels), key="gold-matrix"
        )
    else:
        matrix.info(f"The matrix of {len(grade.labels)} labels is too large to draw; the JSON has it.")
    reliability.altair_chart(reliability_chart(grade), key="gold-reliability")
    st.markdown("#### Each label")
    st.dataframe(labels_table(grade), hide_index=True, key="gold-labels", column_config=_SHARES)
    show_mistakes(grade)
    with st.container(horizontal=True):
        show_download("Predictions as CSV", predictions_csv(grade), "predictions.csv", "text/csv")
        show_download("Metrics as JSON", metrics_json(grade), "metrics.json", "application/json")


_SHARES = {name: st.column_config.NumberColumn(format="%.3f") for name in ("precision", "recall", "F1", "confidence")}


def reliability_chart(grade: Grade) -> alt.LayerChart:
    """How often the model was right (bars) at each confidence, beside the diagonal; the count of each bin above it."""
    rows = [
        (each.low, each.high, each.confidence, each.accuracy, each.rows, f"{each.low:.1f}–{each.high:.1f}")
        for each in grade.bins
    ]
    table = pd.DataFrame(rows, columns=["low", "high", "confidence", "accuracy", "rows", "bin"])
    axis = alt.Scale(domain=[0, 1], nice=False)
    tooltip = [
        alt.Tooltip("bin:N", title="confidence"),
        alt.Tooltip("rows:Q"),
        alt.Tooltip("confidence:Q", title="mean confidence", format=".3f"),
        alt.Tooltip("accuracy:Q", title="right", format=".1%"),
    ]
    base = alt.Chart(
        table,
        title=heading("Calibration", "right as often as it is sure, where bars end on the line; numbers are rows"),
    )
    bars = base.mark_rect(color=COLOUR, opacity=0.75, stroke="white").encode(
        x=alt.X("low:Q", scale=axis, title="how sure the model was", axis=alt.Axis(format=".1f")),
        x2=alt.X2("high:Q"),
        y2=alt.datum(0),
        y=alt.Y("accuracy:Q", scale=alt.Scale(domain=[0, 1.08], nice=False), title="how often it was right"),
        tooltip=tooltip,
    )
    points = base.mark_point(filled=True, color="#c4553b", size=45).encode(
        x=alt.X("confidence:Q", scale=axis), y=alt.Y("accuracy:Q"), tooltip=tooltip
    )
    counts = (
        base.transform_calculate(middle="(datum.low + datum.high) / 2")
        .mark_text(dy=-9, color=BASELINE_COLOUR)
        .encode(x=alt.X("middle:Q", scale=axis), y=alt.Y("accuracy:Q"), text=alt.Text("rows:Q", format=","))
    )
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]}))
        .mark_line(strokeDash=[5, 4], color=BASELINE_COLOUR)
        .encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))
    )
    return layered(bars, diagonal, points, counts).properties(height=300)


def labels_table(grade: Grade) -> pd.DataFrame:
    """Rows, precision, recall and F1 of each label; empty where there is nothing to divide by."""
    rows = [
        (each.label, each.rows, each.said, each.right, each.precision, each.recall, each.f1) for each in grade.figures
    ]
    return pd.DataFrame(rows, columns=["label", "rows", "said", "right", "precision", "recall", "F1"])


def show_mistakes(grade: Grade) -> None:
    """The wrong answers of which the model was surest."""
    if not grade.mistakes:
        st.caption("There are no mistakes.")
        return
    st.markdown("#### The worst mistakes")
    st.caption("Wrong, and surest of it. Look at the gold labels too: people err.")
    st.dataframe(mistakes_table(grade), hide_index=True, key="gold-mistakes", column_config=_SHARES)


def mistakes_table(grade: Grade) -> pd.DataFrame:
    """Line, gold label, what was said, how sure, text."""
    rows = [(each.row.line, each.row.label, each.said, each.confidence, each.row.text[:300]) for each in grade.mistakes]
    return pd.DataFrame(rows, columns=["line", "gold label", "the model said", "confidence", "text"])


def predictions_csv(grade: Grade) -> str:
    """A line for each row that was answered, in the order of the file; those that no figure counts say why."""
    rows = [
        (
            each.row.line, spreadsheet_text(each.row.text), spreadsheet_text(each.row.label),
            spreadsheet_text(each.said), spreadsheet_text(each.counts_as or ""), round(each.confidence, 6), each.right,
            "",
        )
        for each in grade.answers
    ]  # fmt: skip
    others = [
        (each.row.line, spreadsheet_text(each.row.text), spreadsheet_text(each.row.label),
         spreadsheet_text(each.said), "", None, None, each.why)
        for each in grade.ungraded
    ]  # fmt: skip
    columns = ["line", "text", "label", "said", "counts_as", "confidence", "right", "not_graded"]
    table = pd.DataFrame(rows + others, columns=columns).sort_values("line", kind="stable")
    return table.to_csv(index=False, lineterminator="\n")


def metrics_json(grade: Grade) -> str:
    """All figures, for a program."""
    return json.dumps(grade.as_dict(), ensure_ascii=False, indent=2)

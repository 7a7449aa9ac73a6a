"""What precisions cost on a task: the price of each, a chart, every figure, and the answers that changed."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from apps.laboratory.task_quality.charts import interval_of, quality_chart
from apps.laboratory.task_quality.evaluation_set import NO_ANSWER
from apps.ui.downloads import show_report_files
from apps.ui.keep import Offer, show_keep
from apps.ui.markdown import message
from apps.ui.messages import show_failures
from apps.ui.run import Outcome, show_end
from apps.words.amounts import size_text
from models.catalog import Task
from quantization.experiments.row import BASELINE
from quantization.experiments.task_quality import Changed, Cost, QualityRow, costs, costs_too_much, recommended
from quantization.experiments.task_report import TaskReport, changes, cost_sentence, points_text, warning
from quantization.experiments.verdicts import MOST_POINTS
from quantization.measure.exams import Exam

# Pixels: left to itself, Streamlit would cut the last column off.
CHANGE_WIDTHS = (170, 180, 180, 180, 75)
CHANGE_HEIGHTS = {"question": 84, "sentence": 122}


def report_of(items: list) -> TaskReport | None:
    """The report made at the beginning, with the rows up to now; None before it has begun."""
    begun = next((item for item in items if isinstance(item, TaskReport)), None)
    return begun and replace(begun, rows=tuple(item for item in items if isinstance(item, QualityRow)))


def show_outcome(outcome: Outcome) -> None:
    """The results with what they took and how they came about."""
    found = report_of(outcome.items)
    if found is not None:
        show_report(found)
    show_end(outcome)
    if found is not None and found.rows:
        st.caption(message(found.method()))
        show_report_files("task-quality", found.to_csv(), found.to_json(), found.to_markdown())
        show_keep(found.model_id, Task(found.task), found.device, keepable(found))


def keepable(found: TaskReport) -> Offer:
    """What was measured to its end, in the order in which one would keep it."""
    prices = costs(found.exam, found.rows)
    cheap = {price.precision for price in prices if not costs_too_much(price)}
    good = [row for row in found.rows if row.error is None]
    return Offer(
        sorted(good, key=lambda row: row.precision not in cheap),
        recommended(found.rows, prices),
        f"the smallest file of those measured that are no slower than {BASELINE} and cost at most "
        f"{MOST_POINTS:.0f} point of {found.exam.main}.",
        found.facts(),
    )


def show_report(found: TaskReport) -> None:
    """What has been measured so far.

    Each part has a place of its own: a page that is drawn again in the same run keeps what stood at a place before, and
    within these nothing ever becomes less.
    """
    failures, prices, figures, differences = (st.container() for _ in range(4))
    with failures:
        show_failures({row.precision: row.error for row in found.rows})
    good = [row for row in found.rows if row.error is None]
    if good:
        with prices:
            show_costs(found)
        with figures:
            show_figures(good, found.exam)
        with differences:
            show_changes(found)


def show_figures(rows: list[QualityRow], exam: Exam) -> None:
    """The chart beside every number."""
    left, right = st.columns(2, gap="medium")
    left.altair_chart(quality_chart(rows, exam))
    with right:
        show_table(rows, exam)


def show_costs(found: TaskReport) -> None:
    """The price of each precision, and what to beware of."""
    prices = costs(found.exam, found.rows)
    for price in prices:
        show_cost(price)
    if not any(row.precision == BASELINE for row in found.rows):
        st.caption(f"Choose {BASELINE} too: it is the baseline that the others are read against.")
    for price in prices:
        if sentence := warning(price):
            st.warning(message(sentence), icon=":material/warning:")
    if prices:
        st.caption(caution(found.exam))


def show_cost(price: Cost) -> None:
    """One precision: its sentence, and the three numbers in it."""
    with st.container(border=True):
        said, points, speed, file = st.columns([5, 2, 2, 2], vertical_alignment="center")
        said.markdown(message(cost_sentence(price)).replace(price.precision, f"**{price.precision}**", 1))
        points.metric(f"{price.figure} against {BASELINE}", signed_points(-price.points))
        speed.metric("Speed", f"{price.speed:.1f}×")
        file.metric("File", f"{price.file:.2f}×")


def signed_points(points: float) -> str:
    """A change in points: +0.4, −1.2, 0.0."""
    text = points_text(points)
    return text if text.startswith("−") or text == "0.0" else f"+{text}"


def caution(exam: Exam) -> str:
    """How much one row weighs."""
    rows = len(exam.rows)
    weight = (
        f"one of them is {100 / rows:.1f} points"
        if exam.unit == "question"
        else f"a single one that goes wrong can move {exam.main} by a point or more"
    )
    return (
        f"With {rows} {exam.unit}s, {weight}. Where an interval holds 0, they are too few to tell whether the "
        "precision costs anything."
    )


def show_table(rows: list[QualityRow], exam: Exam) -> None:
    """Every number that was measured."""
    names = list(rows[0].figures)
    speed, quarters = f"{exam.unit}s/s".capitalize(), "Slower–faster quarter"
    table = pd.DataFrame(
        {
            "Precision": [row.precision for row in rows],
            **{capitalized(name): [row.figures[name] for row in rows] for name in names},
            f"{exam.main}, 95 %": [interval_of(row) for row in rows],
            speed: [row.rows_per_second for row in rows],
            quarters: [f"{row.slower_quarter:.1f}–{row.faster_quarter:.1f}" for row in rows],
            "File": [size_text(row.file_bytes) for row in rows],
            "Footprint": [size_text(row.footprint) for row in rows],
        }
    ).set_index("Precision")
    numbers = [*(capitalized(name) for name in names), speed]
    # Turned: four precisions and nine figures fit beside the chart this way.
    st.dataframe(table.assign(**{name: table[name].map("{:.1f}".format) for name in numbers}).T)


def capitalized(name: str) -> str:
    """A figure's name at the beginning of a line; chrF stays as its author writes it."""
    return name if any(letter.isupper() for letter in name) else name.capitalize()


def show_changes(found: TaskReport) -> None:
    """The rows that a precision answers differently from fp32, side by side."""
    for precision, rows in changes(found.exam, found.rows).items():
        title = f"{precision}: {len(rows)} of {len(found.exam.rows)} answers differ from {BASELINE}'s"
        with st.expander(title, icon=":material/difference:", expanded=False):
            if rows:
                table = changes_table(rows, precision, found.exam)
                places = zip(table.columns, CHANGE_WIDTHS, strict=True)
                widths = {name: st.column_config.Column(width=width) for name, width in places}
                st.dataframe(table, hide_index=True, row_height=CHANGE_HEIGHTS[found.exam.unit], column_config=widths)
            else:
                st.markdown("Every answer is the same.")


def changes_table(rows: list[Changed], precision: str, exam: Exam) -> pd.DataFrame:
    """One line for each changed answer, with what a person says."""
    return pd.DataFrame(
        {
            exam.unit.capitalize(): [row.asked for row in rows],
            BASELINE: [row.before or NO_ANSWER for row in rows],
            precision: [row.after or NO_ANSWER for row in rows],
            "Right": [" / ".join(row.references) or NO_ANSWER for row in rows],
            f"{exam.main} here": [f"{row.score_before:.0f} → {row.score_after:.0f}" for row in rows],
        }
    )

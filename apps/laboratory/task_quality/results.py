"""What precisions cost on a task: a sentence for each, a chart, every figure, and the answers that changed."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from apps.laboratory.task_quality.charts import interval_text, quality_chart
from apps.laboratory.task_quality.evaluation_set import NO_ANSWER
from apps.ui.downloads import show_report_files
from apps.ui.keep import Offer, show_keep
from apps.ui.markdown import message
from apps.ui.messages import show_failures
from apps.ui.run import Outcome, show_end
from models.catalog import Task
from models.wording import size_text
from quantization.experiments.row import BASELINE
from quantization.experiments.speeds import Verdict, cautions
from quantization.experiments.task_quality import Changed, Cost, QualityRow, costs, costs_too_much, recommended
from quantization.experiments.task_report import TaskReport, changes, cost_sentence, points_text, warning
from quantization.experiments.verdicts import MOST_POINTS
from quantization.measure.exams import Exam

AGAIN = "task-quality-again"  # the button's key
# Pixels: left to itself, Streamlit would cut the last column off.
CHANGE_WIDTHS = (170, 180, 180, 180, 75)
CHANGE_HEIGHTS = {"question": 84, "sentence": 122}


def report_of(items: list) -> TaskReport | None:
    """The report made at the beginning, with the rows up to now; None before it has begun."""
    begun = next((item for item in items if isinstance(item, TaskReport)), None)
    if begun is None:
        return None
    return replace(begun, rows=tuple(item for item in items if isinstance(item, QualityRow)))


def show_outcome(outcome: Outcome) -> None:
    """The results with what they took and how they came about."""
    report = report_of(outcome.items)
    show_report(report)
    show_end(outcome)
    if report is not None and any(row.timed for row in report.rows):
        show_again(report)
    if report is not None and report.rows:
        st.caption(message(report.method()))
        show_report_files("task-quality", report.to_csv(), report.to_json(), report.to_markdown())
        show_keep(report.model_id, Task(report.task), report.device, keepable(report))


def show_again(report: TaskReport) -> None:
    """A button that repeats the whole exam; the page looks whether it is asked."""
    st.button(
        "Measure again",
        key=AGAIN,
        type="primary" if cautions(report.rows) else "secondary",
        icon=":material/replay:",
        help="The same exam in the same precisions. Close other programs before.",
    )


def keepable(report: TaskReport) -> Offer:
    """What was measured to its end, in the order in which one would keep it."""
    every_cost = costs(report.exam, report.rows)
    cheap = {cost.precision for cost in every_cost if not costs_too_much(cost)}
    good = [row for row in report.rows if row.error is None]
    return Offer(
        sorted(good, key=lambda row: row.precision not in cheap),
        recommended(report.rows, every_cost),
        f"the smallest file of those measured that are no slower than {BASELINE} and cost at most "
        f"{MOST_POINTS:.0f} point of {report.exam.main}.",
        report.facts(),
    )


def show_report(report: TaskReport | None) -> None:
    """What has been measured so far; nothing before it has begun.

    Each part has a place of its own: a page that is drawn again in the same run keeps what stood at a place before, and
    within these nothing ever becomes less.
    """
    if report is None:
        return
    failures, every_cost, figures, differences = (st.container() for _ in range(4))
    with failures:
        show_failures({row.precision: row.error for row in report.rows})
    good = [row for row in report.rows if row.error is None]
    if good:
        with every_cost:
            show_costs(report)
        with figures:
            show_figures(good, report.exam)
        with differences:
            show_changes(report)


def show_figures(rows: list[QualityRow], exam: Exam) -> None:
    """The chart beside every number."""
    left, right = st.columns(2, gap="medium")
    left.altair_chart(quality_chart(rows, exam))
    with right:
        show_table(rows, exam)


def show_costs(report: TaskReport) -> None:
    """What each precision costs, and what to beware of."""
    for unsure in cautions(report.rows):
        st.warning(message(unsure), icon=":material/speed:")
    every_cost = costs(report.exam, report.rows)
    for cost in every_cost:
        show_cost(cost)
    if not any(row.precision == BASELINE for row in report.rows):
        st.caption(f"Choose {BASELINE} too: it is the baseline that the others are read against.")
    for cost in every_cost:
        if sentence := warning(cost):
            st.warning(message(sentence), icon=":material/warning:")
    if every_cost:
        st.caption(caution(report.exam))


def show_cost(cost: Cost) -> None:
    """One precision: its sentence, and the three numbers in it."""
    with st.container(border=True):
        sentence, points, speed, file = st.columns([5, 2, 2, 2], vertical_alignment="center")
        sentence.markdown(message(cost_sentence(cost)).replace(cost.precision, f"**{cost.precision}**", 1))
        points.metric(f"{cost.figure} against {BASELINE}", signed_points(-cost.points))
        speed.metric("Speed", speed_text(cost), help=capitalized(cost.speed_claim) + ".")
        file.metric("File", f"{cost.file:.2f}×")


def speed_text(cost: Cost) -> str:
    """The ratio of speeds, or that there is none to speak of: 2.1×, same, –."""
    if cost.speed is None:
        return "–"
    return "same" if cost.speed_verdict == Verdict.NO_DIFFERENCE else f"{cost.speed:.1f}×"


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
            f"{exam.main}, 95 %": [interval_text(row) for row in rows],
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


def show_changes(report: TaskReport) -> None:
    """The rows that a precision answers differently from fp32, side by side."""
    for precision, rows in changes(report.exam, report.rows).items():
        title = f"{precision}: {len(rows)} of {len(report.exam.rows)} answers differ from {BASELINE}'s"
        with st.expander(title, icon=":material/difference:", expanded=False):
            if rows:
                table = changes_table(rows, precision, report.exam)
                columns = zip(table.columns, CHANGE_WIDTHS, strict=True)
                widths = {name: st.column_config.Column(width=width) for name, width in columns}
                st.dataframe(table, hide_index=True, row_height=CHANGE_HEIGHTS[report.exam.unit], column_config=widths)
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

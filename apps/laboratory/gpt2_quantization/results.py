"""What an experiment with several precisions found: charts, reading, table, texts and report."""

import inspect
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from apps.laboratory.gpt2_quantization.table import holds_something, show_table
from apps.ui.charts import Bubble, bars_beside_baseline, size_quality_speed
from apps.ui.doubts import show_doubts
from apps.ui.downloads import show_report_files
from apps.ui.keep import Offer, show_keep
from apps.ui.markdown import message
from apps.ui.messages import show_failures
from apps.ui.run import Outcome, show_end
from apps.words.amounts import count_text
from apps.words.doubts import about_rows
from models.catalog import Task
from models.wording import change_text, size_text
from quantization.experiments.compare import rows_of
from quantization.experiments.comparison_report import Report
from quantization.experiments.row import BASELINE, Row, WholeRow, whole_rows
from quantization.experiments.speeds import METHOD, Verdict, cautions, claim, is_comparable, verdict
from quantization.experiments.verdicts import (
    MOST_PERPLEXITY_RISE,
    baseline_of,
    compared_speeds,
    costs_too_much,
    on_front,
    perplexity_rise,
    recommended,
)
from quantization.measure.speed import ROUND_TOKENS, decode_speed
from quantization.result_files import json_text

AGAIN = "quantization-again"  # the button's key

FRONT = (
    "A ring marks the **Pareto front**: nothing else measured here is smaller, better and faster at once, so whoever "
    "leaves the front gives something away for nothing. The bubbles without one are beaten by another. Colour and area "
    "are the speed, and where no difference in speed could be measured, none counts."
)
FRONT_WITHOUT_SPEED = (
    "A ring marks the **Pareto front** of size and quality: nothing else measured here is smaller and better at once. "
    "Speeds do not count for it, because not all of them could be compared. Colour and area are the speed as measured."
)
WITHOUT_BASELINE = (
    f"Choose {BASELINE} too: it is the baseline that the others are read against. Without it there is no agreement of "
    "the next words either, because that compares each precision with what fp32 expects. A model that was kept in "
    "another precision has no fp32: measure the one that it was made from."
)


def show_outcome(outcome: Outcome) -> None:
    """The results with what they took and how they came about."""
    rows = rows_of(outcome.items, outcome.stopped)
    if rows:  # another model may be chosen above by now
        st.caption(f":material/science: {message(outcome.request['model'])}")
    show_rows(rows)
    show_doubts(about_rows(rows, outcome.request["model"]))
    show_end(outcome)
    show_again(outcome, rows)
    if not any(holds_something(row) for row in rows):
        return
    report = make_report(outcome)
    table, texts, conditions = st.tabs(["Table", "Texts", "Report"])
    with table:
        show_table(rows)
    with texts:
        show_samples(rows, outcome.request["prompt"])
    with conditions:
        st.caption(method(outcome, report))
        details = json_text(report.as_dict() | {"text": outcome.request["text"]})
        show_report_files("quantization", report.to_csv(), details, report.to_markdown())
    show_keep(outcome.request["model"], Task.TEXT_GENERATION, outcome.request["device"], keepable(rows, report))


def show_again(outcome: Outcome, rows: list[Row]) -> None:
    """A button that measures the speeds anew and leaves the rest as it is; the page looks whether it is pressed."""
    if any(row.timed for row in rows):
        cautioned = bool(cautions(rows))
        st.button(
            "Measure the speeds again",
            key=AGAIN,
            type="primary" if cautioned else "secondary",
            icon=":material/replay:",
            help="Sizes, perplexity and texts stay. Close other programs before.",
        )


def keepable(rows: list[Row], report: Report) -> Offer:
    """What was measured to its end, in the order in which one would keep it."""
    baseline = baseline_of(rows)
    cheap_first = sorted(whole_rows(rows), key=lambda row: baseline is None or costs_too_much(row, baseline))
    return Offer(
        cheap_first,
        recommended(rows),
        f"the smallest file of those measured that are no slower than {BASELINE} and whose perplexity is at most "
        f"{100 * MOST_PERPLEXITY_RISE:.0f} % higher.",
        report.facts(),
    )


def show_rows(rows: list[Row]) -> None:
    """Charts and reading of what has been measured so far, and the sentences of what could not be."""
    show_failures({row.precision: row.error for row in rows})
    good = whole_rows(rows)
    if not good:
        return
    for sentence in cautions(good):
        st.warning(message(sentence), icon=":material/speed:")
    show_scatter(good)
    if all(row.precision != BASELINE for row in rows):  # nobody asked for it; why it failed is said above
        st.caption(WITHOUT_BASELINE)
    show_reading(good)
    show_costly(good)
    show_charts(good)


def show_scatter(rows: list[WholeRow]) -> None:
    """File size against perplexity against speed."""
    front = on_front(rows)
    bubbles = [
        Bubble(row.precision, row.file_bytes / 1e6, row.perplexity, row.tokens_per_second, row in front) for row in rows
    ]
    baseline = baseline_of(rows)
    limit = baseline.perplexity * (1 + MOST_PERPLEXITY_RISE) if baseline is not None else None
    st.altair_chart(size_quality_speed(bubbles, limit))
    st.caption(FRONT if compared_speeds(rows) is not None else FRONT_WITHOUT_SPEED)


def show_charts(rows: list[WholeRow]) -> None:
    """File size, speed and perplexity, with fp32 as the line to compare with."""
    baseline = BASELINE if baseline_of(rows) else None
    size, speed, perplexity = st.columns(3, gap="medium")
    sizes = {row.precision: float(row.file_bytes) for row in rows}
    size.altair_chart(bars_beside_baseline(sizes, "File size", "lower is better", baseline, size_text))
    speeds = {row.precision: row.tokens_per_second for row in rows}
    others = [row for row in rows if row.precision != BASELINE]
    better = "higher is better" if all(map(is_comparable, others)) else "not all can be compared here"
    chart = bars_beside_baseline(speeds, "Tokens per second", better, baseline, short_number, claimed_ratios(rows))
    speed.altair_chart(chart)
    worse = {row.precision: row.perplexity for row in rows}
    perplexity.altair_chart(bars_beside_baseline(worse, "Perplexity", "lower is better", baseline, short_number))


def claimed_ratios(rows: Sequence[Row]) -> dict[str, float]:
    """How many times as fast as fp32, in turns with it, for each precision of which a difference may be claimed."""
    found = {row.precision: row.ratio for row in rows if verdict(row) in (Verdict.FASTER, Verdict.SLOWER)}
    return {name: ratio for name, ratio in found.items() if ratio is not None}


def short_number(value: float) -> str:
    """Three significant digits or all those before the point: 0.123, 27.5, 1,611."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def show_reading(rows: list[WholeRow]) -> None:
    """What the numbers say, computed from the rows."""
    baseline = baseline_of(rows)
    others = [row for row in rows if row is not baseline]
    if baseline is not None and others:
        st.markdown(f"**Against {BASELINE}**")
        st.markdown("\n".join(f"- {reading(row, baseline)}" for row in others))


def reading(row: WholeRow, baseline: WholeRow) -> str:
    """One precision against fp32, in words."""
    facts = [
        f"**{row.precision}**: file {row.file_bytes / baseline.file_bytes:.2f}× of {BASELINE}",
        claim(row, "its tokens per second"),
        f"perplexity {change_text(perplexity_rise(row, baseline), 1, 'unchanged')}",
    ]
    if row.top1_agreement is not None:
        facts.append(f"{agreement_text(row.top1_agreement)} of the next words the same")
    return ", ".join(facts) + layers_text(row, baseline)


def layers_text(row: WholeRow, baseline: WholeRow) -> str:
    """What a recipe did not reach, where it made the file larger: “; 1 of 49 linear layers changed, the file grew”."""
    if row.layers is None or row.file_bytes <= baseline.file_bytes:
        return ""
    return f"; only {row.layers_changed} of {count_text(row.layers, 'linear layer')} changed, and **the file grew**"


def agreement_text(part: float) -> str:
    """A part as a percentage that says 100 only where it is all: 97 %, 99.7 %."""
    digits = 1 if 0.99 <= part < 1 else 0
    return f"{min(100 * part, 99.9) if part < 1 else 100:.{digits}f} %"


def show_costly(rows: list[WholeRow]) -> None:
    """A warning of the precisions that cost more quality than this suite accepts."""
    baseline = baseline_of(rows)
    if baseline is None:
        return
    costly = [row for row in rows if costs_too_much(row, baseline)]
    if not costly:
        return
    rises = ", ".join(f"**{row.precision}** by {100 * perplexity_rise(row, baseline):.1f} %" for row in costly)
    st.warning(
        f"More than {100 * MOST_PERPLEXITY_RISE:.0f} % worse than {BASELINE}: {rises} (rise of perplexity). "
        "Take another precision where quality counts.",
        icon=":material/trending_up:",
    )


def show_samples(rows: list[Row], prompt: str) -> None:
    """The prompt with what each precision wrote after it, side by side, as plain text."""
    written = [row for row in rows if row.sample is not None]
    for start in range(0, len(written), 3):
        for column, row in zip(st.columns(3, gap="medium"), written[start : start + 3], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{row.precision}**")
                st.text(f"{prompt}{row.sample}")


def method(outcome: Outcome, report: Report) -> str:
    """What was measured, how, and on what."""
    speed = inspect.signature(decode_speed).parameters
    words = len(outcome.request["text"].split())
    facts, machine = report.facts(), report.conditions
    return (
        f"Measured with {report.model_id} on {report.device} ({machine['processor']}; "
        f"CPU features: {facts['CPU features']}), {count_text(machine['threads'], 'thread')}, "
        f"{machine['date']}; {facts['versions']}. "
        f"Speed of {BASELINE}: the median of {speed['repeats'].default} runs of {speed['tokens'].default} tokens, "
        "after a short one to warm up, always taking the likeliest token; of the others, the median of rounds of "
        f"{ROUND_TOKENS}. Speeds, {METHOD}. Prefill: {facts['prefill']}, as often. Perplexity: a sliding window over "
        "the measured text "
        f"({count_text(words, 'word')}). Agreement with fp32: {facts['agreement']}. File: the model was saved and its "
        "weight files weighed. Footprint: all weight tensors in memory. Peak: what loading added at its highest to a "
        "fresh process that had imported the libraries; safetensors files are memory-mapped, so every page of the "
        "weights was touched before the reading. Changed layers: linear layers that are stored otherwise than in fp32. "
        f"Texts: seed {report.seed}, at most {report.max_new_tokens} tokens, with the course's settings for sampling."
    )


def make_report(outcome: Outcome) -> Report:
    """The rows with everything that is needed to repeat them: the report made at the beginning, with its rows."""
    begun = next(item for item in outcome.items if isinstance(item, Report))
    return replace(begun, rows=tuple(rows_of(outcome.items, outcome.stopped)))

"""The charts of a training: what of the model learns, its curves, and where it goes wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered

SECOND_COLOUR = "#e0a526"
MOST_LABELS = 20
HEIGHT = 300


def loss_chart(events: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """The loss on the training data at each step that was told of, and on the validation data at each evaluation."""
    training = [(event["step"], event["loss"], "training") for event in events if event["event"] == "step"]
    validation = [
        (event["step"], event["figures"]["loss"], "validation")
        for event in events
        if event["event"] == "evaluation" and "loss" in event["figures"]
    ]
    table = pd.DataFrame(training + validation, columns=_CURVE)
    return _curves(table, _last_step(events), heading("Loss", "lower is better"))


def metric_chart(events: Sequence[Mapping[str, Any]], examples: str = "rows") -> alt.Chart:
    """Accuracy and macro F1 on the validation examples, at each evaluation."""
    names = {"accuracy": "accuracy", "macro_f1": "macro F1"}
    rows = [
        (event["step"], event["figures"][name], shown)
        for event in events
        if event["event"] == "evaluation"
        for name, shown in names.items()
        if name in event["figures"]
    ]
    table = pd.DataFrame(rows, columns=_CURVE)
    return _curves(table, _last_step(events), heading(f"Validation {examples}", "higher is better"), [0.0, 1.0])


_CURVE = ["step", "value", "kind"]
_KINDS = {"training": COLOUR, "validation": SECOND_COLOUR, "accuracy": COLOUR, "macro F1": SECOND_COLOUR}


def _last_step(events: Sequence[Mapping[str, Any]]) -> int:
    """Where the axes of both charts end, so that the same step is at the same place in both."""
    return max([1, *(event["step"] for event in events if "step" in event)])  # at first there are none, or only 0


def _curves(table: pd.DataFrame, steps: int, title: alt.Title, domain: list[float] | None = None) -> alt.Chart:
    kinds = ["accuracy", "macro F1"] if domain else ["training", "validation"]
    corner: Any = "bottom-right" if domain else "top-right"  # within the chart, where the curves seldom are
    colours = alt.Scale(domain=kinds, range=[_KINDS[kind] for kind in kinds])
    legend = alt.Legend(orient=corner, title=None, offset=2, padding=0, symbolType="stroke", symbolStrokeWidth=2)
    dashes = alt.Scale(domain=kinds, range=[[1, 0], [6, 5]])  # where both are equal, both are seen
    # An axis of its own for the time before the first event, where there is nothing to make one from.
    scale = alt.Scale(domain=domain or [0.0, 1.0]) if domain or table.empty else alt.Scale(zero=True)
    return (
        alt.Chart(table, title=title)
        .mark_line(point=alt.OverlayMarkDef(size=30))
        .encode(
            x=alt.X("step:Q", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(domain=[0, steps], nice=True)),
            y=alt.Y("value:Q", title=None, scale=scale),
            strokeDash=alt.StrokeDash("kind:N", scale=dashes, legend=None),
            color=alt.Color("kind:N", scale=colours, legend=legend),
            tooltip=[alt.Tooltip("kind:N"), alt.Tooltip("step:Q"), alt.Tooltip("value:Q", format=".3f")],
        )
        .properties(height=HEIGHT)
    )


def confusion_chart(
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
    examples: str = "test rows",
    answers: Sequence[str] | None = None,
) -> alt.LayerChart:
    """How many examples of each label (rows) were given each label (columns).

    `answers` names the columns where there are more: answers that are none of the labels.
    """
    columns = labels if answers is None else answers
    cells = [
        (true, answer, counts[row][column], "right" if row == column else "wrong")
        for row, true in enumerate(labels)
        for column, answer in enumerate(columns)
    ]
    table = pd.DataFrame(cells, columns=["label", "answer", "count", "kind"])
    table["part"] = table["count"] / table.groupby("label")["count"].transform("sum").clip(lower=1)
    axis = alt.Axis(labelAngle=0 if len(labels) < 4 else -40, labelOverlap=False)
    base = alt.Chart(table, title=heading("Confusion matrix", f"{examples}; right answers are on the diagonal")).encode(
        x=alt.X("answer:N", sort=list(columns), title="the model said", axis=axis),
        y=alt.Y("label:N", sort=list(labels), title="it is"),
    )
    kinds = alt.Color("kind:N", scale=alt.Scale(domain=["right", "wrong"], range=[COLOUR, "#c4553b"]), legend=None)
    squares = base.mark_rect(stroke=BASELINE_COLOUR, strokeWidth=0.5).encode(
        color=kinds,
        opacity=alt.Opacity("part:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.9]), legend=None),
        tooltip=[
            alt.Tooltip("label:N"),
            alt.Tooltip("answer:N"),
            alt.Tooltip("count:Q"),
            alt.Tooltip("part:Q", format=".0%"),
        ],
    )
    strong = alt.condition(alt.datum.part > 0.45, alt.value("white"), alt.value(BASELINE_COLOUR))
    numbers = base.mark_text(fontWeight="bold", fontSize=15).encode(text=alt.Text("count:Q"), color=strong)
    return layered(squares, numbers).properties(height=max(HEIGHT, 100 + 40 * len(labels)))


def heading(title: str, better: str = "") -> alt.Title:
    """A chart's title, and beneath it how to read the chart."""
    return alt.Title(title, subtitle=better or alt.Undefined, anchor="start", subtitleColor=BASELINE_COLOUR)


def parts_chart(parts: Sequence[tuple[str, int, bool]]) -> alt.LayerChart:
    """The model from its input to its output, a block for each part, wide in proportion; coloured is what learns.

    `parts` are names, parameters and whether they learn. A thin block is drawn wide enough to be seen.
    """
    total = sum(parameters for _, parameters, _ in parts)
    least = 0.012 * total
    rows, at = [], 0.0
    for name, parameters, learns in parts:
        width = max(parameters, least)
        rows.append((name, parameters, "learns" if learns else "stays as it is", at, at + width, at + width / 2))
        at += width
    table = pd.DataFrame(rows, columns=["part", "parameters", "what", "from", "to", "middle"])
    table["shown"] = table["part"].where(table["to"] - table["from"] > 0.07 * at, "")
    kinds = alt.Scale(domain=["stays as it is", "learns"], range=["#b9bdc3", COLOUR])
    blank = alt.Axis(labels=False, ticks=False, grid=False, domain=False)
    base = alt.Chart(table).encode(y=alt.value(10))
    blocks = (
        alt.Chart(table)
        .mark_rect(stroke="white", strokeWidth=1, cornerRadius=2)
        .encode(
            x=alt.X("from:Q", title=None, axis=blank, scale=alt.Scale(domain=[0, at], nice=False)),
            x2=alt.X2("to:Q"),
            y=alt.value(0),
            y2=alt.value(46),
            color=alt.Color("what:N", scale=kinds, legend=None),
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("parameters:Q", format=","), alt.Tooltip("what:N")],
        )
    )
    names = base.mark_text(fontSize=11, color="#22262b").encode(
        x=alt.X("middle:Q"), y=alt.value(23), text=alt.Text("shown:N")
    )
    return layered(blocks, names).properties(height=56)


def comparison_chart(values: Mapping[str, float], examples: str = "rows") -> alt.LayerChart:
    """Accuracies (0 to 1) as bars: the first is the trained model's, the others are baselines."""
    table = pd.DataFrame(values.items(), columns=["what", "accuracy"])
    table["percent"] = [f"{value:.1%}" for value in table["accuracy"]]
    base = alt.Chart(table, title=heading(f"Accuracy on the test {examples}", "higher is better")).encode(
        x=alt.X("accuracy:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1.12])),
        y=alt.Y("what:N", sort=list(values), title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False)),
    )
    colour = alt.condition(alt.datum.what == next(iter(values)), alt.value(COLOUR), alt.value(BASELINE_COLOUR))
    bars = base.mark_bar(cornerRadiusEnd=3).encode(
        color=colour, tooltip=[alt.Tooltip("what:N"), alt.Tooltip("percent:N")]
    )
    numbers = base.mark_text(align="left", dx=4, color=BASELINE_COLOUR, fontWeight="bold").encode(
        text=alt.Text("percent:N")
    )
    return layered(bars, numbers).properties(height=HEIGHT - 60)


def scores_chart(scores: Mapping[str, float]) -> alt.Chart:
    """The probability of each label (0 to 1), the likeliest first; at most 20 of them."""
    best = sorted(scores.items(), key=lambda item: -item[1])[:MOST_LABELS]
    return (
        alt.Chart(pd.DataFrame(best, columns=["label", "probability"]))
        .mark_bar(color=COLOUR, cornerRadiusEnd=3)
        .encode(
            x=alt.X("probability:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            y=alt.Y("label:N", sort=None, title=None),
            tooltip=[alt.Tooltip("label:N"), alt.Tooltip("probability:Q", format=".1%")],
        )
        .properties(height=34 * len(best) + 40)
    )

"""Draws how well labels that a person typed fit texts: a heat map and a table; what the numbers are stands above."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd
import streamlit as st

from apps.demos.text_classification.results import classified
from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from apps.ui.downloads import show_report_files
from apps.ui.markdown import escape
from apps.words.amounts import count_text
from models.failures import Failure
from models.wording import spreadsheet_text

if TYPE_CHECKING:
    from models.zero_shot import LabelScores

    Items = Sequence[LabelScores | Failure]

SIMILARITY = "similarity"
MOST_ROWS = 30
WORDS = {
    "similarity": "**Similarity, not a probability that it was trained for.** The encoder tells how much alike a text "
    "and each label's sentence are (a cosine: 1 is the same direction, 0 has nothing in common). The highest label is "
    "the likest one; no number says where “fits” begins, and a text that fits none gets one all the same.",
    "several": "Each label by itself: how likely it is that the text implies its sentence. Several can be true, or "
    "none; from 0.5 on a label counts as true.",
    "one": "How likely each label is if exactly one of them is true: the numbers of a text add up to 1, also where "
    "none fits.",
}


def show_sorted(items: "Items", request: Any) -> None:
    """What the numbers mean, all labels of the first texts, the table of all, and the files."""
    results = classified(items)
    if not results:
        return
    first: Any = next(iter(results.values()))
    st.markdown(f"#### {escape(count_text(len(results), 'text'))}, {escape(count_text(len(first.scores), 'label'))}")
    similar = first.measure == SIMILARITY
    kind = "similarity" if similar else "several" if first.several else "one"
    st.caption(f":material/{'warning' if similar else 'info'}: {WORDS[kind]}")
    if similar and first.several:
        st.caption(":material/info: “Several may be true” changes nothing here: a likeness has no threshold.")
    st.altair_chart(scores_chart(items), key="own-labels-scores")
    if len(results) > MOST_ROWS:
        st.caption(f"The chart shows the first {MOST_ROWS} of {len(results)} texts.")
    st.dataframe(sorted_table(items), hide_index=True, key="own-labels-table")
    show_report_files("own-labels", to_csv(items), as_json(items, request))


def scores_chart(items: "Items") -> alt.LayerChart:
    """A heat map: a row for each of the first texts, a column for each label, the best of each row in bold."""
    results = list(classified(items).items())[:MOST_ROWS]
    rows = [
        (f"{number}. {result.text[:60]}", label, score, "bold" if label == result.label else "normal")
        for number, result in results
        for label, score in result.scores.items()
    ]
    table = pd.DataFrame(rows, columns=["text", "label", "score", "weight"])
    labels = list(results[0][1].scores)
    top = max(float(table["score"].max()), 0.05) if _is_similarity(results[0][1]) else 1.0
    base = alt.Chart(table).encode(
        x=alt.X("label:N", sort=labels, title=None, axis=alt.Axis(orient="top", labelAngle=-25, labelLimit=160)),
        y=alt.Y("text:N", sort=None, title=None, axis=alt.Axis(labelLimit=380, ticks=False, domain=False)),
        tooltip=[alt.Tooltip("text"), alt.Tooltip("label"), alt.Tooltip("score:Q", format=".4f")],
    )
    shade = alt.Color("score:Q", legend=None, scale=alt.Scale(domain=[0, top], range=["#eef3f7", COLOUR], clamp=True))
    strong = alt.condition(alt.datum.score > 0.6 * top, alt.value("white"), alt.value(BASELINE_COLOUR))
    numbers = [
        base.transform_filter(alt.datum.weight == weight)
        .mark_text(fontWeight=weight)
        .encode(text=alt.Text("score:Q", format=".2f"), color=strong)
        for weight in ("bold", "normal")
    ]
    return layered(base.mark_rect().encode(color=shade), *numbers).properties(height=90 + 30 * len(results))


def _is_similarity(result: Any) -> bool:
    return bool(result.measure == SIMILARITY)


def sorted_table(items: "Items") -> pd.DataFrame:
    """A row for each text: `#` from 1, the best label, its number, where several may be true all of them; problems."""
    rows = [_row(number, item) for number, item in enumerate(items, start=1)]
    table = pd.DataFrame(rows)
    kept = [name for name in ("#", "label", "probability", "similarity", "true", "text", "cut", "problem")
            if name in table and (name not in ("cut", "problem") or table[name].any())]  # fmt: skip
    return table[kept]


def _row(number: int, item: "LabelScores | Failure") -> dict[str, Any]:
    if isinstance(item, Failure):
        return {"#": number, "text": item.text[:200], "cut": False, "problem": item.error}
    row: dict[str, Any] = {"#": number, "label": item.label, item.measure: round(item.score, 4)}
    if item.true_labels is not None:
        row["true"] = ", ".join(item.true_labels) or "(none)"
    return row | {"text": item.text, "cut": item.truncated, "problem": ""}


def to_csv(items: "Items") -> str:
    """One line for each text: its best label, all numbers, what went wrong."""
    return pd.DataFrame([_csv_row(item) for item in items]).to_csv(index=False, lineterminator="\n")


def _csv_row(item: "LabelScores | Failure") -> dict[str, Any]:
    facts: dict[str, Any] = {"text": spreadsheet_text(item.text)}
    if isinstance(item, Failure):
        return facts | {"error": item.error}
    facts |= {"label": spreadsheet_text(item.label), "measure": item.measure, "truncated": item.truncated}
    return facts | {f"{item.measure} of {label}": round(score, 6) for label, score in item.scores.items()}


def as_json(items: "Items", request: Any) -> str:
    """What was asked, and everything that was found."""
    asked = {
        "model": request.model, "labels": list(request.wanted.labels), "template": request.wanted.template,
        "several": request.wanted.several,
    }  # fmt: skip
    complete = len(items) == len(request.texts) and not any(isinstance(item, Failure) for item in items)
    details = asked | {"complete": complete, "results": [item.as_dict() for item in items]}
    return json.dumps(details, ensure_ascii=False, indent=2)

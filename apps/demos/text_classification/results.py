"""Draws what a text classifier found: a table, bars of all labels, and texts whose words are coloured."""

import html
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd
import streamlit as st

from apps.ui.charts import BASELINE_COLOUR, COLOUR
from apps.ui.downloads import show_download
from apps.ui.markdown import escape, message
from apps.ui.run import Outcome
from apps.words.amounts import count_text
from models.failures import Failure
from models.wording import spreadsheet_text

if TYPE_CHECKING:
    from models.text.occlusion import WordImportance
    from models.text_classification import Classification

    Items = Sequence[Classification | Failure]

MOST_BARS = 30
MOST_FAILURES = 5
# From one end to the other, as labels often are: negative to positive, one star to five. Middle tones, readable on the
# light and on the dark background.
ENDS = ("#d9822b", COLOUR)
BETWEEN = {3: (BASELINE_COLOUR,), 4: ("#e5b567", "#85b4d3"), 5: ("#e5b567", BASELINE_COLOUR, "#85b4d3")}
# Not the colours of the labels: a word can speak against “positive” without speaking for “negative”. Green and violet
# are told apart by everybody.
FOR, AGAINST = "43,148,100", "140,95,190"
STRONGEST = 0.6  # opacity: beyond it, the words cannot be read on both backgrounds
FAINT = 0.01  # differences of probability below this never get the full colour; a sure model's are hardly larger


@dataclass(frozen=True)
class Explained:
    """The words of one text (`number` counts all texts from 0) and what they do for a label."""

    number: int
    label: str
    words: list["WordImportance"]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, to be added to those of the text."""
        return {"explained": self.label, "words": [word.as_dict() for word in self.words]}


def classified(items: "Items") -> "dict[int, Classification]":
    """The texts that have a label, each under its number among all of them, from 1."""
    return {number: item for number, item in enumerate(items, start=1) if not isinstance(item, Failure)}


def show_failures(items: "Items") -> None:
    """What is wrong with the first few texts that could not be classified."""
    failures = [item for item in items if isinstance(item, Failure)]
    for failure in failures[:MOST_FAILURES]:
        which = f"Text {failure.number} of {len(items)}: " if len(items) > 1 else ""
        st.error(message(which + failure.error), icon=":material/error:")
    if len(failures) > MOST_FAILURES:
        st.error(f"{count_text(len(failures), 'text')} could not be classified; the table names all of them.")


def show_results(items: "Items", key: str) -> None:
    """How many texts got which label, the table of all, and the bars of the first few."""
    results = list(classified(items).values())
    st.markdown(f"#### {escape(counts_text(results))}")
    table, bars = st.columns([3, 2], gap="medium")
    with table:
        st.dataframe(
            classification_table(items),
            column_config={
                "#": st.column_config.NumberColumn(width=40),
                "label": st.column_config.TextColumn(width="small"),
                "score": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f", width="small"),
                "text": st.column_config.TextColumn(width="large"),
                "problem": st.column_config.TextColumn(width="large"),
                "cut": st.column_config.CheckboxColumn(help="The text was longer than the model reads.", width="small"),
            },
            hide_index=True,
            key=f"{key}-table",
        )
    with bars:
        st.altair_chart(score_chart(items), width="stretch", key=f"{key}-bars")
        if len(results) > MOST_BARS:
            st.caption(f"The bars show the first {MOST_BARS} of {len(results)} texts.")


def counts_text(results: Sequence["Classification"]) -> str:
    """How many texts got which label, the most frequent first: 4 texts: 3 positive, 1 negative."""
    counts = Counter(result.label for result in results).most_common()
    return f"{count_text(len(results), 'text')}: " + ", ".join(f"{count} {label}" for label, count in counts)


def show_words(items: "Items", explanations: Sequence[Explained]) -> None:
    """The explained texts, their words coloured."""
    if not explanations:
        return
    results = classified(items)
    st.markdown("#### The words that matter")
    st.html(legend())
    with st.container(border=True):
        for item in explanations:
            result = results[item.number + 1]
            label, text = st.columns([1, 4], vertical_alignment="center")
            label.markdown(f"{item.number + 1} · **{escape(item.label)}** &nbsp; {result.scores[item.label]:.3f}")
            text.html(coloured_words(result.text, item.words))
    if len(explanations) < len(results):
        st.caption(f"The first {len(explanations)} of {len(results)} texts are explained.")


def classification_table(items: "Items") -> pd.DataFrame:
    """A row for each text: `#` from 1, label, score; where some were cut, whether; where some failed, why."""
    results = classified(items)
    rows = [_row(number, item) for number, item in enumerate(items, start=1)]
    columns = ["#", "label", "score", "text"]
    columns += ["cut"] if any(result.truncated for result in results.values()) else []
    columns += ["problem"] if len(results) < len(items) else []
    return pd.DataFrame(rows)[columns]


def _row(number: int, item: "Classification | Failure") -> dict[str, Any]:
    facts: dict[str, Any] = {"#": number, "text": item.text}
    if isinstance(item, Failure):
        return facts | {"label": None, "score": None, "cut": False, "text": item.text[:200], "problem": item.error}
    return facts | {"label": item.label, "score": item.score, "cut": item.truncated, "problem": ""}


def score_chart(items: "Items") -> alt.Chart:
    """The scores of all labels: one bar for each text, or beside each other where they do not add up to 1."""
    numbered = classified(items)
    results = list(numbered.values())
    rows = [
        {"#": str(number), "text": result.text[:200], "label": label, "score": score, "order": order}
        for number, result in list(numbered.items())[:MOST_BARS]
        for order, (label, score) in enumerate(result.scores.items())
    ]
    labels = list(results[0].scores)
    together = all(abs(sum(result.scores.values()) - 1) < 0.01 for result in results)
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("score:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
            y=alt.Y("#:N", sort=None, title=None, axis=alt.Axis(labelFontSize=13)),
            color=alt.Color("label:N", sort=labels, scale=_colours(labels), title=None, legend=_legend(labels)),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip("label:N"), alt.Tooltip("score:Q", format=".4f"), alt.Tooltip("text:N")],
        )
    )
    if not together:
        return chart.encode(yOffset=alt.YOffset("label:N", sort=labels)).properties(height=alt.Step(14))
    return chart.properties(height=alt.Step(34))


def _colours(labels: list[str]) -> alt.Scale:
    if len(labels) > 5:
        return alt.Scale(domain=labels, scheme="tableau20")
    return alt.Scale(domain=labels, range=[ENDS[0], *BETWEEN.get(len(labels), ()), ENDS[1]][-len(labels) :])


def _legend(labels: list[str]) -> alt.Legend:
    return alt.Legend(orient="top", columns=min(len(labels), 5), labelLimit=160)


def legend() -> str:
    """What the colours of the words mean, as HTML."""
    return (
        f'<div style="font-size:0.875rem">{_on(FOR, STRONGEST, "Green")} words speak for the label, '
        f"{_on(AGAINST, STRONGEST, 'violet')} ones against it; the stronger the colour, the more. "
        "Point at a word to see by how much.</div>"
    )


def coloured_words(text: str, words: Sequence["WordImportance"]) -> str:
    """The text as HTML: words that speak for the label on green, those against it on violet, each with its number."""
    largest = max([FAINT, *(abs(word.importance) for word in words)])
    parts, done = [], 0
    for word in words:
        colour, strength = FOR if word.importance > 0 else AGAINST, STRONGEST * abs(word.importance) / largest
        parts.append(html.escape(text[done : word.start]))
        parts.append(_on(colour, strength, html.escape(word.text), f"{word.importance:+.3f}"))
        done = word.end
    parts.append(html.escape(text[done:]))
    return f'<div style="line-height:1.9">{"".join(parts)}</div>'.replace("\n", "<br>")


def _on(colour: str, strength: float, text: str, number: str = "") -> str:
    style = f"background:rgba({colour},{strength:.2f});border-radius:3px;padding:2px 1px"
    return f'<span style="{style}"{f" title={number!r}" if number else ""}>{text}</span>'


def to_csv(items: "Items") -> str:
    """One line for each text: its label and score, whether it was cut, how much was not read, the scores, errors."""
    table = pd.DataFrame([_csv_row(item) for item in items])
    if "error" in table:
        table["error"] = table.pop("error")  # last
    return table.to_csv(index=False, lineterminator="\n")


def _csv_row(item: "Classification | Failure") -> dict[str, Any]:
    facts: dict[str, Any] = {"text": spreadsheet_text(item.text)}
    if isinstance(item, Failure):
        return facts | {"error": item.error}
    facts |= {"label": spreadsheet_text(item.label), "score": round(item.score, 6), "truncated": item.truncated}
    facts |= {f"score of {label}": round(score, 6) for label, score in item.scores.items()}
    return facts | {"unreadable": round(item.unreadable, 4)}


def attempted(outcome: Outcome) -> "list[Classification | Failure]":
    """The texts that are done, or could not be."""
    return [item for item in outcome.items if not isinstance(item, Explained)]


def explained(outcome: Outcome) -> list[Explained]:
    """The texts whose words are known."""
    return [item for item in outcome.items if isinstance(item, Explained)]


def as_json(outcome: Outcome) -> str:
    """The model, all scores, the words and what it took, for a file."""
    explanations = {item.number: item for item in explained(outcome)}
    details = {
        "model": outcome.request.model,
        "complete": not outcome.stopped and outcome.error is None and not any(map(_failed, outcome.items)),
        "results": [
            item.as_dict() | (explanations[number].as_dict() if number in explanations else {})
            for number, item in enumerate(attempted(outcome))
        ],
        "measured": asdict(outcome.measured) if outcome.measured else None,
    }
    return json.dumps(details, ensure_ascii=False, indent=2)


def _failed(item: Any) -> bool:
    return isinstance(item, Failure)


def show_downloads(outcome: Outcome) -> None:
    """The results as CSV and JSON."""
    with st.container(horizontal=True):
        show_download("Results as CSV", to_csv(attempted(outcome)), "classifications.csv", "text/csv")
        show_download("Results as JSON", as_json(outcome), "classifications.json", "application/json")


def show_progress(items: list[Any], texts: int, most_explained: int) -> None:
    """How many of the `texts`, and then how many explanations, are done."""
    words = [item for item in items if isinstance(item, Explained)]
    done, total = len(items) - len(words), texts
    if words:
        done, total = len(words), min(texts, most_explained)
    st.progress(done / total, text=f"{done} of {count_text(total, 'text')} {'explained' if words else 'classified'}")

"""Summaries side by side: a table of what was counted, each summary with its marks, and files to take home."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from apps.demos.translate_summarize.marked_summary import LEGEND, source_html, summary_html
from apps.demos.translate_summarize.summaries import LEAD, ComparedSummary, Summary
from apps.ui.downloads import show_report_files
from apps.ui.markdown import escape, message
from apps.words.amounts import count_text, left_text, percent_text, seconds_text
from models.text.names import COMBINATION, Callout
from models.text.rouge import KINDS
from models.text.summary_facts import SummaryFacts
from models.wording import spreadsheet_text

BESIDE, NARROWEST = 3, 300  # cards in a row, and the fewest pixels of one
MOST_CALLOUTS = 8
SHARES = ("new bigrams", "coverage", *KINDS)
_HELP = {
    "words": "Of the summary.",
    "time": "Without loading.",
    "compression": "Words of the text for each word of the summary.",
    "new bigrams": "Pairs of neighbouring words that are nowhere neighbours in the text.",
    "coverage": "The share of its words that stand in the text.",
    "density": "The average length, in words, of the copied stretch that a word belongs to.",
    "to check": "Names and numbers that do not stand so in the text.",
    **dict.fromkeys(KINDS, "F measure against the reference."),
}


def show_arriving(made: Sequence[Summary], total: int, seconds: float) -> None:
    """The summaries so far, while the others are being made."""
    fraction = len(made) / total
    st.progress(fraction, text=f"{len(made)} of {total} summaries · {left_text(seconds, fraction)}")
    grid = st.grid(min(BESIDE, len(made)), min_column_width=NARROWEST)
    for summary in made:
        with grid.container(border=True):
            st.markdown(f"**{escape(summary.title)}**")
            show_problems(summary)
            st.text(summary.text, width="stretch")


def show_comparison(source: str, found: Sequence[ComparedSummary], request: Mapping[str, Any]) -> None:
    """The table, a card for each summary, where they stand in the source, and the files."""
    columns = table(found)
    shares = [name for name in SHARES if name in columns]
    config: dict[str, Any] = {name: st.column_config.Column(help=text) for name, text in _HELP.items()}
    config |= {name: st.column_config.NumberColumn(help=_HELP[name], format="percent") for name in shares}
    config["summary"] = st.column_config.Column(pinned=True)
    rounded = columns.assign(**{name: columns[name].astype(float).round(2) for name in shares})
    beside = [name for name in rounded if name not in ("time", "loading")]  # too wide with these; cards tell the time
    st.dataframe(rounded, hide_index=True, column_order=beside, column_config=config, placeholder="–", key="compared")
    st.html(LEGEND)
    grid = st.grid(min(BESIDE, len(found)), min_column_width=NARROWEST)
    for each in found:
        with grid.container(border=True):
            show_card(each, source)
    show_source(source, found)
    show_report_files("summaries", as_csv(found), as_json(source, found, request), as_markdown(source, found, request))


def show_card(each: ComparedSummary, source: str) -> None:
    """One summary with its marks, what was counted, and what to check."""
    st.markdown(f"##### {escape(each.summary.title)}")
    show_problems(each.summary)
    if each.facts is None:
        return
    st.caption(facts_text(each))
    st.html(summary_html(each.summary.text, each.facts, source))
    if each.facts.callouts:
        st.markdown(f":material/person_search: **To check**: {callouts_text(each.facts.callouts)}")


def show_problems(summary: Summary) -> None:
    """Why there is no summary, or what it is not."""
    if summary.error is not None:
        st.error(message(summary.error), icon=":material/error:")
    for doubt in summary.doubts:
        if doubt != summary.error:
            st.caption(f":material/info: {message(doubt)}")


def facts_text(each: ComparedSummary) -> str:
    """The figures of a card in one line."""
    assert each.facts is not None
    facts = [
        count_text(each.facts.words, "word"),
        f"coverage {_share(each.facts.coverage)}",
        f"new bigrams {_share(each.facts.novelty)}",
        seconds_text(each.summary.seconds) if each.summary.seconds is not None else "",
        f"ROUGE-L {_share(each.scores['ROUGE-L'].f)}" if each.scores is not None else "",
        "no model: the baseline" if each.summary.name == LEAD else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def callouts_text(callouts: Sequence[Callout]) -> str:
    """The names and numbers, each once, as Markdown."""
    kinds = {callout.text: callout.kind for callout in callouts}
    named = [
        f"“{escape(text)}” ({'put together' if kind == COMBINATION else 'not in the text'})"
        for text, kind in list(kinds.items())[:MOST_CALLOUTS]
    ]
    more = len(kinds) - len(named)
    return ", ".join(named) + (f", and {more} more" if more > 0 else "")


def _share(value: float | None) -> str:
    return "–" if value is None else percent_text(value)


def show_source(source: str, found: Sequence[ComparedSummary]) -> None:
    """The text, with what one of the summaries took of it."""
    facts = {each.summary.title: each.facts for each in found if each.facts is not None}
    if not facts:
        return
    with st.expander("Where it stands in the text", icon=":material/ink_highlighter:"):
        chosen = st.selectbox("Summary", list(facts), key="compared-source")
        st.html(source_html(source, facts[chosen]))
        st.caption("Marked is the first place of each stretch of three words or more.")


def table(found: Sequence[ComparedSummary]) -> Any:
    """A row for each summary, as a data frame; ROUGE where there is a reference."""
    import pandas as pd

    return pd.DataFrame([_row(each, any(other.scores for other in found)) for each in found])


def _row(each: ComparedSummary, with_scores: bool) -> dict[str, Any]:
    facts, made = each.facts, each.summary
    row = {
        "summary": made.title,
        "words": facts.words if facts else None,
        "coverage": _rounded(facts and facts.coverage),
        "density": _rounded(facts and facts.density, 1),
        "new bigrams": _rounded(facts and facts.novelty),
        "to check": len({callout.text for callout in facts.callouts}) if facts else None,
    }
    if with_scores:
        row |= {kind: _rounded(each.scores[kind].f) if each.scores else None for kind in KINDS}
    return row | {
        "compression": _rounded(facts and facts.compression, 1),
        "time": seconds_text(made.seconds) if made.seconds is not None else "–",
        "loading": seconds_text(made.load_seconds) if made.load_seconds is not None else "–",
    }


def _rounded(value: "float | SummaryFacts | None", digits: int = 4) -> float | None:
    return round(value, digits) if isinstance(value, float) else None


def as_csv(found: Sequence[ComparedSummary]) -> str:
    """The table with the summaries themselves and the exact seconds, for a spreadsheet."""
    rows = table(found)
    rows["time"] = [each.summary.seconds for each in found]
    rows["loading"] = [each.summary.load_seconds for each in found]
    rows["summary"] = [spreadsheet_text(each.summary.title) for each in found]
    rows["text"] = [spreadsheet_text(each.summary.text) for each in found]
    rows["error"] = [each.summary.error for each in found]
    return str(rows.rename(columns={"time": "seconds", "loading": "load seconds"}).to_csv(index=False))


def as_json(source: str, found: Sequence[ComparedSummary], request: Mapping[str, Any]) -> str:
    """The request, and each summary with all that was counted."""
    whole = {**request, "text": source, "summaries": [each.as_dict() for each in found]}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def as_markdown(source: str, found: Sequence[ComparedSummary], request: Mapping[str, Any]) -> str:
    """The summaries and the table, to paste into a report."""
    rows = table(found)
    shares = [name for name in SHARES if name in rows]
    lines = ["# Summaries compared", "", f"| {' | '.join(rows.columns)} |", f"|{'---|' * len(rows.columns)}"]
    for row in rows.to_dict("records"):
        cells = [_share(_known(row[name])) if name in shares else _cell(row[name]) for name in rows.columns]
        lines.append(f"| {' | '.join(cells)} |")
    for each in found:
        lines += ["", f"## {escape(each.summary.title)}"]
        for problem in dict.fromkeys(filter(None, (each.summary.error, *each.summary.doubts))):
            lines += ["", f"> {escape(problem)}"]
        lines += ["", escape(each.summary.text)] if each.summary.text else []
        if each.facts is not None and each.facts.callouts:
            lines += ["", f"To check: {callouts_text(each.facts.callouts)}"]
    for name, text in (("The reference", request.get("reference", "")), ("The text", source)):
        lines += ["", f"## {name}", "", escape(text)] if text else []
    return "\n".join(lines) + "\n"


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else value


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:g}"
    return "–" if value is None else escape(str(value))

"""A step on the page: its code at the left, what came out of it at the right. Takes results only."""

from collections.abc import Sequence
from html import escape as html_escape
from typing import TYPE_CHECKING

import streamlit as st

from apps.demos.step_by_step.attention import show_attention
from apps.demos.step_by_step.next_token import show_next
from apps.demos.step_by_step.words import PLACES
from apps.demos.tokenizers.chips import plain, tokens_html
from apps.ui.markdown import LIGHT_MARK_STYLE, escape
from apps.words.amounts import percent_text, seconds_text
from models.steps.cells import START
from models.steps.execution import Value
from models.steps.looks import (
    AnswerLook,
    AttentionLook,
    LabelsLook,
    Look,
    NextLook,
    SameLook,
    SpansLook,
    TokensLook,
    WrongLook,
)
from models.wording import size_text

if TYPE_CHECKING:
    from models.step_by_step import StepResult

MOST_CHIPS = 120  # tokens of a step that are drawn
# So that lines as long as the cells have fit beside what came out, on a projector's 1,280 pixels.
SMALL_CODE = "<style>[data-testid=stCode] code { font-size: 0.78rem }</style>"
_BLUE, _GREY = "rgba(52,128,179,{})", "rgba(128,134,142,{})"
_RED, _GREEN = "rgba(196,85,59,{})", "rgba(43,148,100,{})"


def flow_html(titles: Sequence[str], done: "Sequence[StepResult]") -> str:
    """All steps in a row, those that ran with their time."""
    parts = []
    for number, title in enumerate(titles):
        ran = done[number].ran if number < len(done) else None
        colour = _BLUE.format(0.22) if ran is not None else _GREY.format(0.10)
        time = (
            f'<small style="opacity:0.7">{seconds_text(ran.seconds)}</small>' if ran is not None else "<small>–</small>"
        )
        parts.append(
            f'<span role="listitem" style="display:inline-flex;flex-direction:column;padding:4px 10px;margin:2px;'
            f'border-radius:8px;background:{colour};line-height:1.25;font-size:0.82rem">'
            f"<span><b>{number}</b> {html_escape(title)}</span>{time}</span>"
        )
    return f'<div role="list" style="display:flex;flex-wrap:wrap">{"".join(parts)}</div>'


def show_step(step: "StepResult", live: bool = True) -> None:
    """One step in a box. Not `live`: while the others still run, without sliders."""
    with st.container(border=True):
        title, took = st.columns([3, 2], vertical_alignment="center")
        title.markdown(f"##### :blue-badge[{step.number}] {escape(step.cell.title)}")
        took.markdown(f":gray[:material/timer: {took_text(step)}]", text_alignment="right")
        st.caption(escape(step.cell.says))
        st.html(SMALL_CODE)
        code, seen = st.columns([7, 5], gap="medium")
        code.code(step.cell.source, language="python", wrap_lines=True)
        with seen:
            show_seen(step, live)
        if isinstance(step.look, AttentionLook) and live:
            show_attention(step.look)


def took_text(step: "StepResult") -> str:
    """Time, and the memory in use after it."""
    return f"{seconds_text(step.ran.seconds)} · memory {size_text(step.ran.memory)}"


def show_seen(step: "StepResult", live: bool = True) -> None:
    """What came out of a step: what there is to see, what was printed, and what the names hold."""
    if step.look is not None:
        show_look(step.look, live)
    if step.ran.printed and not isinstance(step.look, SameLook):
        st.html(printed_html(step.ran.printed))
    if step.cell.name == START:  # the code says it all
        st.caption(PLACES)
    elif step.ran.values and not isinstance(step.look, SameLook | WrongLook):
        st.html(values_html(step.ran.values))


def show_look(look: Look, live: bool = True) -> None:
    """The picture of a step."""
    if isinstance(look, TokensLook):
        st.html(tokens_html(look.tokens[:MOST_CHIPS]))
        if look.total > MOST_CHIPS:
            st.caption(f"The first {MOST_CHIPS} of {look.total:,} tokens are drawn.")
    elif isinstance(look, LabelsLook):
        st.html(labels_html(look))
    elif isinstance(look, SpansLook):
        st.html(spans_html(look))
    elif isinstance(look, NextLook):
        show_next(look, live)
    elif isinstance(look, AnswerLook):
        show_answer(look)
    elif isinstance(look, SameLook):
        show_same(look)
    elif isinstance(look, WrongLook):
        show_wrong(look)


def printed_html(text: str) -> str:
    """What a cell printed, as a terminal shows it."""
    colour = _RED if "Error" in text else _GREY
    return (
        f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere;padding:8px 12px;border-radius:6px;margin:0;'
        f'background:{colour.format(0.13)};border-left:4px solid {colour.format(0.9)};font-size:0.85rem">'
        f"{html_escape(text.rstrip())}</pre>"
    )


def values_html(values: Sequence[Value]) -> str:
    """A row for each name: what it is, its shape, dtype and device, what it takes, and what it says."""
    return f'<div style="font-size:0.82rem">{"".join(map(_value_row, values))}</div>'


def _value_row(value: Value) -> str:
    shape = f"<b>{value.shape}</b>" if value.shape is not None else ""
    size = size_text(value.bytes) if value.bytes is not None else ""
    facts = [html_escape(value.kind), shape, value.dtype or "", value.device or "", size,
             html_escape(plain_line(value.shown))]  # fmt: skip
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:2px 10px;padding:4px 0;'
        'border-bottom:1px solid rgba(128,134,142,0.2)">'
        f'<code style="font-weight:600">{html_escape(value.name)}</code>'
        f'<span style="overflow-wrap:anywhere">{" · ".join(fact for fact in facts if fact)}</span></div>'
    )


def plain_line(text: str) -> str:
    """A value in one line, without what would change how others look."""
    return "".join(sign if sign.isprintable() else plain(sign) for sign in text)


def _bar(name: str, share: float, text: str, strong: bool, colour: str = _BLUE) -> str:
    """One bar: `share` of the width, 0 to 1."""
    width = max(0.5, 100 * min(1.0, share))
    return (
        '<div style="display:flex;align-items:center;gap:8px;margin:3px 0;font-size:0.88rem">'
        f'<span style="width:34%;text-align:right;overflow-wrap:anywhere;font-weight:{600 if strong else 400}">'
        f"<bdi>{html_escape(name)}</bdi></span>"
        f'<span style="flex:1;background:{_GREY.format(0.12)};border-radius:4px">'
        f'<span style="display:block;width:{width:.1f}%;height:16px;border-radius:4px;'
        f'background:{colour.format(0.85 if strong else 0.4)}"></span></span>'
        f'<span style="width:26%;white-space:nowrap">{html_escape(text)}</span></div>'
    )


def labels_html(look: LabelsLook) -> str:
    """A bar for each label; beside it its logit, and the share that softmax makes of it."""
    rows = zip(look.labels, look.logits, look.scores, strict=True)
    return "".join(
        _bar(plain(name), score, f"{logit:+.2f} → {percent_text(score)}", place == 0)
        for place, (name, logit, score) in enumerate(rows)
    )


def spans_html(look: SpansLook) -> str:
    """The highest start and end logits."""
    return _logits_html("The answer starts here", look.starts) + _logits_html("The answer ends here", look.ends)


def _logits_html(title: str, rows: Sequence[tuple[str, int, float]]) -> str:
    low, high = min(logit for _, _, logit in rows), max(logit for _, _, logit in rows)
    bars = "".join(
        _bar(f"{plain(token)} ({number})", (logit - low) / ((high - low) or 1.0), f"{logit:+.2f}", place == 0)
        for place, (token, number, logit) in enumerate(rows)
    )
    return f'<div style="font-size:0.8rem;opacity:0.7;margin-top:6px">{title}: token (its place), logit</div>{bars}'


# Answers


def show_answer(look: AnswerLook) -> None:
    """The answer, large; marked in the text that it is a piece of."""
    score = "" if look.score is None else f" · {percent_text(look.score)}"
    said = look.answer if look.answer.strip() else "the text does not tell" if look.context else "(nothing)"
    st.html(answer_html(said, score))
    if look.context and look.answer:
        st.html(marked_html(look.context, look.start, look.end))
    if look.new:
        st.html(tokens_html(look.new[:MOST_CHIPS]))


def answer_html(answer: str, score: str = "", colour: str = _GREEN) -> str:
    """An answer in a box of its own."""
    return (
        f'<div dir="auto" style="padding:10px 14px;border-radius:8px;background:{colour.format(0.15)};'
        f'border-left:5px solid {colour.format(0.9)};font-size:1.2rem;white-space:pre-wrap;overflow-wrap:anywhere">'
        f'<b>{html_escape(answer)}</b><span style="opacity:0.7;font-size:0.95rem">{html_escape(score)}</span></div>'
    )


def marked_html(context: str, start: int, end: int) -> str:
    """The text around an answer, with that marked."""
    low, high = max(0, start - 200), end + 200
    before, after = ("…" if low else "") + context[low:start], context[end:high] + ("…" if high < len(context) else "")
    return (
        '<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere;font-size:0.9rem;margin:6px 0">'
        f'{html_escape(before)}<mark style="{LIGHT_MARK_STYLE}">{html_escape(context[start:end])}</mark>'
        f"{html_escape(after)}</div>"
    )


def show_same(look: SameLook) -> None:
    """Whether pipeline() agrees."""
    if look.same is None:
        st.info(
            "This version of transformers has no pipeline for the task: by hand is the way.", icon=":material/block:"
        )
    elif look.same:
        st.success(f"The same: **{escape(plain_line(look.piped))}**", icon=":material/check_circle:")
    else:
        st.warning(
            f"Not the same: **{escape(plain_line(look.piped))}**. Rounding, or the model's own settings.",
            icon=":material/difference:",
        )


def show_wrong(look: WrongLook) -> None:
    """The other tokenizer's tokens, what they mean to this model, and what it answers then."""
    st.html(tokens_html(look.tokens[:40]))
    if look.as_read:
        st.caption("To this model these numbers say:")
        st.html(printed_html(look.as_read))
    if look.wrong_answer is not None:
        right, wrong = st.columns(2)
        right.caption("Its own tokenizer")
        right.html(answer_html(_short(look.answer)))
        wrong.caption("The other one")
        wrong.html(answer_html(_short(look.wrong_answer), colour=_RED))


def _short(answer: str) -> str:
    shown = answer.strip() or "(nothing)"
    return shown if len(shown) <= 120 else f"{shown[:119]}…"

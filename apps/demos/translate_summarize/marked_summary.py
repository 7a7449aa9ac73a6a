"""A summary in HTML, with marks for what stands in its source and what does not; and the source, likewise."""

from collections.abc import Iterator
from html import escape

from models.text.summary_facts import Stretch, SummaryFacts

COPIED_WORDS = 3  # from so many words on a stretch of the source counts as copied; shorter ones occur by chance
AROUND = 60  # characters of the source that are shown around a place

# Told apart by line and ground, not by colour alone.
COPIED_STYLE = "background:rgba(52,128,179,0.22);border-radius:3px"
SHARED_STYLE = "border-bottom:2px solid rgba(52,128,179,0.55)"
NEW_STYLE = "background:#f2c14e;color:#22262b;border-radius:3px;padding:0 2px"
CALLOUT_STYLE = "outline:2px dashed rgb(196,85,59);outline-offset:1px"
_BOX = '<div dir="auto" style="line-height:1.75;white-space:pre-wrap;overflow-wrap:anywhere;{}">{}</div>'

LEGEND = (
    f'<span style="{COPIED_STYLE}">three words or more as in the text</span> &nbsp; '
    f'<span style="{SHARED_STYLE}">one or two words of the text</span> &nbsp; '
    f'<span style="{NEW_STYLE}">not in the text</span> &nbsp; '
    f'<span style="{CALLOUT_STYLE}">a name or number to check</span>'
)


def summary_html(summary: str, facts: SummaryFacts, source: str) -> str:
    """The summary; pointing at a stretch tells where it stands in the source first."""
    parts, done = [], 0
    for stretch in facts.stretches:
        parts += [escape(summary[done : stretch.start]), _stretch(summary, stretch, facts, source)]
        done = stretch.end
    return _BOX.format("", "".join([*parts, escape(summary[done:])]))


def _stretch(summary: str, stretch: Stretch, facts: SummaryFacts, source: str) -> str:
    text = "".join(_called_out(summary, stretch, facts))
    if stretch.source_start is None or stretch.source_end is None:
        return f'<span style="{NEW_STYLE}" title="not in the text">{text}</span>'
    style = COPIED_STYLE if stretch.words >= COPIED_WORDS else SHARED_STYLE
    place = _excerpt(source, stretch.source_start, stretch.source_end)
    return f'<span style="{style}" title="{escape(place)}">{text}</span>'


def _called_out(summary: str, stretch: Stretch, facts: SummaryFacts) -> Iterator[str]:
    """The text of a stretch, with an outline around what is called out of it."""
    done = stretch.start
    for callout in facts.callouts:
        start, end = max(callout.start, done), min(callout.end, stretch.end)
        if start < end:
            yield escape(summary[done:start])
            yield f'<span style="{CALLOUT_STYLE}">{escape(summary[start:end])}</span>'
            done = end
    yield escape(summary[done : stretch.end])


def _excerpt(source: str, start: int, end: int) -> str:
    before, after = max(0, start - AROUND), min(len(source), end + AROUND)
    text = f"{source[before:start]}[{source[start:end]}]{source[end:after]}"
    return f"{'…' if before else ''}{' '.join(text.split())}{'…' if after < len(source) else ''}"


def source_html(source: str, facts: SummaryFacts) -> str:
    """The source with the first place of each copied stretch marked."""
    parts, done = [], 0
    for start, end in _taken(facts):
        marked = f'<span style="{COPIED_STYLE}">{escape(source[start:end])}</span>'
        parts += [escape(source[done:start]), marked]
        done = end
    return _BOX.format("max-height:22rem;overflow-y:auto", "".join([*parts, escape(source[done:])]))


def _taken(facts: SummaryFacts) -> Iterator[tuple[int, int]]:
    """The places of the source that stretches of three words or more were taken from, in order and apart."""
    places = sorted(
        (stretch.source_start, stretch.source_end)
        for stretch in facts.stretches
        if stretch.source_start is not None and stretch.source_end is not None and stretch.words >= COPIED_WORDS
    )
    done = 0
    for start, end in places:
        if end > done:
            yield max(start, done), end
            done = end

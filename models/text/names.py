"""Names and numbers of a summary that do not stand in its source: where a model invents, it shows there first.

A number is a word with a digit. A name is one or several neighbouring words with a capital that no beginning of a
sentence explains; scripts without capitals have none that could be found, and a text in capitals alone has none either.
What is called out is to be checked, not wrong by itself: “9 000” may stand in the source as “nine thousand”.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.text.compared_words import TextWord
from models.text.stop_words import STOP_WORDS
from models.text.substrings import Substrings

NUMBER, NAME, COMBINATION = "number", "name", "combination"
_OPENS = frozenset('\n:;“”„«»"‘¿¡(–—•')  # behind these a word may have a capital without being a name


@dataclass(frozen=True)
class Callout:
    """A name or number of a summary, `summary[start:end]` in characters, that does not stand so in the source.

    `kind` is “number”, “name” (at least one of its words is nowhere in the source) or “combination” (each is, but
    nowhere in this order beside one another: two people may have become one).
    """

    text: str
    start: int
    end: int
    kind: str


def called_out(summary: str, words: Sequence[TextWord], source: Substrings) -> Iterator[Callout]:
    """Each place of such a name or number, in the summary's order.

    `words` are those of the summary, `source` all runs of words of the source.
    """
    found = [*_numbers(summary, words, source), *_names(summary, words, source)]
    yield from sorted(found, key=lambda callout: callout.start)


def _numbers(summary: str, words: Sequence[TextWord], source: Substrings) -> Iterator[Callout]:
    for word in words:
        if any(map(str.isdigit, word.folded)) and [word.folded] not in source:
            yield _callout(summary, [word], NUMBER)


def _names(summary: str, words: Sequence[TextWord], source: Substrings) -> Iterator[Callout]:
    if summary == summary.upper():
        return
    runs = list(_capitalised(summary, words))
    inside = {word.folded for starts, run in runs for word in run[1 if starts else 0 :]}
    for starts, run in runs:
        # One word at the beginning of a sentence is a name only where it has its capital elsewhere, too.
        if starts and len(run) == 1 and run[0].folded not in inside:
            continue
        kind = _kind(run, starts, source)
        if kind is not None:
            yield _callout(summary, run, kind)


def _kind(run: Sequence[TextWord], starts: bool, source: Substrings) -> str | None:
    folded = [word.folded for word in run]
    missing = [word for word in folded if [word] not in source]
    # “Yesterday Daniel Osei said”: the first word may owe its capital to the sentence.
    if folded in source or (starts and len(run) > 2 and folded[1:] in source):
        return None
    return NAME if missing else COMBINATION


def _capitalised(summary: str, words: Sequence[TextWord]) -> Iterator[tuple[bool, list[TextWord]]]:
    """Runs of neighbouring words with a capital, and whether each begins a sentence."""
    run: list[TextWord] = []
    starts, before = True, None
    for word in words:
        between = summary[before.end : word.start] if before is not None else ""
        begins = before is None or before.is_end or not _OPENS.isdisjoint(between)
        if run and (begins or between not in (" ", "-") or not _may_be_name(summary, word)):
            yield starts, run
            run = []
        if _may_be_name(summary, word):
            starts = starts if run else begins
            run.append(word)
        before = word
    if run:
        yield starts, run


def _may_be_name(summary: str, word: TextWord) -> bool:
    first = summary[word.start]
    return first != first.lower() and word.folded.split("'")[0] not in STOP_WORDS


def _callout(summary: str, words: Sequence[TextWord], kind: str) -> Callout:
    start, end = words[0].start, words[-1].end
    return Callout(summary[start:end], start, end, kind)

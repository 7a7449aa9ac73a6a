"""One text through several summarizers in the terminal: what `summarize` does with several models or a reference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.demos.translate_summarize.summaries import (
    LEAD,
    OWN,
    REFERENCE,
    ComparedSummary,
    Summary,
    compared,
    is_stemmed,
    lead,
    summarize_with,
)
from apps.terminal.options import names_in
from apps.terminal.output import note, result, result_json, result_table
from apps.terminal.text_input import read_text
from apps.terminal.work import Failures, UntilStopped, end, load_model, stoppable
from apps.words.amounts import percent_text, seconds_text
from models.catalog import Task
from models.errors import Cancelled, InvalidInput, sentence_for, unforeseen
from models.failures import Failure, printable
from models.folders import place_named
from models.text.names import COMBINATION
from models.text.rouge import KINDS, require_short
from models.text.segmentation import require_text
from models.text.summary_facts import SourceText
from quantization.automatic.choice import AS_SAVED

Plan = tuple[str | None, str | None]  # the model, None for the default one, and the length

LENGTHS = ("short", "medium", "long")
MOST_CHARACTERS = 200_000  # as the models take


@dataclass(frozen=True)
class Comparison:
    """What is compared: these models (or LEAD) in these lengths, and what was read from files."""

    names: Sequence[str]
    lengths: Sequence[str]
    settings: dict[str, Any]
    device: str
    precision: str | None
    even_if_unreadable: bool
    reference: str = ""
    own: str = ""

    @property
    def plans(self) -> list[Plan]:
        """Each model in each length; the lead has only one. Without a name it is the default model."""
        names: Sequence[str | None] = self.names or [None]
        pairs = [(name, None if name == LEAD else length) for name in names for length in self.lengths]
        return list(dict.fromkeys(pairs))


def models_named(model: str | None) -> list[str]:
    """The models of `--model A,B`; a folder whose name has a comma is one."""
    return [model] if model is not None and place_named(model) is not None else names_in([model] if model else None)


def read_other(file: Path | None, option: str) -> str:
    """The text of a file that was named with `option`; none where no file was. Raises InvalidInput."""
    return read_text(None, file, option) if file is not None else ""


def is_comparison(asked: Comparison) -> bool:
    """Whether there is more than one summary, or something to compare the only one with."""
    return len(asked.plans) > 1 or LEAD in asked.names or bool(asked.reference or asked.own)


def compare(source: str, asked: Comparison, as_json: bool) -> None:
    """Make the summaries one after another, print each when it is there, and then the table."""
    require_text(source, MOST_CHARACTERS)
    require_short("reference", asked.reference)
    if wrong := [length for length in asked.lengths if length not in LENGTHS]:
        raise InvalidInput(f"There is no length “{wrong[0]}”. Choose one of: {', '.join(LENGTHS)}.")
    plans, text = asked.plans, SourceText(source)
    failures = Failures("Summary", len(plans))
    found: list[ComparedSummary] = []
    with stoppable() as cancelled:
        work = UntilStopped(_all(source, asked, plans, cancelled))
        for number, summary in enumerate(work, start=1):
            if summary.error is not None:
                failures.name(Failure(number, summary.title, f"{summary.title}: {summary.error}"))
            found += _beside(text, [summary], asked.reference)
            if not as_json:
                _show(found[-1])
    found += _others(text, asked, as_json)
    if as_json:
        result_json(_as_dict(text, found, asked))
    else:
        _show_table(found)
    end(work.stopped, failures.met or _lack_scores(found, asked.reference))


def _all(source: str, asked: Comparison, plans: Sequence[Plan], cancelled: Any) -> Iterator[Summary]:
    """Each summary, or why there is none; models are loaded one after another, and only the last is kept."""
    loaded: tuple[str | None, Any] | None = None
    for name, length in plans:
        if length is None:
            yield lead(source)
            continue
        try:
            if loaded is None or loaded[0] != name:
                loaded = None  # let go before the next one needs the memory
                loaded = name, _load(name, asked)
            yield summarize_with(loaded[1], source, length, asked.settings, cancelled, asked.even_if_unreadable)
        except Cancelled:
            raise
        except Exception as error:
            yield Summary(name or "summary", length=length, error=sentence_for(error) or unforeseen(error))


def _load(name: str | None, asked: Comparison) -> Any:
    return load_model(Task.TEXT_TO_TEXT, name, asked.device, asked.precision, "summarize", unasked=AS_SAVED)


def _others(text: SourceText, asked: Comparison, as_json: bool) -> list[ComparedSummary]:
    given = [Summary(name, words) for name, words in ((OWN, asked.own), (REFERENCE, asked.reference)) if words]
    found = _beside(text, given, asked.reference)
    for each in found if not as_json else ():
        _show(each)
    return found


def _beside(text: SourceText, summaries: Sequence[Summary], reference: str) -> list[ComparedSummary]:
    found = []
    for summary in summaries:
        [one], problem = compared(text, [summary], reference)
        if problem is not None:
            note(f"{summary.title}: {problem}")
        found.append(one)
    return found


def _lack_scores(found: Sequence[ComparedSummary], reference: str) -> bool:
    """Whether a summary has no ROUGE, though it was asked for."""
    own = (each for each in found if each.facts is not None and each.summary.name != REFERENCE)
    return bool(reference) and any(each.scores is None for each in own)


def _show(each: ComparedSummary) -> None:
    for doubt in each.summary.doubts:
        if doubt != each.summary.error:
            note(f"{each.summary.title}: {doubt}")
    if each.facts is None:
        return
    result(printable(f"{each.summary.title}:\n{each.summary.text}"))
    if each.facts.callouts:
        kinds = {callout.text: callout.kind for callout in each.facts.callouts}
        named = [f"“{text}” ({'put together' if kind == COMBINATION else 'not in the text'})"
                 for text, kind in kinds.items()]  # fmt: skip
        result(printable(f"To check: {', '.join(named)}"))
    result("")


def _show_table(found: Sequence[ComparedSummary]) -> None:
    scored = any(each.scores for each in found)
    figures = ("WORDS", "TIME", "COMPRESSION", "NEW BIGRAMS", "COVERAGE", "DENSITY", "TO CHECK")
    numbers = (*figures, *(KINDS if scored else ()))
    rows = [(each.summary.title, *_figures(each), *(_scores(each) if scored else ())) for each in found]
    result_table(("SUMMARY", *numbers), rows, numbers=numbers)


def _figures(each: ComparedSummary) -> tuple[str, ...]:
    facts, seconds = each.facts, each.summary.seconds
    if facts is None:
        return ("–",) * 7
    return (
        f"{facts.words:,}",
        "–" if seconds is None else seconds_text(seconds),
        "–" if facts.compression is None else f"{facts.compression:.1f}",
        _share(facts.novelty),
        _share(facts.coverage),
        "–" if facts.density is None else f"{facts.density:.1f}",
        str(len({callout.text for callout in facts.callouts})),
    )


def _scores(each: ComparedSummary) -> tuple[str, ...]:
    return tuple(_share(each.scores[kind].f if each.scores else None) for kind in KINDS)


def _share(value: float | None) -> str:
    return "–" if value is None else percent_text(value)


def _as_dict(text: SourceText, found: Sequence[ComparedSummary], asked: Comparison) -> dict[str, Any]:
    return {
        "source_characters": len(text.text),
        "source_words": text.words,
        "reference": printable(asked.reference) or None,
        "rouge_stemmed": is_stemmed(asked.reference) if asked.reference else None,
        "summaries": [each.as_dict() for each in found],
    }

"""Summaries of one text to compare: made by models, by taking its beginning, or by somebody; page and command alike."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from apps.words.doubts import about_pieces
from apps.words.language_guess import guess_language
from apps.words.remarks import misfit
from models.catalog import Task
from models.errors import InvalidInput
from models.text.passages import passages
from models.text.pieces import join
from models.text.rouge import KINDS, RougeScore, rouge
from models.text.summary_facts import SourceText, SummaryFacts
from serving.records import about_left_out

LEAD, OWN, REFERENCE = "lead-3", "your own summary", "the reference"
LEAD_SENTENCES = 3
MOST_OWN = 20_000  # characters of a reference, or of a summary that somebody wrote

OnPart = Callable[[str], None]


@dataclass(frozen=True)
class Summary:
    """One summary, or why there is none.

    `name` is a model id, LEAD, OWN or REFERENCE; `length` what a model was asked for. `seconds` are without loading.
    `doubts` are sentences on what the summary is not. `error` is a sentence where there is no summary, or where a part
    of the text is missing in it.
    """

    name: str
    text: str = ""
    length: str | None = None
    precision: str | None = None
    device: str | None = None
    seconds: float | None = None
    load_seconds: float | None = None
    doubts: tuple[str, ...] = ()
    error: str | None = None

    @property
    def title(self) -> str:
        """The name, with the length where one was asked for."""
        return f"{self.name} · {self.length}" if self.length else self.name


@dataclass(frozen=True)
class ComparedSummary:
    """A summary, what of it stands in the source, and what the reference says of it.

    `facts` are None where there is no summary; `scores` are None, too, where there is no reference.
    """

    summary: Summary
    facts: SummaryFacts | None = None
    scores: dict[str, RougeScore] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        facts = self.facts.as_dict() if self.facts is not None else None
        scores = {kind: self.scores[kind].as_dict() for kind in KINDS} if self.scores is not None else None
        return asdict(self.summary) | {"doubts": list(self.summary.doubts), "facts": facts, "rouge": scores}


def summarize_with(
    model: Any,
    text: str,
    length: str,
    settings: dict[str, Any],
    cancelled: threading.Event,
    even_if_unreadable: bool = False,
    on_part: OnPart = lambda part: None,
) -> Summary:
    """What a loaded model makes of a text; `settings` mean nothing to one that chooses sentences.

    Raises:
        InvalidInput, OutOfMemory, Cancelled: as the model's `summarize`.
    """
    search = {}
    if model.card.task != Task.SUMMARIZATION:
        from models.text.task_settings import TextToTextSettings  # needs the libraries

        search = {"settings": TextToTextSettings(**settings)}
    started, pieces = time.perf_counter(), []
    for piece in model.summarize(text, length, **search, cancelled=cancelled, even_if_unreadable=even_if_unreadable):
        pieces.append(piece)
        if piece.total > 1:
            on_part(f"part {len(pieces)} of {piece.total}")
    strange = misfit(model.card, text)
    return Summary(
        model.card.model_id,
        join(pieces),
        length,
        model.precision,
        model.device.type,
        time.perf_counter() - started,
        model.load_seconds,
        (*([strange] if strange else []), *about_pieces(pieces, model.card.model_id)),
        about_left_out(pieces, model.card.model_id),
    )


def lead(text: str) -> Summary:
    """The first three sentences: what every summarizer has to beat, and for news hardly does."""
    spans = passages(text).spans[:LEAD_SENTENCES]
    return Summary(LEAD, " ".join(" ".join(text[start:end].split()) for start, end in spans))


def compared(
    source: SourceText, summaries: Sequence[Summary], reference: str = ""
) -> tuple[list[ComparedSummary], str | None]:
    """Each summary beside its source, and where a reference is given beside that.

    With a sentence where there are no ROUGE scores although there is a reference.
    """
    problem, found = None, []
    for summary in summaries:
        facts = source.facts(summary.text) if summary.text else None
        scores = None
        if facts is not None and reference.strip() and summary.name != REFERENCE:
            try:
                scores = rouge(reference, summary.text, is_stemmed(reference))
            except InvalidInput as error:
                problem = str(error)
        found.append(ComparedSummary(summary, facts, scores))
    return found, problem


def is_stemmed(reference: str) -> bool:
    """Whether ROUGE takes English endings off: not where the reference is in another language."""
    return guess_language(reference) in (None, "English")

"""One language into another, and long texts made short: translate, summarize."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.demos.translate_summarize.compare_command import (
    Comparison,
    compare,
    is_comparison,
    models_named,
    read_other,
)
from apps.terminal.options import (
    AsJson,
    Beams,
    Device,
    EvenIfUnreadable,
    Model,
    Precision,
    Sample,
    Temperature,
    TextFile,
    TopK,
    TopP,
    names_in,
)
from apps.terminal.output import ProgressLine, note, result, result_json
from apps.terminal.text_input import read_lines, read_text
from apps.terminal.work import Failures, UntilStopped, end, load_model, stoppable
from apps.words.doubts import about_left_out, about_pieces, about_translation, place
from apps.words.remarks import other_language
from models.catalog import ModelCard, Task
from models.failures import Failure, attempt
from models.text.readable import Unreadable, unreadable
from models.wording import is_blank
from models.wrapper import readable

if TYPE_CHECKING:
    from models.text.pieces import Piece
    from models.text.task_settings import TextToTextSettings
    from models.text_to_text import TextToText

Text = Annotated[str | None, typer.Argument(help="Left out: --file, or standard input.", metavar="TEXT")]
Target = Annotated[
    str | None,
    typer.Option(
        "--to",
        "--target",
        metavar="LANGUAGE",
        help="The language to translate into. Left out: French, or the model's own.",
    ),
]
MaxNewTokens = Annotated[
    int | None, typer.Option(help="The longest output of a piece, in tokens. Left out: what the model was tuned for.")
]
NoRepeat = Annotated[
    int | None, typer.Option(help="No sequence of so many tokens occurs twice. Left out: what the model was tuned for.")
]
LengthPenalty = Annotated[
    float | None, typer.Option(help="Above 0 longer texts win, below 0 shorter ones; acts with two beams or more.")
]
Seed = Annotated[int, typer.Option(help="With --sample: the same seed gives the same text.")]
Length = Annotated[
    str, typer.Option(help="short, medium or long; several, separated by commas, are compared.", metavar="NAME")
]
Models = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A model of the catalog, another Hugging Face id, or a folder; several, separated by commas, are "
        "compared, lead-3 (the first three sentences) among them. Left out: a full one that is on this machine, else "
        "the small one that comes with the suite.",
        metavar="ID|FOLDER",
    ),
]
Reference = Annotated[
    Path | None,
    typer.Option(help="A summary that somebody wrote, in a file (UTF-8): ROUGE compares with it.", metavar="FILE"),
]
Own = Annotated[Path | None, typer.Option(help="A summary of your own, in a file (UTF-8), to compare.", metavar="FILE")]


def translate(
    text: Text = None,
    file: TextFile = None,
    target: Target = None,
    beams: Beams = None,
    max_new_tokens: MaxNewTokens = None,
    no_repeat_ngram: NoRepeat = None,
    length_penalty: LengthPenalty = None,
    sample: Sample = False,
    temperature: Temperature = 1.0,
    top_k: TopK = 50,
    top_p: TopP = 1.0,
    seed: Seed = 0,
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Translate English into French, or between the languages of another model.

    A full T5 also writes German and Romanian. Of opus-mt models the name says what they read and what they write:
    Helsinki-NLP/opus-mt-es-en reads Spanish and writes English. There is one line out for each line in,
    at once; an empty line stays empty, and so does one that the model cannot read or translate: it is named, and the
    others are translated.
    \f
    With --json: a list with, for each line, `source`, `translation`, `target`, `source_language` (null where the
    model reads several), `unreadable` (the share of the line, 0 to 1, that the model's vocabulary lacks),
    `unreadable_signs` (some of it), `repeated` (whether the model repeated itself without end, and was cut) and
    `unfinished` (whether it reached the limit of its length first); for a line that could not be translated,
    `number` (from 1), `source` and `error` (a sentence) instead. A line of which only a part was left out has all
    of them.
    """
    lines = read_lines(text, file, each=True)
    translator = load_model(Task.TEXT_TO_TEXT, model, device, precision, "translate", _writes(target))
    from models.text.task_settings import TextToTextSettings  # needs the libraries

    settings = TextToTextSettings(
        beams=beams,
        sample=sample,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        max_new_tokens=max_new_tokens,
        length_penalty=length_penalty,
        no_repeat_ngram=no_repeat_ngram,
        seed=seed,
    )
    meant = translator.require_target(target)  # a language that is refused is no fault of the lines
    failures = Failures("Line", None)
    with stoppable() as cancelled:
        how = (meant, settings, cancelled, even_if_unreadable)
        work = UntilStopped(failures.named(attempt(lines, lambda line: _translate(translator, line, *how))))
        done, odd = [], False
        for number, line in enumerate(work, start=1):
            done.append(_translation_as_dict(line, number, target or meant, translator.source))
            if not isinstance(line, Failure):
                odd = odd or _told_once(translator.card, line.source)
                _name_doubts(line, number, translator.card.model_id, failures)
            if not as_json:
                result(done[-1].get("translation", ""))
    if as_json:
        result_json(done)
    blank = not work.stopped and all(is_blank(line["source"]) for line in done)
    if blank:  # known only now, because lines are translated as they arrive
        note("There was no text in it: all lines are blank.")
    end(work.stopped, failed=failures.met or blank)


def _writes(target: str | None) -> Callable[[ModelCard], bool]:
    """Whether a model of the catalog writes this language; where none is named, whether it reads English."""
    if target is None:
        return lambda card: card.languages[0] == "English"
    return lambda card: target.strip().capitalize() in card.languages[1:]


@dataclass(frozen=True)
class _Translated:
    """A line in pieces, what the model's vocabulary lacks of it, and why a part of it was left out, where one was."""

    source: str
    pieces: "Sequence[Piece]"
    lost: Unreadable
    left_out: str | None


def _translate(
    translator: "TextToText",
    line: str,
    target: str,
    settings: "TextToTextSettings",
    cancelled: threading.Event,
    even_if_unreadable: bool,
) -> _Translated:
    if is_blank(line):
        return _Translated(line, (), Unreadable(), None)
    lost = unreadable(translator.tokenizer, readable(line)) if any(map(str.isalpha, line)) else Unreadable()
    pieces = list(translator.translate(line, target, settings, cancelled, even_if_unreadable))
    return _Translated(line, pieces, lost, about_left_out(pieces, translator.card.model_id))


def _translation_as_dict(
    line: _Translated | Failure, number: int, target: str, source_language: str | None
) -> dict[str, Any]:
    if isinstance(line, Failure):
        plain = line.as_dict()
        return {"number": number, "source": plain["text"], "error": plain["error"]}
    facts = {
        "source": line.source,
        "translation": " ".join(piece.text for piece in line.pieces if piece.text),
        "target": target,
        "source_language": source_language,
        "unreadable": line.lost.share,
        "unreadable_signs": line.lost.signs,
        "repeated": any(piece.repeated for piece in line.pieces),
        "unfinished": any(piece.unfinished for piece in line.pieces),
    }
    return facts if line.left_out is None else facts | {"number": number, "error": line.left_out}


def _told_once(card: ModelCard, text: str) -> bool:
    """Say it where a text is in a language that the model does not read; whether that was said."""
    reason = other_language(card, text, verb="translate")
    if reason is not None:
        note(reason)
    return reason is not None


def _name_doubts(line: _Translated, number: int, model_id: str, failures: Failures) -> None:
    """Say what the translation of a line is not; a part that was left out is a failure, though the rest is there."""
    if line.left_out is not None:
        failures.name(Failure(number, line.source, line.left_out))
    pieces = [replace(piece, paragraph=number - 1) for piece in line.pieces]
    for piece in pieces:
        for doubt in () if piece.left_out else about_translation(piece, model_id, place(piece, pieces)):
            note(doubt)


def summarize(
    text: Text = None,
    file: TextFile = None,
    length: Length = "medium",
    beams: Beams = None,
    max_new_tokens: MaxNewTokens = None,
    no_repeat_ngram: NoRepeat = None,
    length_penalty: LengthPenalty = None,
    sample: Sample = False,
    temperature: Temperature = 1.0,
    top_k: TopK = 50,
    top_p: TopP = 1.0,
    seed: Seed = 0,
    even_if_unreadable: EvenIfUnreadable = False,
    reference: Reference = None,
    own: Own = None,
    model: Models = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Summarize an English text.

    A T5, BART or PEGASUS writes the summary: a long text part by part and then as a whole; Ctrl-C prints the parts that
    are done, and a part that the model cannot read is named and left out. Where there is none of them, aula/extractive
    chooses sentences of the text, or lines or stretches of one that has no sentences; how the others search means
    nothing to it.

    Several models or lengths, --reference or --own make it a comparison: each summary, and a table of what of it stands
    in the text.
    \f
    With --json: an object with `summary` (null after Ctrl-C), `parts` (the summaries of a long text's parts), `length`,
    `source_characters`, `unreadable` (the share of the text, 0 to 1, that the model's vocabulary lacks),
    `unreadable_signs` (some of it), `repeated` (whether the model repeated itself without end, and was cut) and, where
    parts were left out, `error` (a sentence); with aula/extractive also `made_of` (“sentences”, “lines”, or stretches
    cut at “pauses” or after certain “lengths” where there are no sentences; “whole” where all of the text came back)
    and `sentences`, each sentence's `text`, `start` and `end` (in characters of the source), `score`, the `centrality`,
    `position` and `repetition` that it is made of, and `chosen`. A comparison is an object with `source_characters`,
    `source_words`, `reference`, `rouge_stemmed` (whether English endings were taken off) and `summaries`, a list of
    `name`, `text`, `length`, `precision`, `device`, `seconds`, `load_seconds`, `doubts`, `error`, `rouge` (null without
    a reference; for “ROUGE-1”, “ROUGE-2” and “ROUGE-L” `precision`, `recall` and `f`) and `facts`: `words`,
    `source_words`, `compression`, `coverage` and `novelty` (the share of new bigrams), both 0 to 1, `density` (in
    words), `bigrams`, `new_bigrams`, `stretches` (`start`, `end`, `words`, and `source_start` and `source_end`, null
    where the words are new; in characters) and `callouts`, the names and numbers to check: `text`, `start`, `end` and
    `kind` (“name”, “number”, or “combination” of names that the text has apart).
    """
    source = read_text(text, file)
    search_for: dict[str, Any] = {
        "beams": beams, "sample": sample, "temperature": temperature, "top_k": top_k, "top_p": top_p,
        "max_new_tokens": max_new_tokens, "length_penalty": length_penalty, "no_repeat_ngram": no_repeat_ngram,
        "seed": seed,
    }  # fmt: skip
    asked = Comparison(
        models_named(model), names_in([length]), search_for, device, precision, even_if_unreadable,
        read_other(reference, "--reference"), read_other(own, "--own"),
    )  # fmt: skip
    if is_comparison(asked):
        compare(source, asked, as_json)
        return
    named = asked.names[0] if asked.names else model  # “A,A” is A
    summarizer = load_model(Task.TEXT_TO_TEXT, named, device, precision, "summarize")
    from models.text.task_settings import TextToTextSettings  # needs the libraries

    settings = TextToTextSettings(**search_for)
    length = next(iter(asked.lengths), length)
    strange = other_language(summarizer.card, source, verb="summarize")
    if strange is not None:
        note(strange)
    progress = ProgressLine()
    with stoppable() as cancelled:
        search = {} if summarizer.card.task == Task.SUMMARIZATION else {"settings": settings}
        work = UntilStopped(
            summarizer.summarize(source, length, **search, cancelled=cancelled, even_if_unreadable=even_if_unreadable)
        )
        pieces = []
        for piece in work:
            pieces.append(piece)
            progress.update(f"{len(pieces)} of {piece.total} parts summarized", len(pieces) / piece.total)
    progress.close()
    for doubt in about_pieces(pieces, summarizer.card.model_id):
        note(doubt)
    left_out = about_left_out(pieces, summarizer.card.model_id)
    _show_summary(pieces, length, len(source), left_out, as_json)
    end(work.stopped, failed=left_out is not None)


def _show_summary(
    pieces: "list[Piece]", length: str, source_characters: int, left_out: str | None, as_json: bool
) -> None:
    """The whole summary, or the parts of a text whose summary was stopped."""
    parts = [piece.text for piece in pieces if piece.kind == "part"]
    whole = next((piece.text for piece in pieces if piece.kind == "whole"), None)
    if as_json:
        facts = {
            "summary": whole,
            "parts": parts,
            "length": length,
            "source_characters": source_characters,
            "unreadable": pieces[-1].unreadable if pieces else None,
            "unreadable_signs": pieces[-1].unreadable_signs if pieces else None,
            "repeated": any(piece.repeated for piece in pieces),
        }
        if left_out is not None:
            facts["error"] = left_out
        found = pieces[-1].as_dict() if _chose(pieces) else {}
        result_json(facts | {name: found[name] for name in ("made_of", "sentences") if found})
    elif pieces:
        result("\n".join(parts) if whole is None else whole)
    else:
        note("No part was finished.")


def _chose(pieces: "list[Piece]") -> bool:
    """Whether the summary consists of sentences of the source."""
    return bool(pieces) and hasattr(pieces[-1], "sentences")

"""One language into another, and long texts made short: translate, summarize."""

from dataclasses import replace
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
from apps.terminal.on_cluster import on_cluster
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
from apps.terminal.text_input import read_lines, read_text, tell_if_marked_up
from apps.terminal.work import Failures, UntilStopped, end, load_model, note_if_strange, stoppable
from apps.words.doubts import about_pieces, about_translation, place
from models.catalog import Task
from models.failures import Failure, attempt
from models.wording import is_blank
from serving import records
from serving.choosing import writes

if TYPE_CHECKING:
    from models.text.pieces import Piece

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


@on_cluster("translate")
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
    """Translate English into French or Spanish, or between another model's languages.

    A full T5 writes French, German and Romanian. Of opus-mt models the name says what they read and what they write:
    Helsinki-NLP/opus-mt-es-en reads Spanish and writes English. There is one line out for each line in, at once; an
    empty line stays empty, and so does one that the model cannot read or translate: it is named, and the others are
    translated.
    """
    lines = read_lines(text, file, each=True)
    translator = load_model(Task.TEXT_TO_TEXT, model, device, precision, "translate", writes(target))
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
        work = UntilStopped(failures.named(attempt(lines, lambda line: records.translate_line(translator, line, *how))))
        done, odd = [], False
        for number, line in enumerate(work, start=1):
            done.append(records.translation(line, number, target or meant, translator.source))
            if not isinstance(line, Failure):
                odd = odd or note_if_strange(translator.card, line.source, verb="translate")
                _name_doubts(line, number, translator.card.model_id, failures)
            if not as_json:
                result(done[-1].get("translation", ""))
    if as_json:
        result_json(done)
    blank = not work.stopped and all(is_blank(line["source"]) for line in done)
    if blank:  # known only now, because lines are translated as they arrive
        note("There was no text in it: all lines are blank.")
    end(work.stopped, failed=failures.met or blank)


def _name_doubts(line: records.TranslatedLine, number: int, model_id: str, failures: Failures) -> None:
    """Say what the translation of a line is not; a part that was left out is a failure, though the rest is there."""
    if line.left_out is not None:
        failures.name(Failure(number, line.source, line.left_out))
    pieces = [replace(piece, paragraph=number - 1) for piece in line.pieces]
    for piece in pieces:
        for doubt in () if piece.left_out else about_translation(piece, model_id, place(piece, pieces)):
            note(doubt)


@on_cluster("summarize")
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
    With --json: a comparison is an object with `source_characters`,
    `source_words`, `reference`, `rouge_stemmed` (whether English endings were taken off) and `summaries`, a list of
    `name`, `text`, `length`, `precision`, `device`, `seconds`, `load_seconds`, `doubts`, `error`, `rouge` (null without
    a reference; for “ROUGE-1”, “ROUGE-2” and “ROUGE-L” `precision`, `recall` and `f`) and `facts`: `words`,
    `source_words`, `compression`, `coverage` and `novelty` (the share of new bigrams), both 0 to 1, `density` (in
    words), `bigrams`, `new_bigrams`, `stretches` (`start`, `end`, `words`, and `source_start` and `source_end`, null
    where the words are new; in characters) and `callouts`, the names and numbers to check: `text`, `start`, `end` and
    `kind` (“name”, “number”, or “combination” of names that the text has apart).
    """
    source = read_text(text, file)
    tell_if_marked_up(file)
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
    note_if_strange(summarizer.card, source, verb="summarize")
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
    left_out = records.about_left_out(pieces, summarizer.card.model_id)
    _show_summary(pieces, length, source, left_out, as_json)
    end(work.stopped, failed=left_out is not None)


def _show_summary(pieces: "list[Piece]", length: str, source: str, left_out: str | None, as_json: bool) -> None:
    """The whole summary, or the parts of a text whose summary was stopped."""
    facts = records.summary(pieces, length, source, left_out)
    if as_json:
        result_json(facts)
    elif pieces:
        result("\n".join(facts["parts"]) if facts["summary"] is None else facts["summary"])
    else:
        note("No part was finished.")

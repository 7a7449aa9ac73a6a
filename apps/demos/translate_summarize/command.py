"""English into other languages, and long texts made short: translate, summarize."""

import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.options import (
    AsJson,
    Beams,
    Device,
    Model,
    Precision,
    Sample,
    Temperature,
    TextFile,
    TopK,
    TopP,
)
from apps.terminal.output import ProgressLine, note, result, result_json
from apps.terminal.text_input import read_lines, read_text
from apps.terminal.work import Failures, UntilStopped, end, load_model, stoppable
from models.catalog import Task
from models.failures import Failure, attempt

if TYPE_CHECKING:
    from models.text.pieces import Piece
    from models.text_to_text import TextToText, TextToTextSettings

Text = Annotated[str | None, typer.Argument(help="Left out: --file, or standard input.", metavar="TEXT")]
Target = Annotated[str, typer.Option("--to", "--target", help="The language to translate into.", metavar="LANGUAGE")]
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
Length = Annotated[str, typer.Option(help="short, medium or long.", metavar="NAME")]


def translate(
    text: Text = None,
    file: TextFile = None,
    target: Target = "french",
    beams: Beams = None,
    max_new_tokens: MaxNewTokens = None,
    no_repeat_ngram: NoRepeat = None,
    length_penalty: LengthPenalty = None,
    sample: Sample = False,
    temperature: Temperature = 1.0,
    top_k: TopK = 50,
    top_p: TopP = 1.0,
    seed: Seed = 0,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Translate English into French, and with a full T5 into German or Romanian.

    There is one line out for each line in, at once; an empty line stays empty, and so does one that cannot be
    translated, which is named.
    \f
    With --json: a list with, for each line, `source`, `translation` and `target`; for a line that could not be
    translated, `number` (from 1), `source` and `error` (a sentence) instead.
    """
    lines = read_lines(text, file, each=True)
    translator = load_model(Task.TEXT_TO_TEXT, model, device, precision, "translate")
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
    translator.translate("a", target, settings)  # a language or an option that is refused is no fault of the lines
    failures = Failures("Line", None)
    with stoppable() as cancelled:
        translations = attempt(lines, lambda line: (line, _one_line(translator, line, target, settings, cancelled)))
        work = UntilStopped(failures.named(translations))
        done = []
        for translation in work:
            done.append(_translation_as_dict(translation, target))
            if not as_json:
                result("" if isinstance(translation, Failure) else translation[1])
    if as_json:
        result_json(done)
    end(work.stopped, failed=failures.met)


def _translation_as_dict(translation: tuple[str, str] | Failure, target: str) -> dict[str, Any]:
    if isinstance(translation, Failure):
        plain = translation.as_dict()
        return {"number": plain["number"], "source": plain["text"], "error": plain["error"]}
    return {"source": translation[0], "translation": translation[1], "target": target}


def _one_line(
    translator: "TextToText", line: str, target: str, settings: "TextToTextSettings", cancelled: threading.Event
) -> str:
    """The translation of one line in one line; an empty one stays empty."""
    if not line.strip():
        return ""
    return " ".join(piece.text for piece in translator.translate(line, target, settings, cancelled))


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
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Summarize an English text.

    A T5 writes the summary: a long text part by part and then as a whole; Ctrl-C prints the parts that are done. Where
    there is no T5, aula/extractive chooses sentences of the text; how a T5 searches means nothing to it.
    \f
    With --json: an object with `summary` (null after Ctrl-C), `parts` (the summaries of a long text's parts), `length`
    and `source_characters`; with aula/extractive also `sentences`, each sentence's `text`, `start` and `end` (in
    characters of the source), `score`, the `centrality`, `position` and `repetition` that it is made of, and `chosen`.
    """
    source = read_text(text, file)
    summarizer = load_model(Task.TEXT_TO_TEXT, model, device, precision, "summarize")
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
    progress = ProgressLine()
    with stoppable() as cancelled:
        search = {} if summarizer.card.task == Task.SUMMARIZATION else {"settings": settings}
        work = UntilStopped(summarizer.summarize(source, length, **search, cancelled=cancelled))
        pieces = []
        for piece in work:
            pieces.append(piece)
            progress.update(f"{len(pieces)} of {piece.total} parts summarized", len(pieces) / piece.total)
    progress.close()
    _show_summary(pieces, length, len(source), as_json)
    end(work.stopped)


def _show_summary(pieces: "list[Piece]", length: str, source_characters: int, as_json: bool) -> None:
    """The whole summary, or the parts of a text whose summary was stopped."""
    parts = [piece.text for piece in pieces if piece.kind == "part"]
    whole = next((piece.text for piece in pieces if piece.kind == "whole"), None)
    if as_json:
        facts = {"summary": whole, "parts": parts, "length": length, "source_characters": source_characters}
        result_json(facts | ({"sentences": pieces[-1].as_dict()["sentences"]} if _chose(pieces) else {}))
    elif pieces:
        result("\n".join(parts) if whole is None else whole)
    else:
        note("No part was finished.")


def _chose(pieces: "list[Piece]") -> bool:
    """Whether the summary consists of sentences of the source."""
    return bool(pieces) and hasattr(pieces[-1], "sentences")

"""Texts: answer, translate, summarize."""

import threading
from pathlib import Path
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
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from models.catalog import Task
from models.errors import InvalidInput

if TYPE_CHECKING:
    from models.question_answering import Reading
    from models.text.pieces import Piece
    from models.text_to_text import TextToText, TextToTextSettings

Questions = Annotated[list[str], typer.Argument(help="One or more questions.", metavar="QUESTION")]
Context = Annotated[str | None, typer.Option(help="The text that holds the answers.", metavar="TEXT")]
ContextFile = Annotated[Path | None, typer.Option(help="Read that text from this file (UTF-8).", metavar="FILE")]
AnswerCount = Annotated[int, typer.Option(min=1, help="How many answers to print for each question.")]
NoAnswer = Annotated[
    bool | None,
    typer.Option(
        "--no-answer/--always-answer",
        help="Whether “the text does not tell” may be the answer. Left out: as the model was trained.",
        show_default=False,
    ),
]
RankBy = Annotated[str, typer.Option(help="score (within a window) or joint_score (over the text).", metavar="NAME")]
Threshold = Annotated[float, typer.Option(min=-1, max=1, help="By how much “no answer” must beat the best answer.")]
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


def answer(
    questions: Questions,
    context: Context = None,
    context_file: ContextFile = None,
    top_k: AnswerCount = 3,
    no_answer: NoAnswer = None,
    no_answer_threshold: Threshold = 0.0,
    rank_by: RankBy = "score",
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Answer questions about a text, with words of that text.

    Without --context and --context-file, the text comes from standard input.
    """
    if not all(question.strip() for question in questions):
        raise InvalidInput("A question is empty. Ask one about the text.")
    text = read_text(context, context_file, "--context-file")
    answerer = load_model(Task.QUESTION_ANSWERING, model, device, precision)
    with stoppable() as cancelled:
        readings = UntilStopped(
            answerer.answer_many(
                questions,
                text,
                top_k=top_k,
                no_answer=no_answer,
                no_answer_threshold=no_answer_threshold,
                rank_by=rank_by,
                cancelled=cancelled,
            )
        )
        done = [_show_reading(reading, as_json) for reading in readings]
    if as_json:
        result_json(done)
    end(readings.stopped)


def _show_reading(reading: "Reading", as_json: bool) -> dict[str, Any]:
    if not as_json:
        result(reading.question)
        for found in reading.answers:
            result(f"  {found.score:.3f}  {' '.join(found.text.split()) or '(the text does not tell)'}")
    return reading.as_dict()


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

    There is one line out for each line in, at once; an empty line stays empty.
    """
    lines = read_lines(text, file)
    translator = load_model(Task.TEXT_TO_TEXT, model, device, precision, "translate")
    settings = _settings(
        beams, sample, temperature, top_k, top_p, max_new_tokens, length_penalty, no_repeat_ngram, seed
    )
    with stoppable() as cancelled:
        work = UntilStopped((line, _one_line(translator, line, target, settings, cancelled)) for line in lines)
        done = []
        for source, translation in work:
            done.append({"source": source, "translation": translation, "target": target})
            if not as_json:
                result(translation)
    if as_json:
        result_json(done)
    end(work.stopped)


def _settings(*values: Any) -> "TextToTextSettings":
    """How the output is searched for; built once the libraries are there, as its module needs them."""
    from models.text.task_settings import TextToTextSettings

    return TextToTextSettings(*values)


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
    """
    source = read_text(text, file)
    summarizer = load_model(Task.TEXT_TO_TEXT, model, device, precision, "summarize")
    settings = _settings(
        beams, sample, temperature, top_k, top_p, max_new_tokens, length_penalty, no_repeat_ngram, seed
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
    parts = [piece.text for piece in pieces if piece.kind == "part"]
    whole = next((piece.text for piece in pieces if piece.kind == "whole"), None)
    if as_json:
        told = {"summary": whole, "parts": parts, "length": length, "source_characters": len(source)}
        result_json(told | ({"sentences": pieces[-1].as_dict()["sentences"]} if _chose(pieces) else {}))
    elif pieces:
        result("\n".join(parts) if whole is None else whole)
    else:
        note("No part was finished.")
    end(work.stopped)


def _chose(pieces: "list[Piece]") -> bool:
    """Whether the summary consists of sentences of the source."""
    return bool(pieces) and hasattr(pieces[-1], "sentences")

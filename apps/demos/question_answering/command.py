"""Answers questions about a text: answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Model, Precision
from apps.terminal.output import note, result, result_json
from apps.terminal.text_input import read_text
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.words.doubts import about_text
from models.catalog import Task
from models.errors import InvalidInput

if TYPE_CHECKING:
    from models.question_answering import Reading

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


def answer(
    questions: Questions,
    context: Context = None,
    context_file: ContextFile = None,
    top_k: AnswerCount = 3,
    no_answer: NoAnswer = None,
    no_answer_threshold: Threshold = 0.0,
    rank_by: RankBy = "score",
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Answer questions about a text, with words of that text.

    Without --context and --context-file, the text comes from standard input.
    \f
    With --json: a list with, for each question, `question`, `answers` (`text`, `score`, `joint_score`, and `start` and
    `end` in characters of the text; an empty text means that the text does not tell), `no_answer_score`, `windows`,
    `unreadable` (the share of the question or the text, whichever is higher, that the model's vocabulary lacks, 0 to 1)
    and `unreadable_signs` (some of it).
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
                even_if_unreadable=even_if_unreadable,
            )
        )
        done = [_show_reading(reading, answerer.card.model_id, as_json) for reading in readings]
    if as_json:
        result_json(done)
    end(readings.stopped)


def _show_reading(reading: "Reading", model_id: str, as_json: bool) -> dict[str, Any]:
    doubt = about_text(reading, model_id, "the question or the text")
    if doubt is not None:
        note(doubt)
    if not as_json:
        result(reading.question)
        for span in reading.answers:
            result(f"  {span.score:.3f}  {' '.join(span.text.split()) or '(the text does not tell)'}")
    return reading.as_dict()

"""Answers questions about a text: answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.terminal.on_cluster import on_cluster
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Model, Precision
from apps.terminal.output import note, result, result_json
from apps.terminal.text_input import read_text, tell_if_marked_up
from apps.terminal.work import Failures, UntilStopped, end, load_model, note_if_strange, stoppable
from apps.words.doubts import about_text
from models.catalog import Task
from models.errors import InvalidInput
from models.failures import Failure
from serving import records

if TYPE_CHECKING:
    from models.text.answers import Reading

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
RankBy = Annotated[
    str, typer.Option(help="joint_score (over the whole text) or score (as transformers 4.57).", metavar="NAME")
]
Threshold = Annotated[float, typer.Option(min=-1, max=1, help="By how much “no answer” must beat the best answer.")]


@on_cluster("answer")
def answer(
    questions: Questions,
    context: Context = None,
    context_file: ContextFile = None,
    top_k: AnswerCount = 3,
    no_answer: NoAnswer = None,
    no_answer_threshold: Threshold = 0.0,
    rank_by: RankBy = "joint_score",
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Answer questions about a text, with words of that text.

    Without --context and --context-file, the text comes from standard input. A question that cannot be answered is
    named, and the others are.
    """
    if not any(question.strip() for question in questions):
        raise InvalidInput("A question is empty. Ask one about the text.")
    text = read_text(context, context_file, "--context-file")
    tell_if_marked_up(context_file)
    answerer = load_model(Task.QUESTION_ANSWERING, model, device, precision)
    note_if_strange(answerer.card, text, "\n".join(questions))
    failures = Failures("Question", len(questions))
    with stoppable() as cancelled:
        readings = UntilStopped(
            answerer.attempt_many(
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
        done = []
        for number, reading in enumerate(failures.named(readings), start=1):
            done.append(records.reading(reading))
            if not isinstance(reading, Failure):
                what = "the question or the text" if len(questions) == 1 else f"question {number} or the text"
                _show_reading(reading, about_text(reading, answerer.card.model_id, what), as_json)
    if as_json:
        result_json(done)
    end(readings.stopped, failed=failures.met)


def _show_reading(reading: "Reading", doubt: str | None, as_json: bool) -> None:
    if doubt is not None:
        note(doubt)
    if not as_json:
        result(reading.question)
        for answer in reading.answers:
            result(f"  {answer.score:.3f}  {' '.join(answer.text.split()) or '(the text does not tell)'}")

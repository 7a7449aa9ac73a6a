"""From text to answer, step by step: steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.demos.step_by_step.words import VERBS
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Model, TextFile
from apps.terminal.output import note, result, result_json
from apps.terminal.text_input import read_text
from apps.terminal.work import (
    UntilStopped,
    end,
    interrupt_kept,
    note_if_slow,
    note_if_strange,
    silence_libraries,
    stoppable,
)
from apps.terminal.written import require_apart, require_writable, write_result
from apps.words.amounts import percent_text, seconds_text
from models.errors import InvalidInput
from models.failures import printable
from models.steps.asked import MOST_NEW_TOKENS, PRECISION_NAMES, TASKS, Asked
from models.steps.cells import STEP_NAMES
from models.tasks import Task
from models.weights import hub
from models.wording import size_text
from quantization.recipes import find_precision
from serving.choosing import choose
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.step_by_step import StepByStep, StepResult

TASK_NAMES = {task.pipeline: task for task in TASKS}
MOST_SHOWN = 60  # tokens that are printed
Text = Annotated[str | None, typer.Argument(help="The text. Left out: --file, or standard input.", metavar="TEXT")]
TaskName = Annotated[str, typer.Option("--task", help=f"One of {', '.join(TASK_NAMES)}.", metavar="NAME")]
Question = Annotated[str, typer.Option(help="What is asked about the text, with question-answering.", metavar="TEXT")]
Into = Annotated[str, typer.Option("--to", help="The language to translate to. Left out: the model's first.")]
NewTokens = Annotated[int, typer.Option(help=f"How many tokens a text is continued by, 1 to {MOST_NEW_TOKENS}.")]
Until = Annotated[
    str | None, typer.Option(help=f"The last step: one of {', '.join(STEP_NAMES)}. Left out: all.", metavar="STEP")
]
PlainPrecision = Annotated[
    str, typer.Option("--precision", help=f"One of {', '.join(PRECISION_NAMES)}.", metavar="NAME")
]
Notebook = Annotated[
    Path | None, typer.Option(help="Write the steps into this file, as a notebook (.ipynb).", metavar="FILE")
]


def steps(
    text: Text = None,
    file: TextFile = None,
    task: TaskName = "text-classification",
    question: Question = "",
    to: Into = "",
    new_tokens: NewTokens = 12,
    until: Until = None,
    notebook: Notebook = None,
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: PlainPrecision = "fp32",
    as_json: AsJson = False,
) -> None:
    """Go from text to answer step by step: the code of each step, as it ran, and what came out of it.

    Load the tokenizer, cut the text, load the model, run it, read the answer; the same with pipeline(); attention; and
    two ways that do not work.
    \f
    With --json: `model`, `task`, `precision`, `device`, `cuts` (sentences about what of the text is left out) and
    `steps`, a list of `name`, `title`, `says`, `code`, `seconds`, `memory` (bytes in use after it), `values` (what its
    names hold: `name`, `kind`, `shape`, `dtype`, `device`, `bytes`, `shown`), `printed`, `result` (of its last line)
    and `seen`, null or an object of its own for each kind of step: `tokens` and their `total`; `labels` with `logit`
    and `score`; `starts` and `ends` of an answer; `next`, the ten likeliest tokens; `answer` and `score`; `same` and
    `pipeline`; for each kind of attention `layers`, `heads`, `rows` and `looks_most_at`; `as_read` and `wrong_answer`.
    """
    asked = Asked(_task(task), read_text(text, file), question, to, new_tokens, until)
    require_writable(notebook, "--notebook")
    require_apart(notebook, [file] if file is not None else [], "--notebook")
    prepared = _prepare(asked, model, device, precision, even_if_unreadable)
    note_if_strange(prepared.plan.card, asked.text)
    for sentence in prepared.plan.cuts:
        note(sentence)
    if prepared.plan.lost.worth_telling:
        note(prepared.plan.lost.sentence(prepared.plan.card.model_id))
    if notebook is not None:
        write_result(notebook, prepared.notebook(), "--notebook")
        note(f"The steps are in {notebook}.")
    with stoppable() as cancelled:
        work = UntilStopped(prepared.run(cancelled))
        done = list(work if as_json else _shown(work))
    if as_json:
        plan = prepared.plan
        result_json(
            {
                "model": plan.card.model_id, "task": task, "precision": plan.precision.name, "device": str(plan.device),
                "cuts": list(plan.cuts), "steps": [step.as_dict() for step in done],
            }
        )  # fmt: skip
    end(work.stopped)


def _task(name: str) -> Task:
    if name not in TASK_NAMES:
        raise InvalidInput(f"There is no task “{name}” here. Choose one of: {', '.join(TASK_NAMES)}.")
    return TASK_NAMES[name]


def _prepare(asked: Asked, model: str | None, device: str, precision: str, even_if_unreadable: bool) -> "StepByStep":
    chosen = find_precision(precision)
    card = choose(model, asked.task, VERBS.get(asked.task))
    hub.require(card)  # before the libraries are read: they take seconds
    silence_libraries()
    note(f"Looking at {card.model_id}")
    with interrupt_kept():
        from models.step_by_step import StepByStep

        key = ModelKey(card.task, card.model_id, device)
        note_if_slow(chosen.name, key.chosen_device.type)
        return StepByStep.prepare(card, asked, key.chosen_device, chosen, even_if_unreadable)


def _shown(work: "UntilStopped") -> "Iterator[StepResult]":
    """The same steps, each printed as it comes."""
    for step in work:
        result(f"\n{step.number}  {step.cell.title}  ({seconds_text(step.ran.seconds)})\n")
        for line in step.cell.source.splitlines():
            result(f"    {line}".rstrip())
        result("")
        for line in _lines(step):
            result(printable(f"  {line}"))
        yield step


def _lines(step: "StepResult") -> Iterator[str]:
    for value in step.ran.values:
        facts = [
            value.kind, "" if value.shape is None else str(value.shape), value.dtype or "", value.device or "",
            size_text(value.bytes) if value.bytes is not None else "", value.shown,
        ]  # fmt: skip
        yield f"{value.name}: {'  '.join(fact for fact in facts if fact)}"
    yield from _seen(step)
    yield from step.ran.printed.splitlines()


def _seen(step: "StepResult") -> Iterator[str]:
    # brings numpy, for which no --help should wait
    from models.steps.looks import AnswerLook, LabelsLook, NextLook, SameLook, TokensLook, WrongLook

    look = step.look
    if isinstance(look, TokensLook):
        more = f" … {look.total - MOST_SHOWN:,} more" if look.total > MOST_SHOWN else ""
        yield "→ " + " | ".join(token.shown for token in look.tokens[:MOST_SHOWN]) + more
    elif isinstance(look, LabelsLook):
        for label, logit, score in zip(look.labels, look.logits, look.scores, strict=True):
            yield f"→ {label}  {logit:+.2f}  {percent_text(score)}"
    elif isinstance(look, NextLook):
        for row in look.as_dict()["next"]:
            yield f"→ {row['token']!r}  {row['logit']:+.2f}  {percent_text(row['probability'])}"
    elif isinstance(look, AnswerLook):
        yield f"→ {look.answer or 'the text does not tell'}"
    elif isinstance(look, SameLook) and look.same is not None:
        yield "→ the same" if look.same else "→ not the same"
    elif isinstance(look, WrongLook) and look.wrong_answer is not None:
        yield f"→ {look.wrong_answer!r} instead of {look.answer!r}"

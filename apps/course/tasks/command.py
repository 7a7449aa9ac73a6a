"""The tasks that models are made for: tasks."""

from typing import Annotated

import typer

from apps.course.tasks.field import FieldTask, Thing, chosen
from apps.terminal.options import AsJson
from apps.terminal.output import result, result_json, result_table
from models.errors import InvalidInput
from models.wording import count_text

Takes = Annotated[list[Thing] | None, typer.Option("--in", help="What goes in; repeat it for one of several.")]
Gives = Annotated[list[Thing] | None, typer.Option("--out", help="What comes out; repeat it for one of several.")]
Here = Annotated[bool | None, typer.Option("--here/--elsewhere", help="On a page of Aula, or not. Left out: all.")]


def tasks(takes: Takes = None, gives: Gives = None, here: Here = None, as_json: AsJson = False) -> None:
    """List the tasks that models are made for: what each does, and which page shows it.

    \f
    With --json: a list of objects: `task` (what the hub calls it), `title`, `area`, `sentence`, `takes` and `gives`
    (lists of text, picture, film, sound, table, situation, label, number, vector, place, action), `example` (`in`,
    `out`), `model` and `licence` of a well-known model (null where its page states none), `here`, `pages` (the names of
    those that show it) and `address` (the hub's page about it).
    """
    found = chosen(takes or (), gives or (), here)
    if not found:
        raise InvalidInput("No task has all of this. Leave one of the options out.")
    if as_json:
        result_json([task.as_dict() for task in found])
        return
    result_table(("TASK", "IN", "OUT", "MODEL", "PAGE"), [_row(task) for task in found])
    result(f"{count_text(len(found), 'task')}, {sum(task.is_here for task in found)} of them on pages of Aula")


def _row(task: FieldTask) -> tuple[str, ...]:
    page = task.pages[0].title if task.pages else "–"
    return task.name, ", ".join(task.takes), ", ".join(task.gives), task.model, page

"""Writes what the code says better than a person would: `python -m apps.reference`. A test keeps it current.

docs/cli.md from the commands, and in the READMEs, between two comments each, the tables of the pages (from
`apps.pages`) and of the weights that come with the suite (from their cards).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer

from apps.cli import PROGRAM, app
from apps.pages import PAGES, Line, Page
from apps.schema_words import filled, result_in_words
from models.catalog import CATALOG, models_for
from models.folders import EMBEDDED
from quantization.result_files import replaced
from serving.api.results import RESULTS
from training.embedded_table import SUBJECTS, describe, table

ROOT = Path(__file__).resolve().parents[1]
HELP_WIDTH = 100
WITH_JSON = "With --json: "

INTRODUCTION = f"""# The terminal

<!-- Written by `python -m apps.reference`; change the commands, not this file. -->

Most of what the pages do can be done from a terminal, with options of the same names. Results go to standard
output, progress and errors to standard error: `{PROGRAM} translate < letter.txt > lettre.txt` gives a file with the
translation and nothing else.

The exit code is 0 only when everything asked for was done; 1 after an error, which one sentence explains; 2 for a
command line that does not exist, or a number beyond the bounds that stand in brackets behind its option; and 130 after
Ctrl-C, which keeps what is done.
`AULA_DEBUG=1` shows where an unforeseen error came from.

With `--json` the result is one JSON object or list:

"""
ENGLISH = ("page", "what you do there", "embedded", "full models, downloaded when you ask")
ENGLISH_HOME = Line("see the machine, the weights on it, and what is in memory")
SPANISH = ("página", "qué se hace", "incluido", "modelos completos")
SPANISH_HOME = Line("ver la máquina, los pesos que hay en ella y lo que está en memoria")


def documents() -> dict[Path, str]:
    """Every document that is written here, whole, by its path."""
    english, spanish = ROOT / "README.md", ROOT / "README.es.md"
    in_english = replaced(english.read_text(encoding="utf-8"), "weights", weights_table())
    return {
        ROOT / "docs" / "cli.md": commands(),
        english: replaced(in_english, "pages", pages_table(ENGLISH, ENGLISH_HOME, lambda page: page.english)),
        spanish: replaced(
            spanish.read_text(encoding="utf-8"),
            "pages",
            pages_table(SPANISH, SPANISH_HOME, lambda page: page.spanish),
        ),
    }


# The tables of the READMEs


def pages_table(header: tuple[str, ...], home: Line, line_of: Callable[[Page], Line]) -> str:
    """What one does on each page, and with which weights, in one language."""
    rows = [("Home", home.what, "", ""), *(_page_cells(page, line_of(page)) for page in PAGES)]
    return _row(header) + "|---" * len(header) + "|\n" + "".join(map(_row, rows))


def _page_cells(page: Page, line: Line) -> tuple[str, ...]:
    own = [f"`{card.model_id}`" for task in page.tasks for card in models_for(task) if card.embedded]
    return page.title, line.what, ", ".join(own) if line.embedded is None else line.embedded, line.full


def _row(cells: tuple[str, ...]) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|\n"


def weights_table() -> str:
    """The models that come with the suite, with the figures of their cards."""
    folders = {card.model_id: (card, EMBEDDED / card.embedded) for card in CATALOG if card.embedded}
    rows = [(*folders[name], subject) for name, subject in SUBJECTS.items()]
    return table([describe(card, subject, folder) for card, folder, subject in rows])


# docs/cli.md


def commands() -> str:
    """The document about the terminal: the introduction, what each command prints as JSON, and its help."""
    every = list(_walk(typer.main.get_command(app), PROGRAM, None))
    return INTRODUCTION + "".join(_json(*each) for each in every) + "".join(_help(*each) for each in every)


def _walk(command: Any, name: str, parent: Any) -> Iterator[tuple[Any, Any]]:
    """A command with its context, and those below it. Typer's classes for commands are not public."""
    context = command.make_context(name, [], parent, resilient_parsing=True, terminal_width=HELP_WIDTH)
    yield command, context
    for key, below in getattr(command, "commands", {}).items():
        yield from _walk(below, key, context)


def _help(command: Any, context: Any) -> str:
    return f"\n## `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"


def _json(command: Any, context: Any) -> str:
    r"""What a command prints with --json, as a point of a list; empty where it does not say.

    Where the API gives the same, it comes from that one's schema. All else stands in the docstring behind a form feed
    (\f), where Click ends what --help shows.
    """
    _, _, behind = (command.help or "").partition("\f")
    text = " ".join(behind.split()).removeprefix(WITH_JSON)
    name = context.command_path.removeprefix(f"{PROGRAM} ")
    if name in RESULTS:
        return result_in_words(name, RESULTS[name], text)
    return filled(f"- `{name}`: {text}") + "\n" if text else ""


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8", newline="\n")

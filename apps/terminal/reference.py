"""Writes docs/cli.md from the commands themselves: `python -m apps.terminal.reference`. A test keeps it current."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from apps.cli import PROGRAM, app

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
WIDTH = 100

INTRODUCTION = f"""# The terminal

<!-- Written by `python -m apps.terminal.reference`; change the commands, not this file. -->

Everything that the pages do can be done from a terminal, with options of the same names. Results go to standard
output, progress and errors to standard error: `{PROGRAM} translate < letter.txt > lettre.txt` gives a file with the
translation and nothing else.

The exit code is 0 only when everything asked for was done; 1 after an error, which one sentence explains; 2 for a
command line that does not exist or a number out of its range; and 130 after Ctrl-C, which keeps what is done.
`AULA_DEBUG=1` shows where an unforeseen error came from.

With `--json` the result is one JSON object or list:

- `run`: an object with the `address`.
- `setup`: an object with `python`, the interpreter that has everything.
- `detect`: an object with `model`, `device`, `precision`, `run_folder`, `counts` (how many of each label), `finished`
  (false after Ctrl-C) and `images`, a list of `image`, `annotated` (the picture with boxes, or null), `error` (a
  sentence, or null), `seconds` and, where there was no error, `image_size` (width, height), `counts` and `detections`
  (`label`, `class_id`, `confidence`, `box` as x1, y1, x2, y2 in pixels).
- `answer`: a list with, for each question, `question`, `answers` (`text`, `score`, `joint_score`, and `start` and `end`
  in characters of the text; an empty text means that the text does not tell), `no_answer_score` and `windows`.
- `translate`: a list with, for each line, `source`, `translation` and `target`.
- `summarize`: an object with `summary` (null after Ctrl-C), `parts` (the summaries of a long text's parts), `length`
  and `source_characters`.
- `generate`: an object with `prompt`, `text` (only what is new), `seed`, `settings`, `finished` and, when finished,
  `tokens`, `seconds` and `tokens_per_second`.
- `quantize`: an object with `model_id`, `device`, `prompt`, `text_start` and `text_characters` (of the measured text),
  `seed`, `max_new_tokens`, `threads`, `date`, `machine`, `processor`, `cpu_features`, `graphics_cards`, `versions`, and
  `rows`, a list of `precision`, `file_bytes`, `footprint`, `load_seconds`, `tokens_per_second`, `slowest`, `fastest`,
  `perplexity`, `bits_per_byte`, `sample` and `error`.
- `models list`: a list of `model_id`, `task`, `here`, `path`, `bytes`, `download_bytes`, `licence`, `languages` and
  `summary`; `models fetch`: a list of `model_id` and `path`; `models free`: a list of `model_id` and `freed_bytes`.
"""


def reference() -> str:
    """The document: the introduction, and the help of each command."""
    program = typer.main.get_command(app)
    return INTRODUCTION + "".join(_sections(program, PROGRAM, None))


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    """The help of a command and of those below it. Typer's classes for commands are not public."""
    context = command.make_context(name, [], parent, resilient_parsing=True, terminal_width=WIDTH)
    yield f"\n## `{context.command_path}`\n\n```text\n{command.get_help(context)}\n```\n"
    for key, below in getattr(command, "commands", {}).items():
        yield from _sections(below, key, context)


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(reference(), encoding="utf-8", newline="\n")

"""The texts of the commands that classify: arguments, the lines of a file, or standard input."""

from pathlib import Path
from typing import Annotated

import typer

from apps.terminal.text_input import read_lines
from models.errors import InvalidInput
from models.wording import is_blank

Texts = Annotated[
    list[str] | None,
    typer.Argument(help="One or more texts. Left out: --file, or standard input, one text a line.", metavar="TEXT"),
]
TextsFile = Annotated[
    Path | None, typer.Option("--file", help="Read the texts from this file (UTF-8), one a line.", metavar="FILE")
]


def given_texts(texts: list[str] | None, file: Path | None) -> dict[int, str]:
    """Each text under its number: of the argument, or of the line. Raises InvalidInput where there is none."""
    if texts and file is not None:
        raise InvalidInput("Give the texts as arguments or with --file, not both.")
    lines = dict(enumerate(texts or read_lines(None, file, each=True), start=1))
    given = lines if texts else {number: line for number, line in lines.items() if line.strip()}
    if all(map(is_blank, given.values())):  # told before a model is loaded for nothing
        raise InvalidInput("There is no text. Give some as arguments, with --file, or on standard input.")
    return given

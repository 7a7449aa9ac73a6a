"""How a module that is run as a program (`python -m …`) reads its options and ends."""

from collections.abc import Callable
from typing import Any

import typer

from models.errors import sentence_for


def run_command(main: Callable[..., Any]) -> None:
    """Run `main` with the options of the command line.

    An error that a person can meet becomes its sentence on standard error and exit code 1, without a traceback.
    """
    try:
        typer.run(main)
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        raise SystemExit(sentence) from error  # Python itself prints it

"""The terminal: which commands there are, and how each of them ends.

`aula.py` starts this file; it needs no path set and no folder to be in. It imports no model library, so that --help is
quick.
"""

import functools
import io
import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Started as a script, Python puts this file's folder first on the path; the suite's packages live one above.
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import typer

from apps.demos.text_generation.command import generate
from apps.pages import PAGES
from apps.terminal import about, api, cluster, suite, weights
from apps.terminal.output import note, results_only
from apps.terminal.work import STOPPED
from models.errors import Cancelled, sentence_for, unforeseen

PROGRAM = "python aula.py"

app = typer.Typer(
    help="Aula: demos on real models in the browser, and the same work from the terminal. "
    "Without a command, the suite starts.",
    epilog=f"{PROGRAM} COMMAND --help explains a command.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _with_clean_output(command: Callable[..., None]) -> Callable[..., None]:
    """The same command, during which only results reach standard output."""

    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        with results_only():
            try:
                command(*arguments, **options)
            except KeyboardInterrupt as error:  # Typer would end without a word
                raise Cancelled from error

    return run


# Commands of no page; `models` stands below.
OF_NO_PAGE = (suite.run, api.serve, suite.test, suite.setup, about.about, generate)
# The order of --help; whatever is not named here stands behind these.
ORDER = (
    "run", "serve", "test", "setup", "about", "bits", "detect", "classify-images", "imagine", "answer", "translate",
    "summarize", "classify", "zero-shot", "grade", "generate", "tokenize", "steps", "memory", "tensor", "quantize",
    "sensitivity", "freed", "benchmark", "explore", "train", "train-images", "courses", "tasks", "words",
)  # fmt: skip
# What Typer has to know of a command beside its function.
SETTINGS: dict[str, dict[str, Any]] = {
    "test": {
        "options_metavar": "[OPTIONS OF PYTEST]",
        "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
    },
    "bits": {"context_settings": {"ignore_unknown_options": True}},  # a negative number is not an option
}


def _commands() -> dict[str, Callable[..., None]]:
    """Every command by its name, in the order of --help. Those of a page stand in its room."""
    commands = {command.__name__: command for command in OF_NO_PAGE}
    for page in PAGES:
        for name in page.commands:
            commands[name] = getattr(import_module(f"{page.package}.command"), name.replace("-", "_"))
    return {name: commands[name] for name in dict.fromkeys((*ORDER, *commands))}


for _name, _command in _commands().items():
    _run = _command if _name == "test" else _with_clean_output(_command)  # pytest prints by itself
    app.command(name=_name.replace("_", "-"), **SETTINGS.get(_name, {}))(_run)
weights.app.command(name="list")(_with_clean_output(weights.list_models))
weights.app.command(name="fetch")(_with_clean_output(weights.fetch))
weights.app.command(name="free")(_with_clean_output(weights.free))
weights.app.command(name="share")(_with_clean_output(weights.share))
for _command in (cluster.serve, cluster.status, cluster.stop):
    cluster.app.command(name=_command.__name__)(_with_clean_output(_command))
app.add_typer(cluster.app)
app.add_typer(weights.app)


def main(arguments: list[str]) -> int:
    """Run one command; its exit code. Errors become one sentence on standard error."""
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments = ["run", *arguments]
    try:
        return app(arguments, prog_name=PROGRAM, standalone_mode=False) or 0
    except Cancelled as stopped:
        note(str(stopped))
        return STOPPED
    except Exception as error:
        if os.environ.get("AULA_DEBUG"):
            raise
        note(sentence(error))
        return getattr(error, "exit_code", 1)


def sentence(error: Exception) -> str:
    """What to tell the user about `error`."""
    known = sentence_for(error)
    if known is not None:
        return known
    if hasattr(error, "format_message"):  # Typer's own, about the command line; its class is not public
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else PROGRAM
        return f"{error.format_message().rstrip('.')}. `{command} --help` shows what is possible."
    if isinstance(error, ImportError) and "shared object file" in str(error):
        return (
            f"A library of this Python needs one that the system lacks ({error}). Start with `{PROGRAM} setup`: "
            "it makes an environment of Aula's own, whose libraries bring along what they need."
        )
    if isinstance(error, ImportError):
        return f"A library does not load ({error}). `{PROGRAM} setup` checks every file and repairs what is missing."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}. Check that you may write there, and the room left."
    return unforeseen(error)


def _prepare_streams() -> None:
    """UTF-8 everywhere: Windows and old locales would refuse the letters of half of the languages here."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    _prepare_streams()
    if not os.environ.get("AULA_DEBUG"):
        warnings.simplefilter("ignore")  # the libraries' advice to programmers
    sys.exit(main(sys.argv[1:]))

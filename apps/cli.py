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
from pathlib import Path

# Started as a script, Python puts this file's folder first on the path; the suite's packages live one above.
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

import typer

from apps.demos.object_detection import command as pictures
from apps.demos.question_answering import command as questions
from apps.demos.text_classification import command as classification
from apps.demos.text_generation import command as generation
from apps.demos.transfer_learning import command as training
from apps.demos.translate_summarize import command as language
from apps.laboratory.gpt2_quantization import command as laboratory
from apps.laboratory.layer_sensitivity import command as sensitivity
from apps.laboratory.memory_freed import command as memory_freed
from apps.laboratory.model_memory import command as memory
from apps.laboratory.number_formats import command as numbers
from apps.laboratory.tensor_quantization import command as layers
from apps.terminal import suite, weights
from apps.terminal.output import note, results_only
from apps.terminal.work import STOPPED
from models.errors import Cancelled, sentence_for

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


_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app.command(name="run")(_with_clean_output(suite.run))
app.command(name="test", options_metavar="[OPTIONS OF PYTEST]", context_settings=_PASSED_ON)(suite.test)
app.command(name="setup")(_with_clean_output(suite.setup))
# A negative number is not an option.
app.command(context_settings={"ignore_unknown_options": True})(_with_clean_output(numbers.bits))
for command in (
    pictures.detect,
    questions.answer,
    language.translate,
    language.summarize,
    classification.classify,
    generation.generate,
    memory.memory,
    layers.tensor,
    laboratory.quantize,
    sensitivity.sensitivity,
    memory_freed.freed,
    training.train,
):
    app.command()(_with_clean_output(command))
weights.app.command(name="list")(_with_clean_output(weights.list_models))
weights.app.command(name="fetch")(_with_clean_output(weights.fetch))
weights.app.command(name="free")(_with_clean_output(weights.free))
weights.app.command(name="share")(_with_clean_output(weights.share))
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
        return f"This system lacks a library ({error}). On Debian and Ubuntu: sudo apt install libgl1 libglib2.0-0."
    if isinstance(error, ImportError):
        return f"A library does not load ({error}). `{PROGRAM} setup` checks every file and repairs what is missing."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}. Check that you may write there, and the room left."
    return (
        f"Something unforeseen happened ({type(error).__name__}: {error}). "
        f"Set AULA_DEBUG=1 to see where, and report it with what `{PROGRAM} about` prints."
    )


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

"""The terminal as a whole: help, errors, exit codes, and what may not be imported."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from apps import cli
from apps.pages import PAGES
from apps.terminal import suite, weights
from models.errors import Cancelled, InvalidInput

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "apps" / "cli.py"

# Each of these takes a second or more to import; rich a tenth of one, for what only a terminal shows.
HEAVY = {
    "torch",
    "transformers",
    "ultralytics",
    "bitsandbytes",
    "streamlit",
    "huggingface_hub",
    "cv2",
    "numpy",
    "pandas",
    "rich",
}


def run_script(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """The script as `aula.py` starts it, from another folder."""
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, cwd=folder, env={**os.environ, **environment})


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["detect", "--help"], ["quantize", "--help"], ["run", "--help"], ["models", "list"]],
    ids=" ".join,
)
def test_no_heavy_library_is_imported(arguments: list[str]) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from apps import cli; code = cli.main({arguments!r});"
        f"print(code, *({HEAVY!r} & set(sys.modules)))"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert ended.stdout.splitlines()[-1] == "0", ended.stderr


def test_the_script_needs_no_folder_to_be_in(tmp_path: Path) -> None:
    ended = run_script("setup", "--json", folder=tmp_path)

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"python": sys.executable}


def test_an_old_locale_cannot_break_the_output(tmp_path: Path) -> None:
    old = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    ended = run_script("answer", "Who?", "--context", "x", "--model", "nowhere", folder=tmp_path, **old)

    assert ended.returncode == 1
    assert "“nowhere”" in ended.stderr.decode("utf-8")


def test_help_names_every_command_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0

    _, _, listed = capsys.readouterr().out.partition("Commands:\n")
    names = [line.split()[0] for line in listed.split("\n\n")[0].splitlines()]
    assert names[: len(cli.ORDER)] == list(cli.ORDER), "a command that the order does not name stands behind the others"
    assert names[-1] == "models"
    assert set(names) > {name for page in PAGES for name in page.commands}


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["answer"], ["generate", "--top-k", "x"], ["detect"], ["models"]], ids=" ".join
)
def test_a_wrong_command_line_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2

    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.count("\n") == 1
    assert "--help` shows what is possible." in errors


@pytest.mark.parametrize(
    ("arguments", "started"),
    [([], {}), (["--no-browser"], {"no_browser": True}), (["--port", "8600"], {"port": 8600}), (["run"], {})],
)
def test_without_a_command_the_suite_starts(
    arguments: list[str], started: dict, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seen from how far it comes: the server is replaced, all before it is real."""
    served = []
    monkeypatch.setattr(suite, "serve", lambda host, port: served.append((host, port)))
    monkeypatch.setattr(suite, "announce", lambda *arguments: served.append(arguments[3]))

    assert cli.main(arguments) == 0

    host, port = next(item for item in served if isinstance(item, tuple))
    assert host == "127.0.0.1"
    assert port == started.get("port", port)
    assert (not started.get("no_browser", False)) in served


def ending(error: BaseException) -> Callable[..., None]:
    def command(*arguments: object, **options: object) -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (InvalidInput("Too long. Shorten it."), 1, "Too long. Shorten it.\n"),
        (Cancelled(), 130, "Stopped.\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
        (ImportError("no torch"), 1, "A library does not load (no torch). `python aula.py setup` checks"),
        (
            ImportError("libGL.so.1: cannot open shared object file"),
            1,
            "A library of this Python needs one that the system lacks (libGL.so.1: ",
        ),
        (PermissionError(13, "Permission denied", "runs"), 1, "runs cannot be used: Permission denied. Check"),
        (
            ZeroDivisionError("by zero"),
            1,
            "Something unforeseen happened (ZeroDivisionError: by zero). Set AULA_DEBUG=1",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_end_a_command_in_one_sentence(
    error: BaseException, code: int, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AULA_DEBUG", raising=False)
    monkeypatch.setattr(weights.hub, "list_local", ending(error))

    assert cli.main(["models", "list"]) == code

    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith(sentence)
    assert errors.count("\n") == 1


def test_aula_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AULA_DEBUG", "1")
    monkeypatch.setattr(weights.hub, "list_local", ending(ZeroDivisionError("by zero")))

    with pytest.raises(ZeroDivisionError):
        cli.main(["models", "list"])


def test_what_libraries_print_is_not_a_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def chatty() -> list:
        print("a library's greeting")
        return []

    monkeypatch.setattr(weights.hub, "list_local", chatty)

    assert cli.main(["models", "list", "--json"]) == 0

    output, errors = capsys.readouterr()
    assert isinstance(json.loads(output), list)
    assert "a library's greeting" in errors


def test_a_reader_who_leaves_is_not_an_error(tmp_path: Path) -> None:
    """As in `python aula.py models list | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        ended = subprocess.run(
            [sys.executable, str(SCRIPT), "models", "list"], stdout=pipe, stderr=subprocess.PIPE, cwd=tmp_path
        )

    assert ended.stderr == b""

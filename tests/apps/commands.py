"""Runs terminal commands in this process, as the shell would."""

import io
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from apps import cli
from apps.terminal.output import ProgressLine


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    output: str
    errors: str


Aula = Callable[..., Ended]
CtrlC = Callable[..., None]


@pytest.fixture
def aula(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Aula:
    """`aula("answer", "Who?", stdin="…")`: exit code, standard output and standard error of that command."""
    monkeypatch.delenv("AULA_DEBUG", raising=False)
    for name in ("TRANSFORMERS_VERBOSITY", "TRANSFORMERS_NO_ADVISORY_WARNINGS"):
        monkeypatch.setenv(name, "error")  # so that what the command sets is undone afterwards

    def run(*arguments: object, stdin: str | bytes = b"") -> Ended:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = cli.main([str(argument) for argument in arguments])
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def ctrl_c_at(monkeypatch: pytest.MonkeyPatch) -> CtrlC:
    """`ctrl_c_at("bf16")`: somebody presses Ctrl-C when the line of progress holds these words; `ctrl_c_at()`: any."""

    def wait_for(words: str = "") -> None:
        pressed: list[str] = []  # once: the second Ctrl-C asks for more

        def update(line: ProgressLine, text: str, fraction: float) -> None:
            if words in text and not pressed:
                pressed.append(text)
                signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(ProgressLine, "update", update)

    return wait_for

"""Runs terminal commands in this process, as the shell would."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from apps import cli


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    output: str
    errors: str


Aula = Callable[..., Ended]


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

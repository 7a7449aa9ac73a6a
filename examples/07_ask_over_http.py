"""Asks an Aula that is running, here or on the teacher's machine, with nothing but the standard library.

Start one first, with `python aula.py run` or `python aula.py serve`; then .venv/bin/python -m examples.07_ask_over_http
AULA_API names another address than this machine's, and AULA_API_TOKEN the token that the other machine wants.
"""

import json
import os
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ADDRESS = os.environ.get("AULA_API", "http://127.0.0.1:8501/api/v1")
SECONDS = 660.0  # of silence: Aula itself ends after ten minutes, and says so


def ask(task: str, **options: Any) -> Any:
    """The whole result of a task. Raises RuntimeError with Aula's own sentence, or with why none came."""
    with _send(task, options, "application/json") as answer:
        return _read(answer)


def stream(task: str, **options: Any) -> Iterator[tuple[str, Any]]:
    """What happens while it happens: kinds of events with their data. Closing it stops the work. Raises as `ask`."""
    with _send(task, options, "text/event-stream") as answer:
        for line in answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                data = json.loads(value)
                if kind == "error":
                    raise RuntimeError(data["error"])
                yield kind, data


def _send(task: str, options: dict[str, Any], accept: str) -> HTTPResponse:
    headers = {"Content-Type": "application/json", "Accept": accept}
    if "AULA_API_TOKEN" in os.environ:
        headers["Authorization"] = f"Bearer {os.environ['AULA_API_TOKEN']}"
    try:
        return urlopen(Request(f"{ADDRESS}/{task}", json.dumps(options).encode(), headers), timeout=SECONDS)
    except HTTPError as error:
        told = _read(error)
        # Of several parts each has its own sentence.
        raise RuntimeError(told.get("error", told) if isinstance(told, dict) else told) from None
    except OSError as error:
        raise RuntimeError(f"Nothing answers at {ADDRESS}: {error}") from None


def _read(answer: HTTPResponse | HTTPError) -> Any:
    try:
        return json.load(answer)
    except ValueError:  # a page of something else, such as a proxy
        raise RuntimeError(f"What answers at {ADDRESS} is not Aula: {answer.status} {answer.reason}") from None


if __name__ == "__main__":
    try:
        [reading] = ask("answer", questions=["Where was Ada born?"], context="Ada Lovelace was born in London in 1815.")
        print(reading["answers"][0]["text"])
        for kind, data in stream("generate", prompt="Me gusta mucho el fútbol", seed=0, max_new_tokens=20):
            if kind == "item":
                print(data["text"], end="", flush=True)
        print()
    except (RuntimeError, OSError) as error:
        raise SystemExit(str(error)) from None

"""Thirty programs that ask at once: each gets what it would get alone, and nobody is turned away."""

import json
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.serving.api.clients import application, served

CLIENTS = 30
REQUESTS = 3 * CLIENTS
PLACES = ("Lisbon", "Oslo", "Quito", "Nairobi", "Hanoi")
OPINIONS = ("A warm and funny film.", "Dull, endless and badly told.", "I would see it again at once.")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(application()) as port:
        yield port


def asked(number: int) -> tuple[str, dict[str, Any]]:
    """The route and the body of a request; no two ask the same."""
    place = PLACES[number % len(PLACES)]
    if number % 3 == 0:
        text = f"{OPINIONS[number % 9 // 3]} I saw it in {place} on day {number}."
        return "classify", {"texts": [text], "model": "aula/sentiment-minilm", "precision": "fp32"}
    context = f"Anna was born in {place} and has {number} cousins. Tom lives in Berlin."
    questions = ["Where was Anna born?", "How many cousins does Anna have?"]
    return "answer", {"questions": questions, "context": context, "model": "aula/qa-minilm", "precision": "fp32"}


def answer(port: int, number: int) -> Any:
    """What comes back, numbers to three places: texts that share a run are rounded otherwise."""
    route, body = asked(number)
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{route}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        assert response.status == 200
        return json.load(response, parse_float=lambda digits: round(float(digits), 3))


def without_seconds(record: Any) -> Any:
    """The same, but for how long it took."""
    if isinstance(record, list):
        return [without_seconds(each) for each in record]
    if isinstance(record, dict):
        return {name: without_seconds(each) for name, each in record.items() if "seconds" not in name}
    return record


def test_thirty_clients_at_once_get_what_each_would_get_alone(port: int) -> None:
    alone = [without_seconds(answer(port, number)) for number in range(REQUESTS)]
    with ThreadPoolExecutor(CLIENTS) as clients:
        together = list(clients.map(lambda number: without_seconds(answer(port, number)), range(REQUESTS)))
    assert together == alone
    births = [found[0]["answers"][0]["text"] for number, found in enumerate(together) if number % 3]
    assert births == [PLACES[number % len(PLACES)] for number in range(REQUESTS) if number % 3]

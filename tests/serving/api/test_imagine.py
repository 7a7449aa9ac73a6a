"""Drawing over HTTP, with a tiny pipeline: the picture, its steps as they come, and a client that leaves."""

import base64
import io
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from models.text_to_image import Drawing
from tests.serving.api.clients import application, near, served

PATIENCE = 60.0
DRAWS = "aula-steps"  # the thread in which a pipeline runs


@pytest.fixture(scope="module")
def client() -> TestClient:
    return near(application())


def asked(folder: Path, **more: Any) -> dict[str, Any]:
    return {"prompt": "a fox in the snow", "model": str(folder), "device": "cpu", "steps": 2, "seed": 5} | more


def picture_in(data_url: str) -> Image.Image:
    head, _, content = data_url.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(content, validate=True)))


def test_the_picture_says_how_it_was_made(client: TestClient, stable_diffusion: Path) -> None:
    told = client.post("/imagine", json=asked(stable_diffusion, guidance=2, width=64, height=72)).json()
    picture = picture_in(told["picture"])
    assert picture.size == (told["width"], told["height"]) == (64, 72)
    assert (told["steps"], told["guidance"], told["seed"], told["finished"]) == (2, 2.0, 5, True)
    made = json.loads(picture.text["parameters"])  # type: ignore[attr-defined]
    assert made == {name: value for name, value in told.items() if name in made}


def test_without_a_seed_one_is_chosen_and_told(client: TestClient, stable_diffusion: Path) -> None:
    first = client.post("/imagine", json=asked(stable_diffusion, seed=None)).json()
    again = client.post("/imagine", json=asked(stable_diffusion, seed=first["seed"])).json()
    assert picture_in(first["picture"]).tobytes() == picture_in(again["picture"]).tobytes()


def test_a_stream_tells_each_step_with_a_small_picture(client: TestClient, stable_diffusion: Path) -> None:
    accept = {"Accept": "text/event-stream"}
    text = client.post("/imagine", json=asked(stable_diffusion, width=128, height=64), headers=accept).text
    events = [block.split("\ndata: ") for block in text.strip().split("\n\n")]
    steps = [json.loads(data) for kind, data in events if kind == "event: item"]
    # The scheduler of Stable Diffusion 1.5 looks twice at the first step.
    assert [(step["number"], step["of"]) for step in steps] == [(1, 3), (2, 3), (3, 3)]
    assert {picture_in(step["preview"]).size for step in steps} == {(32, 16)}
    assert events[-1][0] == "event: done"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"prompt": " "}, "Write what the picture should show."),
        ({"steps": 0}, "steps is 0"),
        ({"guidance": 99}, "guidance is 99"),
        ({"seed": -1}, "seed is -1"),
        ({"width": 100}, "104 is nearest"),
        ({"precision": "int8"}, "does not apply to text to image models"),
        ({"model": "aula/yolov5s"}, "is a model for object detection, not for text to image"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_sentence(
    client: TestClient, stable_diffusion: Path, wrong: dict[str, Any], sentence: str
) -> None:
    answered = client.post("/imagine", json=asked(stable_diffusion, **wrong))
    assert answered.status_code in (404, 422), answered.text
    assert sentence in answered.json()["error"]


def test_without_the_extra_the_sentence_says_how_to_get_it(
    client: TestClient, stable_diffusion: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.weights.pipelines.is_installed", lambda: False)
    answered = near(application()).post("/imagine", json=asked(stable_diffusion))
    assert answered.status_code == 422
    assert "pip install -r requirements-image.txt" in answered.json()["error"]


def test_a_model_that_is_not_here_is_named(client: TestClient) -> None:
    answered = client.post("/imagine", json={"prompt": "a fox"})
    assert answered.status_code == 404
    assert "is not on this machine yet" in answered.json()["error"]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_client_that_leaves_stops_the_drawing(
    stable_diffusion: Path, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished: list[Drawing] = []
    monkeypatch.setattr(Drawing, "png", finished.append)
    body = json.dumps(asked(stable_diffusion, steps=200, width=256, height=256)).encode()
    with served(application()) as port:
        head = f"POST /imagine HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        connection.sendall(head.encode() + body)
        assert within_patience(draws)
        connection.close()
        assert within_patience(lambda: not draws())
    assert finished == []


def draws() -> bool:
    return any(thread.name == DRAWS for thread in threading.enumerate())


def within_patience(holds: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < ends:
        time.sleep(0.02)
    return holds()

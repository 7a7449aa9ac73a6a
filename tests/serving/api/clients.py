"""Clients of the API: a program on the same machine, and one elsewhere."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from serving.api.application import create
from serving.api.door import USUAL, Bounds
from serving.api.tasks import ROUTES
from serving.model_store import ModelStore
from tests.conftest import TinyModels

CAN_DRAW = find_spec("diffusers") is not None
without_extra = pytest.mark.skipif(not CAN_DRAW, reason="PIPELINES NOT RUN: diffusers is not installed")
EACH_ROUTE = [pytest.param(name, marks=without_extra) if name == "imagine" else name for name in ROUTES]


def application(bounds: Bounds = USUAL) -> FastAPI:
    """The API with a store of its own."""
    store = ModelStore()
    return create(lambda: store, bounds)


def near(app: FastAPI, **options: Any) -> TestClient:
    """A program on this machine."""
    return TestClient(app, base_url="http://127.0.0.1:8501", client=("127.0.0.1", 50_000), **options)


def far(app: FastAPI, **options: Any) -> TestClient:
    """A program on another machine."""
    return TestClient(app, base_url="http://192.168.1.5:8501", client=("192.168.1.20", 50_000), **options)


@contextmanager
def served(app: FastAPI) -> Iterator[int]:
    """The port at which the application answers, over real connections."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(60.0)


def models_of_routes(tiny_models: TinyModels) -> dict[str, str]:
    """A tiny model for each route that needs one."""
    found = {
        "answer": str(tiny_models.roberta_qa()), "classify": str(tiny_models.bert_classifier()),
        "zero-shot": str(tiny_models.bert_nli()), "grade": str(tiny_models.bert_classifier()),
        "translate": str(tiny_models.t5()), "summarize": str(tiny_models.t5()), "generate": str(tiny_models.gpt2()),
        "detect": str(tiny_models.yolov5_original()), "classify-images": str(tiny_models.vit()),
    }  # fmt: skip
    return found | ({"imagine": str(tiny_models.stable_diffusion())} if CAN_DRAW else {})

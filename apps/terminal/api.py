"""Answers programs over HTTP: serve."""

import threading
from typing import Annotated, Any

import typer

from apps.terminal import suite
from apps.terminal.options import AsJson, names_in
from apps.terminal.output import note
from apps.terminal.suite import Host, Port
from apps.terminal.work import silence_libraries
from models.catalog import card_of
from models.errors import UnknownModel
from serving.addresses import is_loopback
from serving.api import PLACE

Models = Annotated[
    list[str] | None,
    typer.Option("--models", help="Load these before anybody asks; separated by commas.", metavar="ID"),
]


def serve(host: Host = "127.0.0.1", port: Port = None, models: Models = None, as_json: AsJson = False) -> None:
    """Answer programs over HTTP, without pages: the API that `run` has beside them. Ctrl-C ends it.

    Other machines need a token: set AULA_API_TOKEN to a secret, and let them send it as “Authorization: Bearer …”.
    \f
    With --json: an object with the `address`.
    """
    from serving.cluster.store import model_store

    chosen = suite.choose_port(host, port)
    silence_libraries()
    store = model_store()
    for model_id in names_in(models):
        _load(store, model_id)
    address = f"http://{suite.in_url(suite.reachable_host(host))}:{chosen}{PLACE}"
    if not is_loopback(host):
        note(f"Aula listens to the network at {address}.{suite.about_token()}")
    what = (host, chosen, address, False, as_json, f"{PLACE}/health", "The API of Aula")
    threading.Thread(target=suite.announce, args=what, daemon=True).start()
    _run(store, host, chosen)


def _load(store: Any, model_id: str) -> None:
    """Load a model as the API will ask for it. Raises UnknownModel, or what loading raises."""
    from serving.api.running import key_for

    card = card_of(model_id)
    if card is None:
        raise UnknownModel(f"There is no “{model_id}” in the catalog. `python aula.py models list` shows it.")
    with store.use(key_for(card), on_step=note) as model:
        note(f"{model_id} is ready, in {model.precision}.")  # by which a cluster loads it, and not before


def _run(store: Any, host: str, port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from serving.api.application import create

    app = Starlette(routes=[Mount(PLACE, create(lambda: store))])
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)

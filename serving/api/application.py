"""The API as a FastAPI application: a route for each task, the models that are there, health, and what describes it.

`POST /answer` and so on answer with the whole result as JSON, or, where the client accepts `text/event-stream`, with
events as they happen. A client that leaves stops the work.
"""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from pydantic import TypeAdapter

from models.catalog import CATALOG, ModelCard
from models.errors import AulaError
from models.weights import hub
from models.weights.tokenizers import SHIPPED
from serving.api import page
from serving.api.door import USUAL, Bounds, Counter, Refused, Visitor, let_in
from serving.api.reading import asked_in
from serving.api.requests import Asked, OfPictures
from serving.api.results import RESULTS, Error
from serving.api.running import Event, events, failure, status_of, work
from serving.api.tasks import ROUTES, Route
from serving.model_store import ModelStore

EVENTS = "text/event-stream"
SCHEMAS = "#/components/schemas/{model}"
TITLE, VERSION = "Aula", "1"
ABOUT = (
    "The tasks of Aula for programs: options, results and sentences are those of the terminal's commands of the same "
    "names. A program on the same machine needs no token; others send that of AULA_API_TOKEN as a bearer."
)


def create(store: Callable[[], ModelStore], bounds: Bounds = USUAL) -> FastAPI:
    """The application. `store` gives the store whose models it uses; it is asked for at each request."""
    # Its own pages of documentation load programs from another server; ours is drawn here.
    app = FastAPI(title=TITLE, version=VERSION, description=ABOUT, docs_url=None, redoc_url=None)
    served = Counter(bounds)
    for route in ROUTES.values():
        app.add_api_route(
            f"/{route.name}",
            _endpoint(route, store, bounds, served),
            methods=["POST"],
            summary=route.title,
            description=route.asked.__doc__,
            response_class=JSONResponse,
            responses=_responses(route),
            openapi_extra={"requestBody": {"required": True, "content": _content(route)}},
        )
    app.add_api_route("/models", _models, methods=["GET"], summary="The models of the catalog, and which are here")
    app.add_api_route("/health", _health, methods=["GET"], summary="Whether the server is well")
    app.add_api_route("/", _page(app), methods=["GET"], include_in_schema=False)
    app.add_exception_handler(AulaError, _refusal)
    app.openapi = partial(_openapi, app.openapi)  # type: ignore[method-assign]  # FastAPI's own way to add to it
    return app


# One request


def _endpoint(
    route: Route, store: Callable[[], ModelStore], bounds: Bounds, served: Counter
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        visitor = _visitor(request)
        served.require_room(visitor.address)
        with served.one(visitor.address):  # while it is read: bodies fill memory, too
            asked = await _in_time(asked_in(request, route.asked, bounds.body_bytes), bounds.body_seconds)
        _require_no_path(asked, visitor)
        ahead = served.total
        found = events(_begin(route, asked, store()), request.is_disconnected, bounds.seconds)
        told = _counted(found, served, visitor.address)
        if EVENTS in request.headers.get("accept", ""):
            return StreamingResponse(_written(told), media_type=EVENTS, headers={"X-Aula-Ahead": f"{ahead}"})
        return await _whole(told, ahead)

    return endpoint


async def _in_time(reading: Awaitable[Asked], seconds: float) -> Asked:
    try:
        return await asyncio.wait_for(reading, seconds)
    except TimeoutError:
        raise Refused(408, f"The request did not arrive within {seconds:.0f} seconds.") from None


def _visitor(request: Request) -> Visitor:
    peer = request.client.host if request.client else ""
    return let_in(peer, dict(request.headers))


def _require_no_path(asked: Asked, visitor: Visitor) -> None:
    """Other machines name models that are here, not folders: what is on this disk is none of their business."""
    named = [getattr(asked, "model", None), *getattr(asked, "tokenizer", ())]
    if not visitor.at_this_machine and any(name not in _known() for name in named if name is not None):
        raise Refused(403, "Other machines can choose the models of GET /models, and no folders.")


def _known() -> set[str]:
    local = {model.model_id for model in hub.list_local()}
    return {card.model_id for card in CATALOG} | local | {card.tokenizer_id for card in SHIPPED}


def _begin(route: Route, asked: Asked, store: ModelStore) -> Callable[[threading.Event, Callable[[Event], None]], None]:
    def begin(cancelled: threading.Event, tell: Callable[[Event], None]) -> None:
        work(route, asked, store, cancelled, tell)

    return begin


async def _counted(found: AsyncGenerator[Event, None], served: Counter, address: str) -> AsyncGenerator[Event, None]:
    """The same events, counted as being served until the last one, or until nobody listens any more."""
    with served.one(address):
        async with aclosing(found):  # which sets Stop at once
            async for event in found:
                yield event


async def _written(told: AsyncGenerator[Event, None]) -> AsyncGenerator[str, None]:
    """Events as a browser's EventSource reads them."""
    async with aclosing(told):
        async for event in told:
            yield f"event: {event.kind}\ndata: {json.dumps(event.data, ensure_ascii=False)}\n\n"


async def _whole(told: AsyncGenerator[Event, None], ahead: int) -> Response:
    """The result, with what was told on the way in headers; 207 where a part of it failed, 422 where all of it did."""
    headers = {"X-Aula-Ahead": f"{ahead}"}
    async for event in told:
        if event.kind == "model":
            headers |= {f"X-Aula-{name.capitalize()}": value for name, value in event.data.items()}
        elif event.kind == "waiting":
            headers["X-Aula-Ahead"] = f"{max(ahead, event.data['ahead'])}"
        elif event.kind == "done":
            return JSONResponse(event.data, status_of(event.data), headers)
        elif event.kind == "error":
            return JSONResponse({"error": event.data["error"]}, event.data["status"], headers)
    return Response(status_code=499)  # nobody reads it


async def _refusal(request: Request, error: Exception) -> Response:
    """What is wrong with a request before anything is computed."""
    if isinstance(error, Refused):
        headers = {"Retry-After": "5"} if error.status == 429 else {}
        headers |= {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        return JSONResponse({"error": str(error)}, error.status, headers)
    told = failure(error).data
    return JSONResponse({"error": told["error"]}, told["status"])


# What describes it


def _models(request: Request) -> list[dict[str, Any]]:
    """Ids, tasks, and whether their weights are on this machine."""
    _visitor(request)
    return [_described(card) for card in CATALOG]


def _described(card: ModelCard) -> dict[str, Any]:
    return {
        "model_id": card.model_id,
        "task": str(card.task),
        "here": hub.locate(card) is not None,
        "licence": card.licence,
        "languages": list(card.languages),
        "summary": card.summary,
    }


def _health() -> dict[str, str]:
    """For whoever watches over servers; without a token."""
    return {"status": "ok"}


def _page(app: FastAPI) -> Callable[[Request], Any]:
    def described(request: Request) -> HTMLResponse:
        _visitor(request)
        return HTMLResponse(page.written(app.openapi(), str(request.url.replace(query="")).rstrip("/?")))

    return described


def _openapi(written: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """FastAPI's document, in which the parts of a result stand once, where references look for them."""
    document = written()
    components = document.setdefault("components", {}).setdefault("schemas", {})
    for path in document["paths"].values():
        for response in path.get("post", {}).get("responses", {}).values():
            for content in response.get("content", {}).values():
                components |= content.get("schema", {}).pop("$defs", {})
    return document


def _content(route: Route) -> dict[str, Any]:
    schema = route.asked.model_json_schema()
    examples = {name: field.examples[0] for name, field in route.asked.model_fields.items() if field.examples}
    content: dict[str, Any] = {"application/json": {"schema": schema} | ({"example": examples} if examples else {})}
    if issubclass(route.asked, OfPictures):
        content["multipart/form-data"] = {"schema": _form_of(schema)}
    return content


def _form_of(schema: dict[str, Any]) -> dict[str, Any]:
    file = {"type": "string", "format": "binary"}
    return schema | {"properties": schema["properties"] | {"images": {"type": "array", "items": file}}}


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    schema = TypeAdapter(RESULTS[route.name]).json_schema(mode="serialization", ref_template=SCHEMAS)
    whole = {"application/json": {"schema": schema}, EVENTS: {"schema": {"type": "string"}}}
    wrong = {"application/json": {"schema": Error.model_json_schema()}}
    return {
        200: {"description": "The result.", "content": whole},
        207: {"description": "The result; a part of it could not be done, and says why.", "content": whole},
        401: {"description": "The token is missing or wrong.", "content": wrong},
        403: {"description": "Not for other machines, or not for this web page.", "content": wrong},
        404: {"description": "No such model, or one that is not on that machine.", "content": wrong},
        408: {"description": "It did not arrive in time.", "content": wrong},
        413: {"description": "Too large.", "content": wrong},
        422: {"description": "Something that was asked cannot be used; nothing could be done.", "content": wrong},
        429: {"description": "Too many requests at once.", "content": wrong},
        504: {"description": "It took too long.", "content": wrong},
    }

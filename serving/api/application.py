"""The API as a FastAPI application: a route for each task, the models that are there, health, and what describes it.

`POST /answer` and so on answer with the whole result as JSON, or, where the client accepts `text/event-stream`, with
events as they happen. A client that leaves stops the work.
"""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from models.catalog import CATALOG, ModelCard
from models.errors import AulaError
from models.weights import hub
from models.weights.tokenizers import SHIPPED
from serving.addresses import joined
from serving.api import page
from serving.api.door import USUAL, Bounds, Counter, Refused, Visitor, let_in
from serving.api.reading import asked_in
from serving.api.requests import Asked, OfPictures
from serving.api.results import RESULTS, Error
from serving.api.running import Event, events, failure, status_of, work
from serving.api.tasks import ROUTES, Route
from serving.model_store import ModelStore

EVENTS = "text/event-stream"
SECONDS_TO_READ = 10.0  # that a client has for the end of a stream
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
    for kind in (AulaError, HTTPException, Exception):
        app.add_exception_handler(kind, _refusal)
    app.openapi = partial(_openapi, app.openapi)  # type: ignore[method-assign]  # FastAPI's own way to add to it
    return app


# One request


def _endpoint(
    route: Route, store: Callable[[], ModelStore], bounds: Bounds, served: Counter
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        visitor = _visitor(request)
        served.require_room(visitor.address)
        try:
            with served.one(visitor.address):  # while it is read: bodies fill memory, too
                asked = await _in_time(asked_in(request, route.asked, bounds.body_bytes), bounds.body_seconds)
                if not visitor.at_this_machine:
                    await asyncio.to_thread(_require_no_path, asked)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody reads it
        ahead = served.total
        found = events(_begin(route, asked, store()), request.is_disconnected, bounds.seconds)
        told = _counted(found, served, visitor.address)
        if EVENTS in request.headers.get("accept", ""):
            return Stream(_written(told), bounds.seconds, ahead)
        return await _whole(told, ahead)

    return endpoint


async def _in_time(reading: Awaitable[Asked], seconds: float) -> Asked:
    try:
        return await asyncio.wait_for(reading, seconds)
    except TimeoutError:
        raise Refused(408, f"The request did not arrive within {seconds:.0f} seconds.") from None


def _visitor(request: Request) -> Visitor:
    peer = request.client.host if request.client else ""
    return let_in(peer, joined(request.scope["headers"]))


def _require_no_path(asked: Asked) -> None:
    """Other machines name models that are here, not folders: what is on this disk is none of their business."""
    named = {getattr(asked, "model", None), *getattr(asked, "tokenizer", ())} - {None}
    local = {model.model_id for model in hub.list_local()}
    if named - local - {card.model_id for card in CATALOG} - {card.tokenizer_id for card in SHIPPED}:
        raise Refused(403, "Other machines can choose the models of GET /models, and no folders.")


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


class Stream(StreamingResponse):
    """Events until the last one; to a client that does not read them, for no longer than the work may take."""

    def __init__(self, events: AsyncGenerator[str, None], seconds: float, ahead: int):
        super().__init__(events, media_type=EVENTS, headers={"X-Aula-Ahead": f"{ahead}"})
        self._seconds = seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it. The connection is closed where the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds + SECONDS_TO_READ):
                await super().__call__(scope, receive, send)


async def _written(told: AsyncGenerator[Event, None]) -> AsyncGenerator[str, None]:
    """Events as a browser's EventSource reads them."""
    async with aclosing(told):
        async for event in told:
            text = await asyncio.to_thread(_json, event.data)
            yield f"event: {event.kind}\ndata: {text}\n\n"


async def _whole(told: AsyncGenerator[Event, None], ahead: int) -> Response:
    """The result, with what was told on the way in headers; 207 where a part of it failed, 422 where all of it did."""
    headers = {"X-Aula-Ahead": f"{ahead}"}
    async for event in told:
        if event.kind == "model":
            headers |= {f"X-Aula-{name.capitalize()}": quote(value, safe="/:") for name, value in event.data.items()}
        elif event.kind == "waiting":
            headers["X-Aula-Ahead"] = f"{max(ahead, event.data['ahead'])}"
        elif event.kind == "done":
            return await _rendered(event.data, status_of(event.data), headers)
        elif event.kind == "error":
            return await _rendered({"error": event.data["error"]}, event.data["status"], headers)
    return Response(status_code=499)  # nobody reads it


async def _rendered(data: Any, status: int, headers: dict[str, str]) -> Response:
    text = await asyncio.to_thread(_json, data)  # of many tokens, it takes a while
    return Response(text.encode(errors="replace"), status, headers, "application/json")


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


async def _refusal(request: Request, error: Exception) -> Response:
    """What is wrong with a request before anything is computed."""
    if isinstance(error, Refused):
        headers = {"Retry-After": "5"} if error.status == 429 else {}
        headers |= {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        return JSONResponse({"error": str(error)}, error.status, headers)
    if isinstance(error, HTTPException):
        return JSONResponse({"error": f"{error.detail}. GET / shows what there is."}, error.status_code, error.headers)
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
    for name in RESULTS:
        components |= _schema(name)[1]
    return document


def _schema(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of a result, and of the parts that it refers to."""
    schema = TypeAdapter(RESULTS[name]).json_schema(mode="serialization", ref_template=SCHEMAS)
    return schema, schema.pop("$defs", {})


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
    schema, _ = _schema(route.name)
    whole = {"application/json": {"schema": schema}, EVENTS: {"schema": {"type": "string"}}}
    nothing = {"application/json": {"schema": {"anyOf": [Error.model_json_schema(), schema]}}}
    wrong = {"application/json": {"schema": Error.model_json_schema()}}
    return {
        200: {"description": "The result.", "content": whole},
        207: {"description": "The result; a part of it could not be done, and says why.", "content": whole},
        401: {"description": "The token is missing or wrong.", "content": wrong},
        403: {"description": "Not for other machines, or not for this web page.", "content": wrong},
        404: {"description": "No such model, or one that is not on that machine.", "content": wrong},
        408: {"description": "It did not arrive in time.", "content": wrong},
        413: {"description": "Too large.", "content": wrong},
        415: {"description": "Neither JSON nor, for pictures, a form.", "content": wrong},
        422: {"description": "Nothing could be done: a sentence, or one for each part.", "content": nothing},
        429: {"description": "Too many requests at once.", "content": wrong},
        503: {"description": "The cluster that holds the models is not there.", "content": wrong},
        504: {"description": "It took too long.", "content": wrong},
        507: {"description": "It does not fit into memory.", "content": wrong},
    }

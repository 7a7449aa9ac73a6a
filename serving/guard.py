"""The doorkeeper: what one visitor may ask of the server, so that thirty others get their answers.

Stands in front of Streamlit as ASGI middleware, and knows of it just the addresses of a session and of an upload. Who
keeps to the bounds is not noticed; who does not is slowed down first, and turned away only where waiting costs us too.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from serving.addresses import is_at_this_machine, joined, of_visitor

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

UPLOAD = "/_stcore/upload_file/"
INSIDE = "/_stcore/"  # and everything else that a page's own program asks for
TRY_AGAIN_LATER = 1013  # of a websocket
MOST_ADDRESSES = 1_000  # whose pace is remembered


@dataclass(frozen=True)
class Bounds:
    """What the server gives at most: in all, to one address and to one open page.

    A school's network may hide a whole class behind one address, so that it gets what a class needs. A message is a
    click, or a step of a slider; a large one counts as several.
    """

    sessions: int = 200
    sessions_of_one: int = 100
    clicks_a_second: float = 3.0
    clicks_at_once: float = 30.0
    clicks_a_second_of_one: float = 10.0
    clicks_at_once_of_one: float = 100.0
    bytes_of_a_click: int = 256_000
    uploads: int = 60
    uploads_of_one: int = 30
    upload_silence: float = 30.0  # seconds without a byte
    upload_seconds: float = 600.0
    uploaded_bytes: int = 4_000_000_000  # of all sessions, in memory


@dataclass
class Pace:
    """Clicks that may come now; they grow back with time, and below nothing they have to be waited for."""

    a_second: float
    at_once: float
    seen: float
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.at_once

    def wait(self, clicks: float, now: float) -> float:
        """Seconds until these clicks may be let through, which counts them."""
        self.left = min(self.at_once, self.left + (now - self.seen) * self.a_second) - clicks
        self.seen = now
        return max(0.0, -self.left / self.a_second)


class Guard:
    """Lets visitors through to `app` within `bounds`; `uploaded` says how many bytes of uploads are held now."""

    def __init__(
        self,
        app: Application,
        bounds: Bounds = Bounds(),
        uploaded: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ):
        self._app, self._bounds, self._uploaded = app, bounds, uploaded
        self._clock, self._sleep = clock, sleep
        self._sessions: Counter[str] = Counter()
        self._uploads: Counter[str] = Counter()
        self._paces: OrderedDict[str, Pace] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if is_at_this_machine(_peer(scope), _headers(scope)):  # whoever sits at this machine can do worse
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._session(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "PUT" and UPLOAD in scope["path"]:
            await self._upload(scope, receive, send)
        elif scope["type"] == "http" and self._is_full(_address(scope)) and _is_page(scope):
            await refuse(send, 503, "Too many pages of Aula are open now. Close one, or try again in a few minutes.")
        else:
            await self._app(scope, receive, send)

    def _is_full(self, address: str) -> bool:
        of_one = self._sessions[address] >= self._bounds.sessions_of_one
        return of_one or self._sessions.total() >= self._bounds.sessions

    async def _session(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = _address(scope)
        if self._is_full(address):
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
            return
        with counted(self._sessions, address):
            await self._app(scope, self._paced(receive, address), send)

    def _paced(self, receive: Receive, address: str) -> Receive:
        """`receive`, which holds what comes too fast back: the browser's own connection then fills, and waits."""
        bounds = self._bounds
        own = Pace(bounds.clicks_a_second, bounds.clicks_at_once, self._clock())

        async def paced() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                clicks = 1 + _size(message) / bounds.bytes_of_a_click
                now = self._clock()
                seconds = max(own.wait(clicks, now), self._pace(address).wait(clicks, now))
                if seconds > 0:
                    await self._sleep(seconds)
            return message

        return paced

    def _pace(self, address: str) -> Pace:
        """The pace of all pages of an address; who was not seen for longest is forgotten."""
        pace = self._paces.get(address)
        if pace is None:
            bounds = self._bounds
            pace = Pace(bounds.clicks_a_second_of_one, bounds.clicks_at_once_of_one, self._clock())
            self._paces[address] = pace
        self._paces.move_to_end(address)
        if len(self._paces) > MOST_ADDRESSES:
            self._paces.popitem(last=False)
        return pace

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        address, bounds = _address(scope), self._bounds
        if self._uploads[address] >= bounds.uploads_of_one or self._uploads.total() >= bounds.uploads:
            await refuse(send, 429, "Too many files are on their way. Try again when they have arrived.")
        elif self._uploaded() + _stated_length(scope) > bounds.uploaded_bytes:
            await refuse(send, 507, "The files of all open pages fill the memory. Close pages, then try again.")
        else:
            with counted(self._uploads, address):
                await self._app(scope, self._in_time(receive), send)

    def _in_time(self, receive: Receive) -> Receive:
        """`receive` of a body that has to arrive without long silences and to end: else its sender counts as gone."""
        until = self._clock() + self._bounds.upload_seconds

        async def in_time() -> Message:
            patience = min(self._bounds.upload_silence, until - self._clock())
            try:
                return await asyncio.wait_for(receive(), patience)
            except TimeoutError:
                return {"type": "http.disconnect"}

        return in_time


@contextmanager
def counted(counter: Counter[str], address: str) -> Iterator[None]:
    """One more of `address` meanwhile; addresses without any are not kept."""
    counter[address] += 1
    try:
        yield
    finally:
        counter[address] -= 1
        if not counter[address]:
            del counter[address]


async def refuse(send: Send, status: int, sentence: str) -> None:
    """Answer a request with a sentence in plain text."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"retry-after", b"60")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})


def _address(scope: Scope) -> str:
    return of_visitor(_peer(scope), _headers(scope))


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _headers(scope: Scope) -> dict[str, str]:
    return joined(scope.get("headers", ()))


def _is_page(scope: Scope) -> bool:
    """Whether a person asks for a page, not a page for its parts."""
    return "text/html" in _headers(scope).get("accept", "") and INSIDE not in scope["path"]


def _size(message: Message) -> int:
    return len(message.get("bytes") or message.get("text") or "")


def _stated_length(scope: Scope) -> int:
    stated = _headers(scope).get("content-length", "0")
    return int(stated) if stated.isdigit() else 0

"""The doorkeeper: who keeps to the bounds is not noticed, who does not is slowed down or turned away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from serving.guard import Bounds, Guard, Message, Pace, Receive, Scope, Send

BOUNDS = Bounds(sessions=3, sessions_of_one=2, uploads=2, uploads_of_one=1, uploaded_bytes=1_000)


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class Inside:
    """The application behind the door: holds each connection until it is let go."""

    def __init__(self) -> None:
        self.inside, self.go = 0, asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.inside += 1
        await self.go.wait()


def session(address: str = "10.0.0.1") -> Scope:
    return {"type": "websocket", "path": "/_stcore/stream", "client": (address, 1), "headers": []}


def upload(address: str = "10.0.0.1", length: bytes = b"10") -> Scope:
    headers = [(b"content-length", length)]
    path = "/_stcore/upload_file/a/b"
    return {"type": "http", "method": "PUT", "path": path, "client": (address, 1), "headers": headers}


def page(address: str = "10.0.0.9") -> Scope:
    headers = [(b"accept", b"text/html,application/xhtml+xml")]
    return {"type": "http", "method": "GET", "path": "/courses", "client": (address, 1), "headers": headers}


async def silent() -> Message:
    return {"type": "websocket.connect"}


async def knock(guard: Guard, scope: Scope) -> tuple[asyncio.Task[None], list[Message]]:
    """Begin a connection; its task, and what it was sent as soon as nothing more happens by itself."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    task = asyncio.create_task(guard(scope, silent, send))  # type: ignore[arg-type]
    for _ in range(5):
        await asyncio.sleep(0)
    return task, sent


def in_a_loop(test: Callable[[], Awaitable[Any]]) -> Callable[[], Any]:
    def run() -> Any:
        return asyncio.run(test())  # type: ignore[arg-type]

    run.__name__ = test.__name__
    return run


@in_a_loop
async def test_too_many_sessions_are_turned_away_and_the_place_of_one_that_leaves_is_free() -> None:
    inside = Inside()
    guard = Guard(inside, BOUNDS)
    first, _ = await knock(guard, session())
    await knock(guard, session())
    _, sent = await knock(guard, session())
    assert sent == [{"type": "websocket.close", "code": 1013}]
    _, other = await knock(guard, session("10.0.0.2"))
    assert other == []
    _, full = await knock(guard, session("10.0.0.3"))
    assert full == [{"type": "websocket.close", "code": 1013}]
    first.cancel()
    _, again = await knock(guard, session("10.0.0.3"))
    assert again == []
    assert inside.inside == 4


@in_a_loop
async def test_who_asks_for_a_page_of_a_full_server_reads_why_there_is_none() -> None:
    inside = Inside()
    guard = Guard(inside, Bounds(sessions=1))
    await knock(guard, session())
    _, sent = await knock(guard, page())
    assert sent[0]["status"] == 503
    assert b"Too many pages" in sent[1]["body"]
    _, part = await knock(guard, page() | {"path": "/_stcore/health"})
    assert part == []


@in_a_loop
async def test_a_flood_of_clicks_is_held_back_to_the_pace_and_a_person_is_not() -> None:
    clock, heard = Clock(), []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(100):
            await receive()
            heard.append(clock.now)

    async def click() -> Message:
        return {"type": "websocket.receive", "bytes": b""}

    guard = Guard(inside, Bounds(), clock=clock, sleep=clock.sleep)
    await guard(session(), click, click)  # type: ignore[arg-type]
    assert heard[29] == 0.0  # thirty at once
    assert heard[-1] == pytest.approx(70 / 3)  # the others three a second

    async def slow_click() -> Message:
        clock.now += 0.5
        return await click()

    before = clock.now
    await guard(session(), slow_click, click)  # type: ignore[arg-type]
    assert clock.now - before == pytest.approx(50)


@in_a_loop
async def test_all_pages_of_one_address_share_a_pace_and_another_address_has_its_own() -> None:
    clock = Clock()
    guard = Guard(Inside(), Bounds(clicks_at_once_of_one=2, clicks_a_second_of_one=1), clock=clock, sleep=clock.sleep)

    async def click() -> Message:
        return {"type": "websocket.receive", "text": ""}

    for expected in (0, 0, 1):
        await guard._paced(click, "10.0.0.1")()
        assert clock.now == expected
    await guard._paced(click, "10.0.0.2")()
    assert clock.now == 1


def test_a_large_message_counts_as_several_clicks() -> None:
    pace = Pace(1.0, 10.0, 0.0)
    assert pace.wait(10, 0.0) == 0
    assert pace.wait(4, 0.0) == 4
    assert pace.wait(1, 100.0) == 0  # ten again, not a hundred
    assert pace.left == 9


@in_a_loop
async def test_uploads_at_once_and_bytes_held_have_bounds() -> None:
    held = 0
    guard = Guard(Inside(), BOUNDS, uploaded=lambda: held)
    _, first = await knock(guard, upload())
    assert first == []
    _, second = await knock(guard, upload())
    assert second[0]["status"] == 429
    held = 995
    _, third = await knock(guard, upload("10.0.0.2"))
    assert third[0]["status"] == 507
    held = 990
    _, fourth = await knock(guard, upload("10.0.0.2"))
    assert fourth == []
    _, fifth = await knock(guard, upload("10.0.0.3"))
    assert fifth[0]["status"] == 429  # of all together


@in_a_loop
async def test_an_upload_that_falls_silent_counts_as_gone() -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    received: list[Message] = []

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())

    await Guard(inside, Bounds(upload_silence=0.01))(upload(), never, never)  # type: ignore[arg-type]
    assert received == [{"type": "http.disconnect"}]


@in_a_loop
async def test_an_upload_that_drips_has_to_end() -> None:
    clock = Clock()

    async def drop() -> Message:
        clock.now += 20.0
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "http.request":
            pass

    await Guard(inside, Bounds(), clock=clock)(upload(), drop, drop)  # type: ignore[arg-type]
    assert clock.now == 600


@in_a_loop
async def test_whoever_sits_at_this_machine_has_no_bounds() -> None:
    guard = Guard(Inside(), BOUNDS)
    for _ in range(5):
        _, sent = await knock(guard, session("127.0.0.1"))
        assert sent == []


def forwarded(scope: Scope, *addresses: str) -> Scope:
    """As a proxy on this machine hands it on."""
    return scope | {"client": ("127.0.0.1", 1), "headers": [(b"X-Forwarded-For", ", ".join(addresses).encode())]}


@in_a_loop
async def test_whoever_comes_through_a_proxy_on_this_machine_is_counted_by_the_address_that_it_saw() -> None:
    guard = Guard(Inside(), BOUNDS)
    for _ in range(2):
        assert (await knock(guard, forwarded(session(), "10.0.0.7")))[1] == []
    # What stands before the proxy's own word, the visitor may have made up.
    _, sent = await knock(guard, forwarded(session(), "127.0.0.1", "10.0.0.8", "10.0.0.7"))
    assert sent == [{"type": "websocket.close", "code": 1013}]
    assert (await knock(guard, forwarded(session(), "10.0.0.8")))[1] == []


@in_a_loop
async def test_a_server_for_strangers_only_has_bounds_for_its_own_machine_too() -> None:
    guard = Guard(Inside(), BOUNDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AULA_STRANGERS", "1")
        sent = [(await knock(guard, session("127.0.0.1")))[1] for _ in range(3)]
    assert sent == [[], [], [{"type": "websocket.close", "code": 1013}]]


@in_a_loop
async def test_what_is_no_connection_goes_through() -> None:
    inside = Inside()
    await knock(Guard(inside, BOUNDS), {"type": "lifespan"})
    assert inside.inside == 1

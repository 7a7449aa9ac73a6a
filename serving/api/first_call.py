"""The API for a server that may never be asked for it: the first request reads its libraries, not the start."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.model_store import ModelStore

Message = MutableMapping[str, Any]


class OnFirstCall:
    """An ASGI application that makes the API of `store` when it is first called."""

    def __init__(self, store: "Callable[[], ModelStore]"):
        self._store = store

    @cached_property
    def _application(self) -> Any:
        from serving.api.application import create

        return create(self._store)

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one connection."""
        await self._application(scope, receive, send)

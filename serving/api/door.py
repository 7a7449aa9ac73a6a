"""Who may use the API, and how much of it: programs on this machine, and whoever has the token that was given out."""

import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from models.errors import AulaError
from serving.addresses import is_at_this_machine, is_loopback, of_visitor
from serving.api import TOKEN


class Refused(AulaError):
    """A request that is not served; `status` is that of HTTP."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Bounds:
    """What is served at most: bytes of a request, seconds to send and to do it, requests at once in all and of one."""

    body_bytes: int = 50_000_000
    body_seconds: float = 120.0
    seconds: float = 600.0
    at_once: int = 64
    at_once_of_one: int = 32


USUAL = Bounds()


@dataclass(frozen=True)
class Visitor:
    """Who asks: the address that requests are counted for, and whether it is a program on this machine."""

    address: str
    at_this_machine: bool


def let_in(peer: str, headers: dict[str, str]) -> Visitor:
    """Who asks, if that one may; `headers` have names in lower case.

    A program on this machine needs no token. A web page that is open in a browser here is none: it says so by `Origin`,
    or, where a stranger's name was made to lead here, by `Host`.

    Raises:
        Refused: without the token, or from a web page of somebody else.
    """
    host, origin = headers.get("host", ""), headers.get("origin")
    if origin is not None and _host(origin, "{}") != _host(host):
        raise Refused(403, "A web page of another address may not use the API.")
    if is_at_this_machine(peer, headers) and is_loopback((_host(host) or ("", None))[0]):
        return Visitor(peer, at_this_machine=True)
    _require_token(headers.get("authorization", ""))
    return Visitor(of_visitor(peer, headers), at_this_machine=False)


def _host(address: str, form: str = "//{}") -> tuple[str, int | None] | None:
    """The name and the port of an address; None for what is none."""
    try:
        parts = urlsplit(form.format(address))
        return (parts.hostname, parts.port) if parts.hostname else None
    except ValueError:
        return None


def _require_token(authorization: str) -> None:
    token = os.environ.get(TOKEN, "")
    if not token:
        raise Refused(
            403, f"The API is off for other machines. Start Aula with {TOKEN} set to a secret, and send it as a token."
        )
    given = authorization.removeprefix("Bearer ")
    # Takes as long for a token that is nearly right as for any other.
    # A header's bytes are read as Latin-1, whatever they mean.
    if not hmac.compare_digest(given.encode("latin-1", "replace"), token.encode()):
        raise Refused(401, f"Send the token of {TOKEN}, as “Authorization: Bearer …”.")


class Counter:
    """How many requests are being served: not more than the bounds allow."""

    def __init__(self, bounds: Bounds):
        self._bounds = bounds
        self._of: dict[str, int] = {}

    @property
    def total(self) -> int:
        """Of everybody, now."""
        return sum(self._of.values())

    def require_room(self, address: str) -> None:
        """Raise Refused where one more of `address` would be too many."""
        if self.total >= self._bounds.at_once or self._of.get(address, 0) >= self._bounds.at_once_of_one:
            raise Refused(429, "Too many requests are being served. Try again in a few seconds.")

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """One more of `address` meanwhile."""
        self._of[address] = self._of.get(address, 0) + 1
        try:
            yield
        finally:
            self._of[address] -= 1
            if not self._of[address]:
                del self._of[address]

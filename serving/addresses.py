"""Whose an address is: the same question for who may reach the server and for who is looking at a page."""

import os
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address

# What a proxy adds to a request, in lower case. Its own address says nothing of who is behind it.
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
STRANGERS = "AULA_STRANGERS"  # set for a proxy on this machine that adds none of these


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; a server on all interfaces sees IPv4 written as IPv6."""
    if address == "localhost":
        return True
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as ASGI has them, by their names in lower case; those that stand there several times, as one list."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in found.items()}


def is_at_this_machine(address: str, headers: Iterable[str]) -> bool:
    """Whether a request comes from a person at this machine: from its own address, and through no proxy.

    `headers` are the names of the request's headers.
    """
    if os.environ.get(STRANGERS, "0") not in ("", "0"):
        return False
    return is_loopback(address) and not {name.lower() for name in headers} & {*FORWARDED}


def of_visitor(address: str, headers: Mapping[str, str]) -> str:
    """The address that a request is counted for: behind a proxy on this machine, the one that the proxy saw.

    That is the last in the list; what stands before it, anybody may have written. A proxy elsewhere is not believed.
    """
    seen = headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or headers.get("x-real-ip", "").strip()
    return seen if seen and is_loopback(address) else address

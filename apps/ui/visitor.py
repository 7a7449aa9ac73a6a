"""Who is looking: the person at this machine, or somebody from the network."""

from ipaddress import IPv6Address, ip_address

import streamlit as st

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def is_at_this_machine() -> bool:
    """Whether the browser runs on this machine. Others get no paths, no downloads and nothing to delete.

    A forwarded request came through a proxy, whose own address says nothing of who is behind it.
    """
    if any(name in st.context.headers for name in FORWARDED):
        return False
    return st.context.ip_address is None or is_loopback(st.context.ip_address)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; a server on all interfaces sees IPv4 written as IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback

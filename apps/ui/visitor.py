"""Who is looking: the person at this machine, or somebody from the network."""

import streamlit as st

from serving.addresses import is_loopback

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def is_at_this_machine() -> bool:
    """Whether the browser runs on this machine. Others get no paths, no downloads and nothing to delete.

    A forwarded request came through a proxy, whose own address says nothing of who is behind it.
    """
    if any(name in st.context.headers for name in FORWARDED):
        return False
    return st.context.ip_address is None or is_loopback(st.context.ip_address)

"""Who is looking: the person at this machine, or somebody from the network."""

import streamlit as st


def is_at_this_machine() -> bool:
    """Whether the browser runs on this machine. Others get no paths, no downloads and nothing to delete.

    A forwarded request came through a proxy, whose own address says nothing of who is behind it.
    """
    forwarded = any(name in st.context.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"))
    return st.context.ip_address is None and not forwarded

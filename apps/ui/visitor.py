"""Who is looking: the person at this machine, or somebody from the network."""

import streamlit as st

from serving import addresses


def is_at_this_machine() -> bool:
    """Whether the browser runs on this machine. Others get no paths, no downloads and nothing to delete."""
    # Streamlit gives no address for a browser on this machine.
    return addresses.is_at_this_machine(st.context.ip_address or "localhost", st.context.headers)

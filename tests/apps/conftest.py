"""Fixtures for the pages: each test gets a server's memory of its own."""

from collections.abc import Iterator

import pytest
import streamlit as st


@pytest.fixture(autouse=True)
def fresh_server_memory() -> Iterator[None]:
    """No model is left in memory from another test."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()

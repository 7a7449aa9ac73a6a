"""The pages as Streamlit wants them: made once for everybody, since each looks for its file through all its folders."""

from copy import copy
from functools import cache
from typing import Any

import streamlit as st

from apps.pages import PAGES


def navigation() -> dict[str, list[Any]]:
    """The pages under their headings, in the order of the table; the addresses are the pages' names.

    Copies, because Streamlit notes in a page whether it may be drawn just now.
    """
    return {section: [copy(page) for page in pages] for section, pages in _made_once().items()}


@cache
def _made_once() -> dict[str, list[Any]]:
    """The pages, to be copied. Made while a page is drawn: only then does Streamlit know where their files are."""
    sections = {"": [st.Page("home.py", title="Home", icon=":material/home:", default=True)]}
    for page in PAGES:
        entry = st.Page(page.file, title=page.title, icon=page.symbol, url_path=page.name)
        sections.setdefault(page.section, []).append(entry)
    return sections

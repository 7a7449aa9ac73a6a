"""What every demo tells about itself: how it works, and the wrapper's own source."""

from pathlib import Path
from types import MappingProxyType

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]


def how_it_works(text: str, sources: tuple[str, ...], links: dict[str, str] = MappingProxyType({})) -> None:
    """Plain sentences, links, and the files named in `sources` (relative to the root) to read."""
    st.divider()
    with st.expander("How it works", icon=":material/school:"):
        st.markdown(text)
        st.markdown(" · ".join(f"[{title}]({address})" for title, address in links.items()))
        for source, tab in zip(sources, st.tabs([f"`{source}`" for source in sources]), strict=True):
            tab.code((ROOT / source).read_text(encoding="utf-8"), language="python", line_numbers=True, height=420)

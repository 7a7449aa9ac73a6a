"""A small picture of what a page does, for Home; a page without one shows its icon large.

The browser gets the pictures as files (`server.enableStaticServing`, from `apps/static/`), and keeps them: no run of
Home opens one. `python -m apps.home_pictures` makes them.
"""

from functools import cache
from pathlib import Path

import streamlit as st

from apps.pages import Page

FOLDER = Path(__file__).resolve().parents[1] / "static" / "pages"
WIDTH, HEIGHT = 640, 400  # pixels
# The whole card is the link. In the dark, pictures taken in the light are dimmed.
STYLE = """<style>
.aula-picture { position: relative; aspect-ratio: 16 / 10; border-radius: 0.4rem; overflow: hidden;
  background: rgba(128, 128, 128, 0.1); display: flex; align-items: center; justify-content: center }
.aula-picture img { width: 100%; height: 100%; object-fit: cover; display: block }
.aula-picture::after { content: ""; position: absolute; inset: 0;
  background: light-dark(transparent, rgba(22, 25, 29, 0.3)) }
.aula-picture span { font-family: "Material Symbols Rounded"; font-feature-settings: "liga"; font-size: 4rem;
  line-height: 1; opacity: 0.55 }
[data-testid=stMain] [class*=st-key-card-] { position: relative }
[data-testid=stMain] [class*=st-key-card-] :is(.stElementContainer, .stPageLink) { position: static }
[data-testid=stMain] [class*=st-key-card-] [data-testid=stPageLink-NavLink]::after {
  content: ""; position: absolute; inset: -1rem; border-radius: 0.5rem }
[data-testid=stMain] [class*=st-key-card-]:hover .aula-picture { filter: brightness(1.04) }
</style>"""


@cache
def address_of(name: str) -> str | None:
    """Where the browser finds the picture of the page with this name, relative to Home; None where there is none."""
    return f"app/static/pages/{name}.webp" if (FOLDER / f"{name}.webp").is_file() else None


def show_picture(page: Page) -> None:
    """The page's picture, or its icon."""
    address = address_of(page.name)
    inside = (
        f'<img src="{address}" alt="" loading="lazy" width="{WIDTH}" height="{HEIGHT}">'
        if address is not None
        else f'<span aria-hidden="true">{page.icon}</span>'
    )
    st.html(f'<div class="aula-picture">{inside}</div>')

"""The corridor: the pages of `apps.pages` in the navigation. Start it with `streamlit run apps/launcher.py`."""

import sys
from pathlib import Path

# Streamlit puts this file's folder first on the path; the suite's packages live one above.
ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from apps import preload  # noqa: E402
from apps.course.beside import run_with_walkthrough  # noqa: E402
from apps.course.progress import is_open  # noqa: E402
from apps.navigation import navigation  # noqa: E402
from apps.ui.run import shared_store  # noqa: E402

ASSETS = Path(__file__).with_name("assets")
# Streamlit's own distance to the top is half a screen; its margins leave too little of a projector's picture, where
# links and buttons would be cut off.
STYLE = """<style>
[data-testid=stMainBlockContainer] { padding-top: 3.5rem }
@media (max-width: 1150px) { [data-testid=stMainBlockContainer] { padding-left: 2rem; padding-right: 2rem } }
[data-testid=stPageLink] p { white-space: normal }
</style>"""

st.set_page_config(
    page_title="Aula",
    page_icon=str(ASSETS / "icon.svg"),
    layout="wide",
    initial_sidebar_state="collapsed" if is_open() else "auto",
)
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
st.html(STYLE)
chosen = st.navigation(navigation())
run_with_walkthrough(chosen.url_path, chosen.run)
preload.begin(shared_store)

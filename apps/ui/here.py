"""Which page is being drawn."""

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.util import calc_hash

from apps.pages import PAGES, Page

# Streamlit knows a page by the hash of its address, which is its name.
_BY_HASH = {calc_hash(page.name): page for page in PAGES}


def page_here() -> Page | None:
    """The row of the page that this script draws; None on Home, and where nothing is drawn."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else _BY_HASH.get(context.page_script_hash)

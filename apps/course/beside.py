"""A page with its walkthrough beside it, where one is open, or with the button that opens it."""

from collections.abc import Callable

import streamlit as st

from apps.course.progress import is_open
from apps.pages import PAGES

# The walkthrough stays in sight while the page beside it is scrolled, and of it the buttons while its text is; on a
# telephone it stands beneath the page. The button that opens it stands beside the title, in no line of its own.
STYLE = """<style>
[data-testid=stLayoutWrapper]:has(> .st-key-course-offer) { height: 0; margin-bottom: -1rem; z-index: 1 }
@media (min-width: 641px) {
  [data-testid=stMainBlockContainer]:has(.st-key-course-panel) { padding-left: 2.5rem; padding-right: 2rem }
  [data-testid=stHorizontalBlock]:has(.st-key-course-panel) { flex-wrap: nowrap }
  [data-testid=stHorizontalBlock]:has(.st-key-course-panel) > :first-child { flex: 1 1 0; min-width: 0 }
  [data-testid=stColumn]:has(.st-key-course-panel) {
    position: sticky; top: 4rem; align-self: flex-start; flex: 0 0 22rem; min-width: 0;
  }
  [class*=st-key-course-text] { max-height: calc(100vh - 17.5rem); overflow-y: auto; padding-right: 0.25rem }
}
</style>"""
NAMES = frozenset(page.name for page in PAGES)


def run_with_walkthrough(name: str, run: Callable[[], None]) -> None:
    """Draw the page of this name with `run`; a page without a walkthrough, as if there were none anywhere."""
    from apps.course.folders import walkthrough_of
    from apps.ui.language import language

    if name not in NAMES or walkthrough_of(name, language()) is None:
        run()
    elif is_open():
        _run_beside(name, run)
    else:
        _offer()
        run()


def _offer() -> None:
    from apps.course.panel import offer_panel

    st.html(STYLE)
    with st.container(key="course-offer"):
        offer_panel()


def _run_beside(name: str, run: Callable[[], None]) -> None:
    from apps.course import quiz
    from apps.course.panel import show_panel
    from apps.course.setting import run_page

    st.html(STYLE)
    left, right = st.columns([5, 2], gap="medium")  # the style gives the second a width of its own
    with right.container(border=True, key="course-panel"):
        show_panel(name)
    with left:
        run_page(name, run)
    if quiz.results_have_changed():
        st.rerun()

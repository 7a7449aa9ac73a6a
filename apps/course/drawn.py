"""Which widgets a page has drawn. Here and in apps/ui/background.py we look behind what Streamlit makes public."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

OF_THE_COURSE = "course-"


def drawn_keys() -> frozenset[str]:
    """The keys of the widgets that this run of the script has drawn so far, the course's own left out."""
    context = get_script_run_ctx()
    if context is None:
        return frozenset()
    drawn = context.shared.widget_user_keys_this_run
    keys = (str(key) for key in st.session_state if key in drawn)
    return frozenset(key for key in keys if not key.startswith(OF_THE_COURSE))

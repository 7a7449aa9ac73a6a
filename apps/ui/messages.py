"""Errors as sentences: what a wrapper says to the user is shown, and anything else never as a traceback."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from apps.ui.markdown import message
from models.errors import Cancelled, sentence_for


def sentence(error: Exception) -> str:
    """What to tell the user about `error`."""
    known = sentence_for(error)
    if known is not None:
        return known
    logging.getLogger("aula").exception("An unforeseen error", exc_info=error)
    return (
        f"Something unforeseen happened ({type(error).__name__}). The terminal in which Aula runs shows the details; "
        "please report them with what `python aula.py about` prints."
    )


def show_failures(sentences: Mapping[str, str | None]) -> None:
    """Why there are no figures for a precision, by its name; None where there are."""
    for precision, reason in sentences.items():
        if reason is not None:
            st.warning(f"**{precision}**: {message(reason)}", icon=":material/warning:")


@contextmanager
def shown() -> Iterator[None]:
    """Show what goes wrong inside the block as a message on the page."""
    try:
        yield
    except Cancelled as stopped:
        st.info(message(str(stopped)))
    except Exception as error:
        st.error(message(sentence(error)))

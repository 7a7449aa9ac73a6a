"""A typed number as each format stores it: its bits, the value that is left, and how far apart its neighbours are."""

import streamlit as st

from apps.laboratory.number_formats.results import show_report
from apps.laboratory.number_formats.words import EXAMPLES, EXPLANATION, LINKS, SOURCES
from apps.ui.examples import choose_example
from apps.ui.explain import how_it_works
from apps.ui.markdown import message
from models.errors import InvalidInput
from quantization.see.number_report import DEFAULTS, CodeSettings, report_number

NAME = "number"
SATURATE_HELP = """What becomes of a number that is too large: infinity (NaN in E4M3, which has no infinity), or, with a
saturating conversion, the largest number of the format."""


def choose_number() -> str:
    """The examples, the field, and what the chosen example shows."""
    choose_example(NAME, {text: {NAME: text} for text in EXAMPLES})
    field, saturate = st.columns([3, 2], vertical_alignment="bottom")
    text = field.text_input("Number", key=NAME, placeholder="0.1, 1e-8, 1/3, -0, inf, nan", persist_state="session")
    saturate.toggle("Saturate what is too large", key="saturate", help=SATURATE_HELP, persist_state="session")
    if text in EXAMPLES:
        st.caption(f":material/lightbulb: {EXAMPLES[text]}")
    return text


def current_settings() -> CodeSettings:
    """What the sliders further down stand at; they are drawn beside what they change."""
    return CodeSettings(
        scale=st.session_state.setdefault("scale", DEFAULTS.scale),
        zero_point=st.session_state.setdefault("zero-point", DEFAULTS.zero_point),
        absmax=st.session_state.setdefault("absmax", DEFAULTS.absmax),
        saturating=st.session_state.get("saturate", False),
    )


st.title("Number formats")
st.markdown("Type a number, and see the bits that each format stores for it, and what is left of it.")
typed = choose_number()
try:
    report = report_number(typed, current_settings())
except InvalidInput as error:
    st.warning(message(str(error)), icon=":material/edit_note:")
else:
    show_report(report)
how_it_works(EXPLANATION, SOURCES, LINKS)

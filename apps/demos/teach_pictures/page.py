"""Teach a model to tell things apart by showing them: pictures, what of the model learns, the training, the result."""

import streamlit as st

from apps.demos.teach_pictures.data import data_step
from apps.demos.teach_pictures.model import model_step
from apps.demos.teach_pictures.results import show_result
from apps.demos.teach_pictures.steps import PICTURE_PAGE
from apps.demos.teach_pictures.words import EXPLANATION, LINKS, SOURCES
from apps.ui import messages
from apps.ui.explain import how_it_works
from apps.ui.training.flow import show_steps

st.title("Teach it by showing")
st.markdown("Show a model some pictures of each thing, and it learns to tell them apart: on this machine, offline.")
with messages.shown():
    show_steps(PICTURE_PAGE, data_step, model_step, show_result)
how_it_works(EXPLANATION, SOURCES, LINKS)

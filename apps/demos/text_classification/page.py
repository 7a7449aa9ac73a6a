"""Texts sorted by labels: a model's own, several models beside each other, labels that are typed, labels of a file."""

import streamlit as st

from apps.demos.text_classification.classify import show_classify
from apps.demos.text_classification.compare import show_compare
from apps.demos.text_classification.gold import show_gold
from apps.demos.text_classification.own_labels import show_own_labels
from apps.demos.text_classification.words import EXPLANATIONS, LINKS, SOURCES
from apps.ui.explain import how_it_works

CLASSIFY, COMPARE, OWN, GOLD = "Classify", "Compare models", "Your own labels", "Against gold labels"
VIEWS = (CLASSIFY, COMPARE, OWN, GOLD)

st.title("Text classification")
st.markdown("Give the model texts. It says how likely each of its labels is, and which words made it think so.")
view = st.segmented_control(
    "View", VIEWS, default=CLASSIFY, required=True, key="classification-view", label_visibility="collapsed",
    persist_state="session",
)  # fmt: skip
if view == CLASSIFY:
    show_classify()
elif view == COMPARE:
    show_compare()
elif view == OWN:
    show_own_labels()
else:
    show_gold()
how_it_works(EXPLANATIONS[view], SOURCES[view], LINKS[view])

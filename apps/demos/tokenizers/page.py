"""How texts become tokens: several tokenizers side by side, in several languages, in batches; and one of your own."""

import streamlit as st

from apps.demos.tokenizers.batches import show_batches
from apps.demos.tokenizers.choice import choose_tokenizers
from apps.demos.tokenizers.compare import show_compare
from apps.demos.tokenizers.growing import show_growing
from apps.demos.tokenizers.languages import show_languages
from apps.demos.tokenizers.making import show_making
from apps.demos.tokenizers.words import EXPLANATION, LINKS, SOURCES
from apps.ui.explain import how_it_works

COMPARE, LANGUAGES, BATCHES, GROW, TRAIN = "Compare", "Languages", "Padding and masks", "New tokens", "Train your own"
VIEWS = (COMPARE, LANGUAGES, BATCHES, GROW, TRAIN)

st.title("Tokenizers")
st.markdown("A model reads numbers. See how each tokenizer cuts your text into them, and what that costs.")
view = st.segmented_control(
    "View", VIEWS, default=COMPARE, required=True, key="tokenizers-view", label_visibility="collapsed",
    persist_state="session",
)  # fmt: skip
if view == COMPARE:
    show_compare(choose_tokenizers())
elif view == LANGUAGES:
    show_languages(choose_tokenizers())
elif view == BATCHES:
    show_batches()
elif view == GROW:
    show_growing()
else:
    show_making()
how_it_works(EXPLANATION, SOURCES, LINKS)

"""The corridor: which pages there are, in which order. Start it with `streamlit run apps/launcher.py`."""

import sys
from pathlib import Path

# Streamlit puts this file's folder first on the path; the suite's packages live one above.
ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

ASSETS = Path(__file__).with_name("assets")
# Streamlit's own distance to the top is half a screen; its margins leave too little of a projector's picture, where
# links and buttons would be cut off.
STYLE = """<style>
[data-testid=stMainBlockContainer] { padding-top: 3.5rem }
@media (max-width: 1150px) { [data-testid=stMainBlockContainer] { padding-left: 2rem; padding-right: 2rem } }
[data-testid=stPageLink] p { white-space: normal }
</style>"""

PAGES = {
    "": [st.Page("home.py", title="Home", icon=":material/home:", default=True)],
    "Language": [
        st.Page("question_answering.py", title="Question answering", icon=":material/quiz:"),
        st.Page("translate_summarize.py", title="Translate and summarize", icon=":material/translate:"),
        st.Page("text_classification.py", title="Text classification", icon=":material/label:"),
    ],
    "Pictures": [st.Page("object_detection.py", title="Object detection", icon=":material/image_search:")],
    "Training": [
        st.Page("transfer_learning.py", title="Transfer learning", icon=":material/model_training:"),
    ],
    "Quantization": [
        st.Page("model_memory.py", title="Model memory", icon=":material/memory:"),
        st.Page("number_formats.py", title="Number formats", icon=":material/pin:"),
        st.Page("tensor_quantization.py", title="Quantize a layer", icon=":material/grid_on:"),
        st.Page("gpt2_quantization.py", title="GPT-2 quantization", icon=":material/compress:"),
        st.Page("layer_sensitivity.py", title="Which layer hurts", icon=":material/healing:"),
        st.Page("task_quality.py", title="Quality and speed", icon=":material/balance:"),
        st.Page("memory_freed.py", title="Memory freed", icon=":material/recycling:"),
    ],
}

st.set_page_config(page_title="Aula", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
st.html(STYLE)
st.navigation(PAGES).run()

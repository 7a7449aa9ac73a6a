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
        st.Page(
            "demos/question_answering/page.py",
            title="Question answering",
            icon=":material/quiz:",
            url_path="question_answering",
        ),
        st.Page(
            "demos/translate_summarize/page.py",
            title="Translate and summarize",
            icon=":material/translate:",
            url_path="translate_summarize",
        ),
        st.Page(
            "demos/text_classification/page.py",
            title="Text classification",
            icon=":material/label:",
            url_path="text_classification",
        ),
    ],
    "Pictures": [
        st.Page(
            "demos/object_detection/page.py",
            title="Object detection",
            icon=":material/image_search:",
            url_path="object_detection",
        )
    ],
    "Training": [
        st.Page(
            "demos/transfer_learning/page.py",
            title="Transfer learning",
            icon=":material/model_training:",
            url_path="transfer_learning",
        ),
    ],
    "Quantization": [
        st.Page(
            "laboratory/model_memory/page.py", title="Model memory", icon=":material/memory:", url_path="model_memory"
        ),
        st.Page(
            "laboratory/number_formats/page.py",
            title="Number formats",
            icon=":material/pin:",
            url_path="number_formats",
        ),
        st.Page(
            "laboratory/tensor_quantization/page.py",
            title="Quantize a layer",
            icon=":material/grid_on:",
            url_path="tensor_quantization",
        ),
        st.Page(
            "laboratory/gpt2_quantization/page.py",
            title="GPT-2 quantization",
            icon=":material/compress:",
            url_path="gpt2_quantization",
        ),
        st.Page(
            "laboratory/layer_sensitivity/page.py",
            title="Which layer hurts",
            icon=":material/healing:",
            url_path="layer_sensitivity",
        ),
        st.Page(
            "laboratory/task_quality/page.py",
            title="Quality and speed",
            icon=":material/balance:",
            url_path="task_quality",
        ),
        st.Page(
            "laboratory/memory_freed/page.py",
            title="Memory freed",
            icon=":material/recycling:",
            url_path="memory_freed",
        ),
    ],
}

st.set_page_config(page_title="Aula", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
st.html(STYLE)
st.navigation(PAGES).run()

"""The corridor: which pages there are, in which order. Start it with `streamlit run apps/launcher.py`."""

import sys
from pathlib import Path

# Streamlit puts this file's folder first on the path; the suite's packages live one above.
ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

ASSETS = Path(__file__).with_name("assets")

PAGES = {
    "": [st.Page("home.py", title="Home", icon=":material/home:", default=True)],
    "Language": [
        st.Page("question_answering.py", title="Question answering", icon=":material/quiz:"),
        st.Page("translate_summarize.py", title="Translate and summarize", icon=":material/translate:"),
    ],
    "Pictures": [st.Page("object_detection.py", title="Object detection", icon=":material/image_search:")],
    "Laboratory": [st.Page("gpt2_quantization.py", title="GPT-2 quantization", icon=":material/compress:")],
}

st.set_page_config(page_title="Aula", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "icon.svg"))
st.html("<style>[data-testid=stMainBlockContainer] { padding-top: 3.5rem }</style>")  # the default is half a screen
st.navigation(PAGES).run()

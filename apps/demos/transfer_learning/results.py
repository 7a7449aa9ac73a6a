"""What came of a training, on the page: figures beside baselines, mistakes, a text to try, a name to keep it under."""

import json
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from apps.demos.transfer_learning.steps import TEXT_PAGE
from apps.pages import page_named
from apps.ui import messages
from apps.ui.downloads import show_download
from apps.ui.markdown import escape
from apps.ui.run import Work, forget_outcome, last_outcome, run_with_model, show_end
from apps.ui.training import charts
from apps.ui.training.figures import show_figures, two_places
from apps.ui.training.keeping import show_keeping
from models.catalog import Task
from models.text.segmentation import require_text
from serving.loading import ModelKey
from training.job_folders import Job

if TYPE_CHECKING:
    from models.text_classification import Classification, TextClassifier

NAME = "transfer-try"
MOST_CHARACTERS = 2_000


def show_result(job: Job, to_try: str) -> None:
    """Everything about a training that ended with a model; `to_try` is a text to begin with."""
    result = job.result()
    figures, matrix = two_places()
    with figures:
        show_figures(TEXT_PAGE, result, baselines(result))
    matrix.altair_chart(charts.confusion_chart(result["labels"], result["confusion"]), key="transfer-matrix")
    _show_mistakes(result)
    trial, keeping = two_places()
    with trial:
        _show_trial(job, to_try)
    with keeping:
        show_keeping(TEXT_PAGE, job, page_named("text_classification"), "my-reviews", "texts are classified")
        _show_downloads(job, result)


def baselines(result: Mapping[str, Any]) -> dict[str, float]:
    """The accuracy of what needs no training, 0 to 1."""
    return {"untrained head": result["untrained_accuracy"], "always the most frequent": result["majority_accuracy"]}


def _show_mistakes(result: Mapping[str, Any]) -> None:
    st.markdown("**The worst mistakes**: wrong, and sure of it")
    if not result["mistakes"]:
        st.caption("None: every test row got its label. More test rows would be harder to please.")
        return
    st.dataframe(
        mistakes_table(result),
        hide_index=True,
        height=min(charts.HEIGHT, 38 + 35 * len(result["mistakes"])),
        key="transfer-mistakes",
        column_config={
            "sure": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f", width="small"),
            "text": st.column_config.TextColumn(width="large"),
            "it is": st.column_config.TextColumn(width="small"),
            "it said": st.column_config.TextColumn(width="small"),
        },
    )


def mistakes_table(result: Mapping[str, Any]) -> pd.DataFrame:
    """The label, what the model said, how sure it was (0 to 1), and the text."""
    rows = [(one["label"], one["predicted"], one["probability"], one["text"]) for one in result["mistakes"]]
    return pd.DataFrame(rows, columns=["it is", "it said", "sure", "text"])


# Trying it


def _show_trial(job: Job, to_try: str) -> None:
    st.markdown("#### Try it")
    text = st.text_area("A text of your own", to_try, height=90, key=f"{NAME}-text-{job.name}", persist_state="session")
    if st.button("Classify", icon=":material/label:"):
        forget_outcome(NAME)
        with messages.shown():
            require_text(text, MOST_CHARACTERS)
            key = ModelKey(Task.TEXT_CLASSIFICATION, str(job.model_folder), "cpu")
            run_with_model(NAME, key, _classify(text), (job.name, text))
    outcome = last_outcome(NAME)
    if outcome is not None and outcome.request == (job.name, text):  # what was said of another text is not shown
        for classification in outcome.items:
            st.markdown(f":blue-background[**{escape(classification.label)}**] &nbsp; {classification.score:.0%}")
            st.altair_chart(charts.scores_chart(classification.scores), key="transfer-scores")
        show_end(outcome)


def _classify(text: str) -> Work:
    def work(model: "TextClassifier", cancelled: threading.Event) -> Iterator["Classification"]:
        return model.classify_each([text], cancelled)

    return work


def _show_downloads(job: Job, result: Mapping[str, Any]) -> None:
    card = job.model_folder / "README.md"
    with st.container(horizontal=True):
        if card.is_file():
            show_download("Model card", card.read_text(encoding="utf-8"), "README.md", "text/markdown")
        as_json = json.dumps(result, indent=1, ensure_ascii=False)
        show_download("Result as JSON", as_json, "result.json", "application/json")

"""A trained model is tried at once, on uploads or on what the camera sees, as long as it looks."""

import threading
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from apps.demos.teach_pictures.browser_parts import show_live_camera
from apps.demos.teach_pictures.steps import KEPT, PICTURE_PAGE
from apps.demos.teach_pictures.thumbnails import small_square
from apps.ui import messages
from apps.ui.markdown import escape, message
from apps.ui.run import Work, forget_outcome, last_outcome, run_with_model, shared_store, show_end
from apps.ui.training import charts
from apps.words.known_labels import known_text
from models.catalog import Task
from models.errors import UnreadableImage
from models.pictures.images import open_image
from models.pictures.limits import MOST_MEGABYTES
from serving.loading import ModelKey
from training.job_folders import Job

if TYPE_CHECKING:
    from PIL import Image

    from models.image_classification import Classification, ImageClassifier

NAME = "teach-try"
UPLOAD, CAMERA = "Upload", "Camera"
MOST_UPLOADS = 8
TOP = 5
MOST_LIVE = 8  # labels with a bar each
_SEEN = "teach-seen"  # what the camera saw last: training, number, and what the model makes of it


def show_trial(job: Job) -> None:
    """Pictures that the model has never seen, and what it makes of them."""
    st.markdown("#### Try it")
    source = st.segmented_control(
        "From", [UPLOAD, CAMERA], default=UPLOAD, required=True, key=f"{NAME}-source", label_visibility="collapsed",
        **KEPT,
    )  # fmt: skip
    st.caption(f":material/lightbulb: {escape(known_text(job.result()['labels']))}")
    if source == CAMERA:
        _show_live(job)
    else:
        _show_upload(job)


def _key(job: Job) -> ModelKey:
    return ModelKey(Task.IMAGE_CLASSIFICATION, str(job.model_folder), "cpu")


# Uploads


def _show_upload(job: Job) -> None:
    files = st.file_uploader(
        f"Pictures, at most {MOST_UPLOADS}",
        accept_multiple_files=True,
        key=f"{NAME}-upload-{job.name}",
        max_upload_size=MOST_MEGABYTES,
    )
    if len(files) > MOST_UPLOADS:
        st.warning(
            f"{len(files)} files were chosen, and the first {MOST_UPLOADS} are taken. Send the others after them."
        )
    if st.button("Classify", icon=":material/label:", disabled=not files):
        forget_outcome(NAME)
        run_with_model(NAME, _key(job), _classify(files[:MOST_UPLOADS]), job.name)
    outcome = last_outcome(NAME)
    if outcome is not None and outcome.request == job.name:
        for small, classification, error in outcome.items:
            _show_one(small, classification, error)
        show_end(outcome)


def _classify(files: list) -> Work:
    """What the model makes of each file; one that cannot be read does not stop the others."""

    def work(
        model: "ImageClassifier", cancelled: threading.Event
    ) -> Iterator[tuple[bytes | None, "Classification | None", str | None]]:
        for file in files:
            try:
                image = open_image(file)
                yield small_square(image, 224), model.classify([image], TOP, cancelled)[0], None
            except UnreadableImage as error:
                yield None, None, str(error)

    return work


def _show_one(small: bytes | None, classification: "Classification | None", error: str | None) -> None:
    if error is not None or classification is None or small is None:
        st.warning(message(error or ""), icon=":material/broken_image:")
        return
    picture, bars = st.columns([1, 3], vertical_alignment="center")
    picture.image(small, width="stretch")
    with bars:
        _show_bars(classification)


def _show_bars(classification: "Classification") -> None:
    st.markdown(f":blue-background[**{escape(classification.label)}**] &nbsp; {classification.score:.0%}")
    st.altair_chart(charts.scores_chart({one.label: one.score for one in classification.top}))
    if classification.remark:
        st.caption(f":material/contrast: {message(classification.remark)}")


# The camera


@st.fragment
def _show_live(job: Job) -> None:
    """The camera, and beside it what the model makes of what it sees now; drawn again with each picture."""
    name, number, classification = st.session_state.get(_SEEN, (None, 0, None))
    with st.container(horizontal=True, gap="large"), messages.shown():
        left, right = st.columns([2, 3])
        with left:
            show_live_camera(PICTURE_PAGE.key("live"), number, lambda shots: _see(job, shots))
        with right:
            if classification is not None and name == job.name:
                _show_live_bars(classification)
            else:
                st.caption("Allow the camera, and show it something. The first look takes a moment.")


def _show_live_bars(classification: "Classification") -> None:
    """A bar for each label, always in the same order, so that they move and do not jump; of many, the best five."""
    shown = classification.top
    if len(classification.labels) <= MOST_LIVE:
        shown = tuple(classification[number] for number in range(len(classification.labels)))
    for one in shown:
        st.progress(one.score, text=f"{escape(one.label)} · {one.score:.0%}")


def _see(job: Job, shots: list[bytes]) -> None:
    """Classify what the camera sent, before the page is drawn again."""
    _, number, _ = st.session_state.get(_SEEN, (None, 0, None))
    seen = None
    with messages.shown():
        if shots:
            seen = _seen(job, open_image(BytesIO(shots[0])))
    st.session_state[_SEEN] = (job.name, number + 1, seen)


def _seen(job: Job, image: "Image.Image") -> "Classification":
    with shared_store().use(_key(job), threading.Event(), lambda ahead: None, lambda step: None) as model:
        classification: Classification = model.classify([image], TOP)[0]
        return classification

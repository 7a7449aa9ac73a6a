"""The pictures of a training on the page: where they come from, what is in them, and how they are divided."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.datasets.hub_choice import choose_rows
from apps.demos.datasets.results import show_pictures
from apps.demos.datasets.work import OnStep, worked_out
from apps.demos.teach_pictures.classes import collected, show_classes
from apps.demos.teach_pictures.steps import KEPT, PICTURE_PAGE
from apps.demos.teach_pictures.words import SAMPLE as ABOUT_SAMPLE
from apps.ui import messages, visitor
from apps.ui.markdown import escape, message
from apps.ui.training.steps import DATA, MODEL
from apps.words.amounts import count_text
from models.errors import InvalidInput
from models.wording import size_text
from training.exploration.steps import Steps
from training.pictures.archives import MOST_BYTES
from training.pictures.data import PictureData, require_trainable
from training.pictures.reading import SAMPLE, read_archive, read_pictures

if TYPE_CHECKING:
    from training.exploration.pictures import PictureReport

IN_THE_SUITE, BY_HAND, ZIP = "Sample", "My own classes", "ZIP"
FOLDER, HUB, SENT = "Folder", "Hugging Face hub", "Sent here"
_SOURCE, _ZIP, _SENT = "teach-source", "teach-zip", "teach-sent"
_Read = Callable[[Callable[[int, int], None]], PictureData]


@dataclass(frozen=True)
class Given:
    """Pictures, or how they are read; `key` tells them from all others."""

    key: tuple[Any, ...]
    data: PictureData | None = None
    read: _Read | None = None


def choose_data() -> tuple[tuple[Any, ...], PictureData] | None:
    """Draw the choosers; the pictures with their key, or None where there are none. Raises InvalidInput."""
    own = [FOLDER, HUB] if visitor.is_at_this_machine() else []
    sent = [SENT] if _SENT in st.session_state else []
    options = [IN_THE_SUITE, BY_HAND, ZIP, *own, *sent]
    if st.session_state.get(_SOURCE) not in options:  # not as a default: another page may have chosen
        st.session_state[_SOURCE] = options[0]
    source = st.segmented_control("Pictures", options, required=True, key=_SOURCE, wrap=True, **KEPT)
    given = _CHOOSERS[source]()
    if given is None:
        return None
    data, read = given.data, given.read
    if data is None and read is not None:
        data = worked_out("teach-read", given.key, lambda cancelled, tell: _opened(read, cancelled, tell), "Read again")
        if data is not None and source == ZIP:
            st.session_state[_ZIP] = (*st.session_state[_ZIP][:2], data)  # what was in it, instead of the file
    return None if data is None else (given.key, data)


def _opened(read: _Read, cancelled: threading.Event, tell: OnStep) -> PictureData:
    steps = Steps(tell, cancelled)
    return read(lambda done, total: steps.tell(f"Opening pictures: {done:,} of {total:,}", done / total))


def _sample() -> Given:
    st.caption(ABOUT_SAMPLE)
    return Given(("sample",), sample())


@st.cache_resource(show_spinner=False)
def sample() -> PictureData:
    """The pictures that come with the suite."""
    return read_pictures(SAMPLE)


def _by_hand() -> Given | None:
    data = collected(show_classes())
    if not data.pictures:
        return None
    key = tuple((picture.name, picture.label, picture.digest) for picture in data.pictures)
    return Given(("by hand", hash((key, data.remarks, data.left_out))), data)


def _zip() -> Given | None:
    """A ZIP file of this visitor; what is in it is kept in the session, because the field forgets it."""
    most = min(MOST_BYTES, 1_000_000 * int(st.get_option("server.maxUploadSize")))  # the server takes no larger file
    shown = st.file_uploader(
        f"A ZIP with a folder for each class, at most {size_text(most)}",
        type=["zip"],
        key="teach-zip-file",
        on_change=_keep_zip,
        max_upload_size=most // 1_000_000,
        help="mug/1.jpg, mug/2.jpg, pen/1.jpg … A folder around all of it does no harm. Folders “train”, “validation” "
        "and “test” above those of the classes are the parts.",
    )
    kept = st.session_state.get(_ZIP)
    if kept is None:
        st.caption("The file goes to the machine that Aula runs on, and nowhere else.")
        return None
    name, key, content = kept
    if shown is None:
        st.caption(f":material/folder_zip: {escape(name)}")
    if isinstance(content, PictureData):
        return Given((key,), content)
    return Given((key,), read=lambda on_step: read_archive(content, name, on_step=on_step))


def _keep_zip() -> None:
    file = st.session_state["teach-zip-file"]
    if file is None:
        st.session_state.pop(_ZIP, None)
    else:
        keep_zip(file.name, file.getvalue())


def keep_zip(name: str, content: bytes) -> None:
    """Remember the ZIP file that was uploaded until it is read."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    st.session_state[_ZIP] = (name, hashlib.sha256(content).hexdigest(), content)


def _folder() -> Given | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input(
            "Folder or ZIP on this machine", key="teach-folder", placeholder="/home/me/things", **KEPT
        ).strip()
        st.button("Read again", icon=":material/refresh:", disabled=not path, on_click=_read_again)
    if not path:
        st.caption("A folder with a subfolder for each class, which has its name and holds its pictures.")
        return None
    key = (path, st.session_state.get("teach-folder-round", 0))
    return Given(key, read=lambda on_step: read_pictures(Path(path), on_step=on_step))


def _read_again() -> None:
    st.session_state["teach-folder-round"] = st.session_state.get("teach-folder-round", 0) + 1


def _hub() -> Given | None:
    fetched = choose_rows()
    if fetched is None:
        return None
    key, rows = fetched
    if rows.pictures is None:
        raise InvalidInput("This dataset holds no pictures. Texts are for the page Transfer learning.")
    return Given(key, rows.pictures)


def take_pictures(data: PictureData) -> None:
    """Pictures from another page, as if the visitor had chosen them here."""
    st.session_state[_SENT] = data
    st.session_state[_SOURCE] = SENT
    PICTURE_PAGE.go_to(DATA)


def _sent() -> Given:
    data: PictureData = st.session_state[_SENT]
    st.caption(f"From the page Datasets: {escape(data.name)}")
    return Given(("sent", id(data)), data)


_CHOOSERS: dict[str, Callable[[], Given | None]] = {
    IN_THE_SUITE: _sample, BY_HAND: _by_hand, ZIP: _zip, FOLDER: _folder, HUB: _hub, SENT: _sent,
}  # fmt: skip


# What is in it


def show_data(key: tuple[Any, ...], data: PictureData) -> None:
    """The explorer, with the parts that the seed makes."""
    from models.text.sampling import LARGEST_SEED

    st.markdown("#### What is in it")
    seed = 0
    if not any(picture.part for picture in data.pictures):
        seed = st.number_input(
            "Seed of the split",
            0,
            LARGEST_SEED,
            0,
            key=PICTURE_PAGE.key("seed"),
            help="Which pictures are learned from, and which are kept for the test. The same seed, the same parts.",
            width=200,
            **KEPT,
        )

    def work(cancelled: threading.Event, tell: OnStep) -> "PictureReport":
        from training.exploration.pictures import explore_pictures

        return explore_pictures(data, int(seed), Steps(tell, cancelled))

    report = worked_out("teach-report", (key, seed), work)
    if report is not None:
        show_pictures(report, "teach")


def data_step() -> None:
    """Choose the pictures, and look at them."""
    st.session_state["teach-pictures"] = None
    with messages.shown():
        chosen = choose_data()
        if chosen is None:
            _show_next(None)
            return
        data = chosen[1]
        problem = _problem(data)
        st.session_state["teach-pictures"] = data if problem is None else None
        _show_next(problem or f"{count_text(len(data.pictures), 'picture')} in {_classes_text(data)}")
        show_data(*chosen)


def _show_next(about: str | None) -> None:
    """The button to the next step, and what it takes along or lacks: before the explorer, which may take its time."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Next: the model",
            type="primary",
            disabled=st.session_state["teach-pictures"] is None,
            on_click=PICTURE_PAGE.go_to,
            args=(MODEL,),
        )
        if about is not None:
            st.caption(message(about))


def _classes_text(data: PictureData) -> str:
    return "1 class" if len(data.classes) == 1 else f"{len(data.classes)} classes"


def _problem(data: PictureData) -> str | None:
    """Why nothing can be learned from these pictures; None where something can."""
    try:
        require_trainable(data)
    except InvalidInput as error:
        return str(error)
    return None

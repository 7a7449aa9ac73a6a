"""Where the data come from, on the page: the sample, uploads, this machine, or the hub. Reads nothing by itself."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import streamlit as st

from apps.ui import visitor
from apps.ui.markdown import escape
from apps.ui.training.text_table import Reading, choose_reading
from models.errors import InvalidInput
from models.folders import place_named
from models.pictures.file_names import shown_name
from models.wording import size_text
from training.exploration.reading import TABLE_SUFFIXES
from training.exploration.tables import Columns
from training.pictures.reading import SAMPLE as PICTURES
from training.text_data import SAMPLE
from training.text_files import MAX_BYTES, Table

KEPT: dict[str, Any] = {"persist_state": "session"}
SAMPLE_SOURCE, UPLOAD, HERE, HUB = "Sample", "Upload", "This machine", "Hugging Face hub"
MOST_FILES = 4
SAMPLES = {
    "Reviews": (SAMPLE, "360 short reviews in English and Spanish, written for this suite."),
    "Pictures": (PICTURES, "120 pictures of things in five classes, from Microsoft's Fluent Emoji (MIT licence)."),
}
NONE = "(none)"

Uploads = tuple[tuple[str, bytes], ...]  # each with its name


@dataclass(frozen=True)
class Given:
    """What shall be looked at: files, each with its name and its bytes or its path; `key` tells it from all others."""

    files: tuple[tuple[str, bytes | Path], ...]
    key: str
    reading: Reading = field(default_factory=Reading)

    @property
    def is_pictures(self) -> bool:
        """Whether it is a folder, or a ZIP file."""
        name, source = self.files[0]
        if isinstance(source, Path):
            return source.is_dir() or name.lower().endswith(".zip")
        return source.startswith(b"PK\x03\x04") and name.lower().endswith(".zip")


def choose_source() -> str:
    """The sample, uploads, and, for the person at this machine, paths and the hub."""
    own = [HERE, HUB] if visitor.is_at_this_machine() else []
    options = [SAMPLE_SOURCE, UPLOAD, *own]
    return st.segmented_control(
        "Data", options, default=options[0], required=True, key="datasets-source", wrap=True, **KEPT
    )


def choose_files(source: str) -> Given | None:
    """The files of a source that is not the hub; None while there are none."""
    if source == SAMPLE_SOURCE:
        return _sample()
    given = _uploaded() if source == UPLOAD else _on_this_machine()
    if given is None or given.is_pictures or _has_no_lines(given):
        return given
    with st.container(horizontal=True, gap="large"):
        reading = choose_reading("datasets", given.key[:16])
    return replace(given, reading=reading)


def _sample() -> Given:
    which = st.segmented_control(
        "Sample",
        list(SAMPLES),
        default="Reviews",
        required=True,
        key="datasets-sample",
        label_visibility="collapsed",
        **KEPT,
    )
    file, about = SAMPLES[which]
    st.caption(about)
    return Given(((file.name, file.read_bytes()),), which)


def _has_no_lines(given: Given) -> bool:
    """Whether nothing of how a text file is read can be chosen."""
    return all(name.lower().endswith(".parquet") for name, _ in given.files)


def _uploaded() -> Given | None:
    shown = st.file_uploader(
        f"A table (CSV, TSV, JSON lines, Parquet) or a ZIP file of pictures, at most {size_text(MAX_BYTES)}",
        type=[*(suffix[1:] for suffix in TABLE_SUFFIXES), "zip"],
        accept_multiple_files=True,
        key="datasets-upload",
        max_upload_size=MAX_BYTES // 1_000_000,
        on_change=_keep_uploads,
        help="Two tables, as train.csv and test.csv, are explored together. In a ZIP file, the pictures of each class "
        "lie in a folder with its name.",
    )
    kept = st.session_state.get("datasets-kept-files", ())
    if not kept:
        st.caption("The file goes to the machine that Aula runs on, and nowhere else.")
        return None
    if not shown:
        names = ", ".join(f"{name} ({size_text(len(content))})" for name, content in kept)
        st.caption(f":material/draft: {escape(names)}")
    _require_together(kept)
    return Given(kept, _digest(kept))


def _keep_uploads() -> None:
    """Kept in the session, because the field forgets them on another page. One too many tells that there are more."""
    files = st.session_state["datasets-upload"] or []
    st.session_state["datasets-kept-files"] = tuple((file.name, file.getvalue()) for file in files[: MOST_FILES + 1])


def _require_together(files: Uploads) -> None:
    """Raise InvalidInput where some of the files would be left out."""
    if len(files) > MOST_FILES:
        raise InvalidInput(f"At most {MOST_FILES} tables are explored together. Choose fewer.")
    if len(files) > 1 and any(name.lower().endswith(".zip") for name, _ in files):
        raise InvalidInput("A ZIP file of pictures is explored alone. Choose it without the others.")


def _digest(files: Uploads) -> str:
    """What tells these files from all others; found once, since at each click 200 MB would take a second."""
    known = st.session_state.get("datasets-digest")
    if known is None or known[0] is not files:
        digest = hashlib.sha256()
        for name, content in files:
            digest.update(f"{name} {len(content)} ".encode())
            digest.update(content)
        known = st.session_state["datasets-digest"] = (files, digest.hexdigest())
    return str(known[1])


def _on_this_machine() -> Given | None:
    text = st.text_input(
        "File or folder",
        key="datasets-path",
        placeholder="/path/to/data.csv, or a folder with one subfolder a class",
        **KEPT,
    )
    if not (text or "").strip():
        return None
    path = place_named(text.strip())
    if path is None:
        name = shown_name(text.strip())
        raise InvalidInput(f"{name} cannot be read: there is no such file or folder. Check its path.")
    changed = max(one.stat().st_mtime_ns for one in (path, *path.glob("*/"), *path.glob("*/*/")))  # folders in it, too
    return Given(((path.name, path),), hashlib.sha256(f"{path} {changed}".encode()).hexdigest())


def choose_columns(table: Table, guessed: Columns, key: str) -> Columns:
    """The columns of texts, labels and parts; what was `guessed` is chosen already."""
    options = [NONE, *table.columns]
    digest = hashlib.sha256(repr((key, table.columns)).encode()).hexdigest()[:16]
    titles = ("Column of the texts", "Column of the labels", "Column of the parts")
    chosen = []
    guesses = (guessed.text, guessed.label, guessed.split)
    for place, title, guess in zip(st.columns(3), titles, guesses, strict=True):
        index = options.index(guess) if guess in options else 0
        chosen.append(place.selectbox(title, options, index, key=f"datasets-{title}-{digest}", **KEPT))
    return Columns(*(None if value == NONE else value for value in chosen))

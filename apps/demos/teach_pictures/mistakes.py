"""Where a trained model is right and wrong, with pictures: the confusion matrix, one cell of it, the worst mistakes."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from apps.demos.teach_pictures.browser_parts import show_matrix
from apps.demos.teach_pictures.steps import PICTURE_PAGE
from apps.demos.teach_pictures.thumbnails import address, small_square
from apps.ui.markdown import escape
from apps.ui.training import charts
from apps.ui.training.figures import two_places
from apps.words.amounts import count_text
from models.errors import InvalidInput, UnreadableImage
from training.job_folders import Job
from training.pictures.data import Picture
from training.pictures.packing import unpack

MOST_CLASSES_DRAWN = 12  # of more, a cell is too small for a picture
MOST_CLASSES_BESIDE = 6  # of more, the matrix has no room for its pictures beside it
MOST_SHOWN = 24
SIDE = 144  # pixels of a picture in a gallery

Cell = tuple[int, int]  # what it is, and what the model said: their numbers
Cells = Mapping[Cell, Sequence[Mapping[str, Any]]]


@st.cache_resource(max_entries=2, show_spinner=False)
def pictures_of(name: str, _job: Job) -> dict[str, Picture]:
    """The pictures of a training by their names; none where its data are gone or damaged."""
    try:
        return {picture.name: picture for picture in unpack(_job.data_file).pictures}
    except InvalidInput:
        return {}


@st.cache_data(max_entries=2_000, show_spinner=False)
def _small(job: str, name: str, side: int, _picture: Picture) -> bytes | None:
    try:
        return small_square(_picture.open(), side)
    except UnreadableImage:
        return None


def small_of(job: Job, name: str, side: int) -> bytes | None:
    """A small copy of the picture of that name, or None where there is none any more."""
    picture = pictures_of(job.name, job).get(name)
    return None if picture is None else _small(job.name, name, side, picture)


def by_cell(result: Mapping[str, Any]) -> dict[Cell, list[Mapping[str, Any]]]:
    """The test pictures in each cell of the matrix, those first of which the model was surest."""
    numbers = {label: number for number, label in enumerate(result["labels"])}
    cells: dict[Cell, list[Mapping[str, Any]]] = {}
    for one in sorted(result["tested"], key=lambda one: -one["probability"]):
        cells.setdefault((numbers[one["label"]], numbers[one["predicted"]]), []).append(one)
    return cells


def show_confusions(job: Job, result: Mapping[str, Any]) -> None:
    """The matrix; a cell that is chosen shows its pictures beneath."""
    labels: list[str] = result["labels"]
    found = by_cell(result)
    order = sorted(found, key=lambda cell: (cell[0] == cell[1], -len(found[cell]), cell))
    key = PICTURE_PAGE.key(f"cell-{job.name}")
    if st.session_state.get(key) not in found:
        st.session_state[key] = order[0]
    matrix, gallery = two_places() if len(labels) <= MOST_CLASSES_BESIDE else (st.container(), st.container())
    with matrix:
        _show_matrix(job, result, found, key)
    with gallery:
        cell = st.selectbox(
            "Pictures of one cell",
            order,
            key=key,
            format_func=lambda cell: f"{cell_text(labels, cell)} · {len(found[cell])}",
            persist_state="session",
        )
        show_gallery(job, found[cell])


def _show_matrix(
    job: Job, result: Mapping[str, Any], found: Mapping[Cell, Sequence[Mapping[str, Any]]], key: str
) -> None:
    labels = result["labels"]
    if len(labels) > MOST_CLASSES_DRAWN:
        chart = charts.confusion_chart(labels, result["confusion"], f"test {PICTURE_PAGE.examples}")
        st.altair_chart(chart, key=PICTURE_PAGE.key("chart"))
        return
    st.markdown("**Confusion matrix**  \nA row for what it is, a column for what the model said")
    cells = _drawn(job, labels, found)
    show_matrix(PICTURE_PAGE.key("matrix"), labels, cells, st.session_state[key], lambda *cell: _choose(key, cell))


def _choose(key: str, cell: Sequence[int]) -> None:
    st.session_state[key] = tuple(cell)


def cell_text(labels: Sequence[str], cell: Cell) -> str:
    """“mug, taken for pen”, or “mug, and so it said”."""
    true, said = (labels[number] for number in cell)
    return f"{true}, and so it said" if true == said else f"{true}, taken for {said}"


def _drawn(job: Job, labels: Sequence[str], found: Cells) -> list[list[tuple[int, float, str]]]:
    rows = []
    for true in range(len(labels)):
        counts = [len(found.get((true, said), ())) for said in range(len(labels))]
        pictures = [_first(job, found.get((true, said), ())) for said in range(len(labels))]
        total = max(1, sum(counts))
        rows.append([(count, count / total, at) for count, at in zip(counts, pictures, strict=True)])
    return rows


def _first(job: Job, tested: Sequence[Mapping[str, Any]]) -> str:
    small = small_of(job, tested[0]["name"], SIDE) if tested else None
    return address(small) if small is not None else ""


def show_gallery(job: Job, tested: Sequence[Mapping[str, Any]]) -> None:
    """Test pictures with what they are and what the model said of each, and how sure it was."""
    grid = st.grid(8, min_column_width=88, gap="xsmall")
    for one in tested[:MOST_SHOWN]:
        with grid.cell():
            small = small_of(job, one["name"], SIDE)
            if small is not None:
                st.image(small, width="stretch", alt=one["name"])
            st.caption(caption_of(one))
    if len(tested) > MOST_SHOWN:
        st.caption(f"The {MOST_SHOWN} of {count_text(len(tested), 'picture')} of which it was surest")


def caption_of(one: Mapping[str, Any]) -> str:
    """What the model said, how sure it was, and what the picture is where that is something else."""
    said = f"{escape(one['predicted'])} · {one['probability']:.0%}"
    return said if one["label"] == one["predicted"] else f":red[{said}]  \nit is {escape(one['label'])}"


def show_worst(job: Job, result: Mapping[str, Any]) -> None:
    """The mistakes of which the model was surest."""
    st.markdown("#### The worst mistakes")
    if not result["mistakes"]:
        st.caption("None: every test picture got its class. More test pictures would be harder to please.")
        return
    st.caption("Wrong, and sure of it: look for what these have in common, and add pictures of that.")
    show_gallery(job, result["mistakes"])

"""Which base learns the classes and how, on the page; altered copies are shown, costs are said before the start."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from apps.demos.teach_pictures.steps import KEPT, PICTURE_PAGE
from apps.demos.teach_pictures.thumbnails import small_square
from apps.demos.teach_pictures.words import METHODS
from apps.ui.model_choice import offer_download
from apps.ui.training.flow import point_to_data
from apps.ui.training.settings import choose_base, choose_method, choose_settings, foreseen, show_costs
from apps.ui.training.steps import TRAIN
from models.weights import hub
from training import jobs
from training.job_folders import PictureSettings
from training.pictures.packing import pack

if TYPE_CHECKING:
    from training.classifier_models import Part
    from training.classifier_plan import Estimate
    from training.pictures.data import PictureData

BASES = ("aula/efficientnet-lite0", "google/vit-base-patch16-224-in21k")
ALTERED, COPIES, SHOWN_SIDE = 2, 5, 224
_SEED = "teach-altered-seed"


@dataclass(frozen=True)
class TrainingChoice:
    """What shall be trained: the settings, and whether the base is here."""

    settings: PictureSettings
    is_here: bool


def model_step() -> None:
    """Choose the base and what of it learns, see what that needs, and start."""
    data = st.session_state.get("teach-pictures")
    if data is None:
        point_to_data(PICTURE_PAGE, ":material/photo_library:")
        return
    with st.spinner("Starting the libraries"):
        plan = choose_model(data)
    label = "Start training"
    if st.button(label, type="primary", icon=":material/model_training:", disabled=not plan.is_here):
        PICTURE_PAGE.show_as_current(jobs.start(pack(data), f"{data.name}.zip", plan.settings))
        PICTURE_PAGE.go_to(TRAIN)
        st.rerun()


def choose_model(data: "PictureData") -> TrainingChoice:
    """Draw the choosers and what they lead to. Raises UnknownModel and InvalidInput."""
    from training.pictures.bases import RECIPES, doubt_about, find_base

    grid = st.grid(2, min_column_width=320, gap="large")
    with grid.cell():
        base = choose_base(PICTURE_PAGE, BASES, "model that tells classes of pictures")
        method = choose_method(PICTURE_PAGE, METHODS)
    with grid.cell():
        given = choose_settings(PICTURE_PAGE, method, RECIPES[method], doubt_about)
        augment = st.toggle(
            "Learn from altered copies, too",
            RECIPES[method].augment,
            key=PICTURE_PAGE.key(f"augment-{method}"),
            help="Turned, cut, brighter or darker: as a camera might have seen the same thing. Few pictures teach "
            "more, and the training takes longer.",
            **KEPT,
        )
    settings = PictureSettings(base, method, augment=augment, **given)
    if augment:
        show_altered(data)
    card = find_base(base)
    if hub.locate(card) is None:
        offer_download(card)
        return TrainingChoice(settings, is_here=False)
    drawn, needed = _foreseen(settings, data)
    show_costs(PICTURE_PAGE, drawn, needed, settings.minutes, "from the pixels to the classes")
    return TrainingChoice(settings, is_here=True)


def show_altered(data: "PictureData") -> None:
    """Some of the visitor's own pictures beside altered copies of them, as the model gets these."""
    seed = st.session_state.get(_SEED, 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Some of your pictures, and altered copies of them as the model gets these, too")
        st.button("Others", key="teach-altered-again", icon=":material/casino:", on_click=_next_seed)
    for images in _altered(data, seed):
        with st.container(horizontal=True, gap="xsmall"):
            for image in images:
                st.image(image, width=112)


def _next_seed() -> None:
    st.session_state[_SEED] = st.session_state.get(_SEED, 0) + 1


def _altered(data: "PictureData", seed: int) -> list[list[bytes]]:
    """Small copies of a picture and its altered ones, for a picture of each of the first classes."""
    from training.pictures.augmentation import augmented

    rows = []
    for place, label in enumerate(data.labels[:ALTERED]):
        of_class = [picture for picture in data.pictures if picture.label == label]
        image = of_class[seed % len(of_class)].open()
        every = [image, *augmented(image, COPIES, seed + place)]
        rows.append([small_square(one, SHOWN_SIDE) for one in every])
    return rows


def _foreseen(settings: PictureSettings, data: "PictureData") -> tuple[list["Part"], "Estimate"]:
    """The parts and the estimate, made again only when something changes: a batch is timed for it."""
    from training.pictures.outline import parts
    from training.pictures.plan import estimate

    base, method, epochs, augment = settings.base, settings.method, settings.epochs, settings.augment
    return foreseen(
        PICTURE_PAGE,
        (base, method, epochs, augment),
        data,
        lambda: (parts(base, method, len(data.classes)), estimate(data, method, base, epochs, augment)),
    )

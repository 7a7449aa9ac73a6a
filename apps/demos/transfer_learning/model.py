"""Which base is trained and how, on the page: what is frozen is drawn, and what it costs is said before the start."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.transfer_learning.data import DataChoice
from apps.demos.transfer_learning.steps import TEXT_PAGE
from apps.demos.transfer_learning.words import METHODS
from apps.ui.doubts import choose_unreadable
from apps.ui.markdown import message
from apps.ui.model_choice import offer_download
from apps.ui.training.settings import choose_base, choose_method, choose_settings, foreseen, show_costs
from apps.words.remarks import misfit
from models.weights import hub
from training.job_folders import TrainingSettings

if TYPE_CHECKING:
    from models.text.readable import Unreadable
    from training.classifier_models import Part
    from training.classifier_plan import Estimate

BASES = ("aula/minilm", "distilbert/distilbert-base-uncased")
MOST_GUESSED = 50  # rows by which a language is guessed


@dataclass(frozen=True)
class TrainingChoice:
    """What shall be trained: the settings, whether the base is here, and whether it reads the texts, or need not."""

    settings: TrainingSettings
    is_here: bool
    is_readable: bool = True


def choose_model(chosen: DataChoice) -> TrainingChoice:
    """Draw the choosers and what they lead to. Raises UnknownModel and InvalidInput."""
    from training.classifier_models import RECIPES, doubt_about, find_base

    grid = st.grid(2, min_column_width=320, gap="large")
    with grid.cell():
        base = choose_base(TEXT_PAGE, BASES, "encoder")
        method = choose_method(TEXT_PAGE, METHODS)
    with grid.cell():
        given = choose_settings(TEXT_PAGE, method, RECIPES[method], doubt_about)
    card = find_base(base)
    read: dict[str, Any] = {"header": chosen.header, "missing": chosen.data.missing, "encoding": chosen.encoding}
    settings = TrainingSettings(chosen.data.text_column, chosen.data.label_column, base, method, **given, **read)
    if hub.locate(card) is None:
        offer_download(card)
        return TrainingChoice(settings, is_here=False)
    drawn, needed, lost = _foreseen(base, method, settings.epochs, chosen)
    show_costs(TEXT_PAGE, drawn, needed, settings.minutes, "from the words to the labels")
    if lost.worth_telling:
        st.warning(message(lost.sentence(base, "the texts")), icon=":material/translate:")
    elif (odd := misfit(card, " ".join(row.text for row in chosen.data.rows[:MOST_GUESSED]))) is not None:
        st.caption(f":material/translate: {message(odd)}")
    if lost.too_much:
        settings = replace(settings, even_if_unreadable=choose_unreadable("transfer"))
    return TrainingChoice(settings, is_here=True, is_readable=not lost.too_much or settings.even_if_unreadable)


def _foreseen(
    base: str, method: str, epochs: float | None, chosen: DataChoice
) -> tuple[list["Part"], "Estimate", "Unreadable"]:
    """The parts, the estimate and what the base cannot read, computed again only when something changes."""
    from training.classifier_models import parts, read_by
    from training.classifier_plan import estimate

    labels = len(chosen.facts.classes) if chosen.facts is not None else 0
    return foreseen(
        TEXT_PAGE,
        (base, method, epochs),
        chosen,
        lambda: (
            parts(base, method, labels),
            estimate(chosen.data.rows, method, base, epochs, labels),
            read_by(base, [row.text for row in chosen.data.rows]),
        ),
    )

"""Which base is trained and how, on the page: what is frozen is drawn, and what it costs is said before the start."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import psutil
import streamlit as st

from apps.demos.transfer_learning import charts
from apps.demos.transfer_learning.data import DataChoice
from apps.demos.transfer_learning.tiles import show_tiles
from apps.demos.transfer_learning.words import METHODS
from apps.ui import visitor
from apps.ui.doubts import choose_unreadable
from apps.ui.markdown import message
from apps.ui.model_choice import offer_download
from apps.words.amounts import parameters_text, seconds_text
from apps.words.remarks import misfit
from models.device import graphics_cards
from models.weights import hub
from models.wording import size_text
from training.job_folders import TrainingSettings
from training.options import MOST_RATE

if TYPE_CHECKING:
    from models.text.readable import Unreadable
    from training.classifier_models import Part
    from training.classifier_plan import Estimate

BASES = ("aula/minilm", "distilbert/distilbert-base-uncased")
MOST_MINUTES = 60.0
MOST_GUESSED = 50  # rows by which a language is guessed
_KEPT: dict[str, Any] = {"persist_state": "session"}


@dataclass(frozen=True)
class TrainingChoice:
    """What shall be trained: the settings, whether the base is here, and whether it reads the texts, or need not."""

    settings: TrainingSettings
    is_here: bool
    is_readable: bool = True


def choose_model(chosen: DataChoice) -> TrainingChoice:
    """Draw the choosers and what they lead to. Raises UnknownModel and InvalidInput."""
    from training.classifier_models import find_base

    grid = st.grid(2, min_column_width=320, gap="large")
    with grid.cell():
        base = _choose_base()
        method = _choose_method()
    with grid.cell():
        given = _choose_settings(method)
    card = find_base(base)
    read: dict[str, Any] = {"header": chosen.header, "missing": chosen.data.missing, "encoding": chosen.encoding}
    settings = TrainingSettings(chosen.data.text_column, chosen.data.label_column, base, method, **given, **read)
    if hub.locate(card) is None:
        offer_download(card)
        return TrainingChoice(settings, is_here=False)
    _show_costs(settings, chosen)
    lost = _foreseen(settings.base, settings.method, settings.epochs, chosen)[2]
    if lost.worth_telling:
        st.warning(message(lost.sentence(base, "the texts")), icon=":material/translate:")
    elif (odd := misfit(card, " ".join(row.text for row in chosen.data.rows[:MOST_GUESSED]))) is not None:
        st.caption(f":material/translate: {message(odd)}")
    if lost.too_much:
        settings = replace(settings, even_if_unreadable=choose_unreadable("transfer"))
    return TrainingChoice(settings, is_here=True, is_readable=not lost.too_much or settings.even_if_unreadable)


def _choose_base() -> str:
    own = visitor.is_at_this_machine()
    typed = st.session_state.get("transfer-base")
    base = st.selectbox(
        "Base",
        [*BASES, *([typed] if typed and typed not in BASES else [])],
        key="transfer-base",
        accept_new_options=own,
        help="Any encoder: type a Hugging Face id, or a folder of this machine." if own else None,
        **_KEPT,
    )
    return (base or BASES[0]).strip()


def _choose_method() -> str:
    method = st.segmented_control(
        "What learns",
        list(METHODS),
        default="head",
        required=True,
        format_func=lambda name: METHODS[name][0],
        key="transfer-method",
        wrap=True,
        **_KEPT,
    )
    st.caption(METHODS[method][1])
    return method


def _choose_settings(method: str) -> dict[str, Any]:
    """What the training is told beside base and method; how it learns best depends on the method."""
    from models.text.sampling import LARGEST_SEED
    from training.classifier_models import RECIPES, doubt_about

    recipe = RECIPES[method]
    first, second = st.columns(2)
    epochs = first.number_input(
        "Epochs",
        0.5,
        1000.0,
        float(recipe.epochs),
        1.0,
        format="%g",
        key=f"transfer-epochs-{method}",
        help="How often the training rows are seen.",
        **_KEPT,
    )
    rate = second.number_input(
        "Learning rate",
        1e-6,
        MOST_RATE,
        recipe.learning_rate,
        recipe.learning_rate / 2,
        format="%g",
        key=f"transfer-rate-{method}",
        help="How large the steps are: too small and nothing happens, too large and it never settles.",
        **_KEPT,
    )
    if (doubt := doubt_about(method, rate)) is not None:
        st.warning(doubt, icon=":material/trending_up:")
    most = "It ends there at the latest, with the best weights so far."
    minutes = first.number_input(
        "Minutes at most", 0.5, MOST_MINUTES, 10.0, 1.0, format="%g", key="transfer-minutes", help=most, **_KEPT
    )
    seed = second.number_input("Seed", 0, LARGEST_SEED, 0, key="transfer-seed", **_KEPT)
    device = "cpu"
    if graphics_cards():
        device = st.segmented_control(
            "Device", ["cuda", "cpu"], default="cuda", required=True, key="transfer-device", **_KEPT
        )
    return {"epochs": epochs, "learning_rate": rate, "minutes": minutes, "seed": int(seed), "device": device}


def _show_costs(settings: TrainingSettings, chosen: DataChoice) -> None:
    """What of the model learns, and what that will need."""
    drawn, needed, _ = _foreseen(settings.base, settings.method, settings.epochs, chosen)
    st.caption("The model, from the words to the labels. What is :blue[**blue**] learns, what is grey stays as it is.")
    st.altair_chart(charts.parts_chart(drawn), key="transfer-parts")
    limit = " (limit)" if needed.seconds > settings.minutes * 60 else ""
    tiles = {
        "Parameters that learn": f"{needed.trainable:,}",
        "Parameters in all": parameters_text(needed.total),
        "Memory, predicted": size_text(needed.memory_bytes),
        f"Time, predicted{limit}": seconds_text(min(needed.seconds, settings.minutes * 60)),
    }
    show_tiles(tiles)
    room = psutil.virtual_memory().available
    if needed.memory_bytes > room:
        st.warning(
            f"Only {size_text(room)} of memory is free now. Train less of the model, or unload models on the home "
            "page first.",
            icon=":material/memory:",
        )


def _foreseen(
    base: str, method: str, epochs: float | None, chosen: DataChoice
) -> tuple[list["Part"], "Estimate", "Unreadable"]:
    """The parts, the estimate and what the base cannot read, computed again only when something changes."""
    from training.classifier_models import parts, read_by
    from training.classifier_plan import estimate

    key = (base, method, epochs, id(chosen))
    if st.session_state.get("transfer-foreseen", (None,))[0] != key:
        labels = len(chosen.facts.classes) if chosen.facts is not None else 0
        made = (
            parts(base, method, labels),
            estimate(chosen.data.rows, method, base, epochs, labels),
            read_by(base, [row.text for row in chosen.data.rows]),
        )
        st.session_state["transfer-foreseen"] = (key, made)
    return st.session_state["transfer-foreseen"][1]

"""What every training is asked for: the base, what of it learns, how long and how fast; and what that will cost."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import streamlit as st

from apps.ui import visitor
from apps.ui.tiles import show_tiles
from apps.ui.training import charts
from apps.ui.training.steps import TrainingPage
from apps.words.amounts import parameters_text, seconds_text
from models.device import graphics_cards
from models.memory import machine_memory
from models.wording import size_text
from training.options import MOST_RATE

MOST_MINUTES = 60.0
KEPT: dict[str, Any] = {"persist_state": "session"}

Made = TypeVar("Made")


class Recipe(Protocol):
    """How a method learns well."""

    @property
    def learning_rate(self) -> float:
        """How large the steps are."""

    @property
    def epochs(self) -> float:
        """How often the examples are seen."""


class Cost(Protocol):
    """What a training will need: parameters that learn and all, bytes of memory, seconds."""

    @property
    def trainable(self) -> int:
        """Parameters that learn."""

    @property
    def total(self) -> int:
        """All parameters."""

    @property
    def memory_bytes(self) -> int:
        """The most memory that it takes."""

    @property
    def seconds(self) -> float:
        """How long it takes without a limit."""


def choose_base(page: TrainingPage, bases: Sequence[str], what: str) -> str:
    """The model to start from; the person at this machine may name any other. `what` says which kind."""
    own = visitor.is_at_this_machine()
    typed = st.session_state.get(page.key("base"))
    base = st.selectbox(
        "Base",
        [*bases, *([typed] if typed and typed not in bases else [])],
        key=page.key("base"),
        accept_new_options=own,
        help=f"Any {what}: type a Hugging Face id, or a folder of this machine." if own else None,
        **KEPT,
    )
    return (base or bases[0]).strip()


def choose_method(page: TrainingPage, methods: Mapping[str, tuple[str, str]]) -> str:
    """What of the model learns: the name of one of `methods`, which have a label and an explanation."""
    method = st.segmented_control(
        "What learns",
        list(methods),
        default=next(iter(methods)),
        required=True,
        format_func=lambda name: methods[name][0],
        key=page.key("method"),
        wrap=True,
        **KEPT,
    )
    st.caption(methods[method][1])
    return method


def choose_settings(
    page: TrainingPage, method: str, recipe: Recipe, doubt_about: Callable[[str, float | None], str | None]
) -> dict[str, Any]:
    """What the training is told beside base and method; how it learns best depends on the method."""
    from models.text.sampling import LARGEST_SEED

    first, second = st.columns(2)
    epochs = first.number_input(
        "Epochs",
        0.5,
        1000.0,
        float(recipe.epochs),
        1.0,
        format="%g",
        key=page.key(f"epochs-{method}"),
        help=f"How often the training {page.examples} are seen.",
        **KEPT,
    )
    rate = second.number_input(
        "Learning rate",
        1e-6,
        MOST_RATE,
        recipe.learning_rate,
        recipe.learning_rate / 2,
        format="%g",
        key=page.key(f"rate-{method}"),
        help="How large the steps are: too small and nothing happens, too large and it never settles.",
        **KEPT,
    )
    if (doubt := doubt_about(method, rate)) is not None:
        st.warning(doubt, icon=":material/trending_up:")
    most = "It ends there at the latest, with the best weights so far."
    minutes = first.number_input(
        "Minutes at most", 0.5, MOST_MINUTES, 10.0, 1.0, format="%g", key=page.key("minutes"), help=most, **KEPT
    )
    seed = second.number_input("Seed", 0, LARGEST_SEED, 0, key=page.key("seed"), **KEPT)
    return {"epochs": epochs, "learning_rate": rate, "minutes": minutes, "seed": int(seed), "device": _device(page)}


def _device(page: TrainingPage) -> str:
    if not graphics_cards():
        return "cpu"
    device: str = st.segmented_control(
        "Device", ["cuda", "cpu"], default="cuda", required=True, key=page.key("device"), **KEPT
    )
    return device


def foreseen(page: TrainingPage, key: tuple[Any, ...], examples: object, make: Callable[[], Made]) -> Made:
    """What `make` foresees of a training on these examples, made again only when they or the key have changed.

    The session knows the examples by a weak reference: those that are gone may have had the address of later ones.
    """
    kept = st.session_state.get(page.key("foreseen"))
    if kept is None or kept[0] != key or kept[1]() is not examples:
        kept = st.session_state[page.key("foreseen")] = (key, weakref.ref(examples), make())
    made: Made = kept[2]
    return made


def show_costs(
    page: TrainingPage, parts: Sequence[tuple[str, int, bool]], needed: Cost, minutes: float, what: str
) -> None:
    """What of the model learns, and what that will need; `what` are the ends of the model, “from … to …”."""
    st.caption(f"The model, {what}. What is :blue[**blue**] learns, what is grey stays as it is.")
    st.altair_chart(charts.parts_chart(parts), key=page.key("parts"))
    limit = " (limit)" if needed.seconds > minutes * 60 else ""
    tiles = {
        "Parameters that learn": f"{needed.trainable:,}",
        "Parameters in all": parameters_text(needed.total),
        "Memory, predicted": size_text(needed.memory_bytes),
        f"Time, predicted{limit}": seconds_text(min(needed.seconds, minutes * 60)),
    }
    show_tiles(tiles)
    room = machine_memory().available
    if needed.memory_bytes > room:
        st.warning(
            f"Only {size_text(room)} of memory is free now. Train less of the model, or unload models on the home "
            "page first.",
            icon=":material/memory:",
        )

"""Shows what a pipeline has drawn: the filmstrip of its steps, the picture, and both files to take home."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.text_to_image.filmstrip import FRAMES, show_frames
from apps.demos.text_to_image.words import HIDDEN, NO_CHECKER
from apps.ui.downloads import show_download
from apps.ui.markdown import escape
from models.pictures.points_from_noise import moments_to_show

if TYPE_CHECKING:  # they bring torch, which is there once something was drawn, and not before
    from models.text_to_image import Drawing, DrawingStep

LARGEST_SHOWN = 640  # pixels


def parted(items: Sequence[Any]) -> "tuple[list[DrawingStep], Drawing | None]":
    """The steps so far, and the picture where it is there."""
    drawing = items[-1] if items and hasattr(items[-1], "image") else None
    return [item for item in items if item is not drawing], drawing


def show_drawing(items: Sequence[Any]) -> None:
    """The picture with its files and its steps; of work that was stopped, the steps."""
    steps, drawing = parted(items)
    if drawing is None:
        show_filmstrip(steps)
        return
    if drawing.unread:
        st.warning(
            f"The text encoder had no room for the end of the prompt: “{escape(drawing.unread)}”. Shorten it.",
            icon=":material/content_cut:",
        )
    if drawing.hidden:
        st.warning(HIDDEN, icon=":material/visibility_off:")
    else:
        st.image(drawing.image, width=min(LARGEST_SHOWN, max(256, drawing.image.width)))
        show_files(drawing)
        show_filmstrip(steps)
    st.caption(made_text(drawing))
    if not drawing.checked:
        st.caption(f":material/visibility: {NO_CHECKER}")


def show_filmstrip(steps: "Sequence[DrawingStep]") -> None:
    """The small pictures of at most `FRAMES` steps, from the first to the last."""
    seen = {step.number: step.preview for step in steps if step.preview is not None}
    if seen:
        numbers = list(seen)
        shown = [numbers[place] for place in moments_to_show(len(numbers) - 1, FRAMES)]
        show_frames({f"step {number}": seen[number] for number in shown})


def show_files(drawing: "Drawing") -> None:
    """The picture, and what it was made with; each is made when it is asked for."""
    name = f"drawing-{drawing.settings.seed}"
    with st.container(horizontal=True):
        show_download("PNG", drawing.png, f"{name}.png", "image/png")
        show_download("JSON", lambda: json.dumps(drawing.as_dict(), indent=2), f"{name}.json", "application/json")


def made_text(drawing: "Drawing") -> str:
    """What is needed to draw the same again."""
    settings = drawing.settings
    facts = [
        f"seed {settings.seed}",
        f"{settings.steps} steps",
        f"guidance {settings.guidance:g}",
        f"{drawing.image.width} × {drawing.image.height} pixels",
        f"without “{escape(settings.negative)}”" if settings.negative else "",
    ]
    return f"“{escape(drawing.prompt)}” · " + " · ".join(fact for fact in facts if fact)

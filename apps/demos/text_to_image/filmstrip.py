"""A filmstrip: small pictures of a few moments beside each other, each over its name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from PIL import Image

FRAMES = 6
NARROWEST = 88  # pixels: six beside a walkthrough, three on a telephone


def show_frames(frames: "Mapping[str, Image.Image | str]") -> None:
    """Show pictures, or texts of SVG, by their names; as wide as there is room for `FRAMES` of them."""
    grid = st.grid(FRAMES, min_column_width=NARROWEST, gap="xsmall")
    for name, picture in frames.items():
        grid.image(picture, caption=name, width="stretch")

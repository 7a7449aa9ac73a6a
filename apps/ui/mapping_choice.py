"""How weights become codes, chosen: bits, symmetric or affine, what shares a scale, and where the range ends."""

from typing import Any

import streamlit as st

from quantization.mapping import GRANULARITIES, Mapping
from quantization.see.tensor_study import BITS

KINDS = ("symmetric", "affine")
GROUP_SIZES = (16, 32, 64, 128, 256)
DEFAULTS = {
    "kind": KINDS[0],
    "granularity": Mapping.granularity,
    "group_size": Mapping.group_size,
    "clipping": Mapping.clipping,
}
CLIPPING_HELP = "The percentile of the absolute weights at which the range ends; 100 keeps the largest in it."


def choose_mapping(name: str) -> tuple[Mapping, Any]:
    """The mapping, and the place beside the last control, for one of the page's own.

    What is chosen stands in the session as `name`-bits, -kind, -granularity, -group_size and -clipping, so that
    examples can set it.
    """
    for field, value in DEFAULTS.items():
        st.session_state.setdefault(f"{name}-{field}", value)
    bits, kind, granularity = st.columns([2, 2, 3], gap="medium")
    size, clipping, free = st.columns([2, 2, 3], gap="medium", vertical_alignment="bottom")
    shared = _segments(granularity, "A scale for each", GRANULARITIES, f"{name}-granularity")
    mapping = Mapping(
        bits=bits.slider("Bits", BITS[0], BITS[-1], key=f"{name}-bits", persist_state="session"),
        symmetric=_segments(kind, "Mapping", KINDS, f"{name}-kind") == "symmetric",
        granularity=shared,
        group_size=size.select_slider(
            "Group size", GROUP_SIZES, key=f"{name}-group_size", disabled=shared != "group", persist_state="session"
        ),
        clipping=clipping.slider(
            "Clipping percentile", 90.0, 100.0, step=0.1, format="%.1f", key=f"{name}-clipping", help=CLIPPING_HELP,
            persist_state="session",
        ),
    )  # fmt: skip
    return mapping, free


def _segments(column: Any, label: str, options: tuple[str, ...], key: str) -> str:
    return column.segmented_control(label, options, required=True, key=key, persist_state="session")

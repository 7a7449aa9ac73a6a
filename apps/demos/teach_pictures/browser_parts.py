"""Parts of the page that Streamlit does not have, written for the browser: a camera, rows of small pictures, a matrix.

Streamlit's own camera takes one picture, and has to be told to clear it before the next one. For twenty of each class
that is forty clicks; here a button is held.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

MOST_SHOTS = 100  # in one message of the browser
_HERE = Path(__file__).parent
_START = "data:image/jpeg;base64,"
_HTML = {
    "camera": '<div class="camera"><div class="frame"><video muted playsinline></video>'
    '<div class="said" role="status">Opening the camera</div></div><div class="row">'
    '<button class="shoot" disabled></button><button class="turn" hidden>Other camera</button></div></div>',
    "strip": '<div class="strip"></div>',
    "matrix": '<div class="scroll"><table></table></div>',
}


def _draw(name: str, key: str, data: dict[str, Any], **on_changes: Callable[[], None]) -> None:
    css, js = ((_HERE / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    component: Any = st.components.v2.component(f"aula_teach_{name}", html=_HTML[name], css=css, js=js)
    component(key=key, data=data, **on_changes)


def _sent(key: str, name: str) -> Any:
    """What the browser sent, which may be anything."""
    state = st.session_state.get(key)
    return None if state is None else state.get(name)


def show_camera(key: str, room: int, on_shots: Callable[[list[bytes]], None], full: str = "") -> None:
    """A camera whose button shoots while it is held; `on_shots` gets the JPEG files before the page is drawn again.

    At most `room` are taken in one go; `full` is a sentence that says why none can be.
    """
    data = {"label": "Hold to shoot", "live": False, "number": 0, "answered": 0, "room": room, "full": full}
    _draw("camera", key, data, on_shots_change=lambda: on_shots(decoded(_sent(key, "shots"))))


def show_live_camera(key: str, answered: int, on_shots: Callable[[list[bytes]], None]) -> None:
    """A camera that shoots by itself, one picture for each number of `answered`."""
    data = {"label": "", "live": True, "number": answered, "answered": answered, "room": 1, "full": ""}
    _draw("camera", key, data, on_shots_change=lambda: on_shots(decoded(_sent(key, "shots"))))


def decoded(sent: Any) -> list[bytes]:
    """The JPEG files in what a browser's camera sent."""
    shots = sent.get("pictures") if isinstance(sent, dict) else None
    files = []
    for shot in shots[:MOST_SHOTS] if isinstance(shots, list) else ():
        if isinstance(shot, str) and shot.startswith(_START):
            try:
                files.append(base64.b64decode(shot[len(_START) :], validate=True))
            except binascii.Error:
                continue
    return files


def show_strip(key: str, pictures: Sequence[tuple[str, str, str]], on_removed: Callable[[str], None]) -> None:
    """Small pictures, each with a button that removes it: `pictures` are their key, name and address."""
    data = {"pictures": [{"key": one, "name": name, "source": source} for one, name, source in pictures]}
    _draw("strip", key, data, on_removed_change=lambda: on_removed(str(_sent(key, "removed"))))


def show_matrix(
    key: str,
    labels: Sequence[str],
    cells: Sequence[Sequence[tuple[int, float, str]]],
    chosen: tuple[int, int] | None,
    on_cell: Callable[[int, int], None],
) -> None:
    """A matrix whose cells can be chosen: of each the count, its share of the row (0 to 1) and a picture's address."""
    data = {
        "labels": list(labels),
        "cells": [[{"count": n, "share": share, "picture": at} for n, share, at in row] for row in cells],
        "chosen": list(chosen or (-1, -1)),
    }

    def choose() -> None:
        cell = _sent(key, "cell")
        if isinstance(cell, list) and len(cell) == 2 and all(cell_ in range(len(labels)) for cell_ in cell):
            on_cell(*cell)

    _draw("matrix", key, data, on_cell_change=choose)

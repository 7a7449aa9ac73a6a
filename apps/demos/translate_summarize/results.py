"""What translating and summarizing gave, shown and to take home: the text, its pieces, its reasons, and files."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from apps.demos.translate_summarize.choice import TRANSLATE
from apps.demos.translate_summarize.selection import show_selection
from apps.ui.downloads import show_download
from apps.ui.run import Outcome
from models.text.pieces import Piece, join
from serving.records import about_left_out

PIECE_KINDS = {"translation": "translation", "part": "summary of this part", "whole": "the whole summary"}


LEFT_OUT = "[left out: the model cannot read it]"


def result_text(pieces: Sequence[Piece]) -> str:
    """The result as one text, with a mark in the place of each piece that was left out."""
    return join(replace(piece, text=LEFT_OUT) if piece.left_out else piece for piece in pieces)


def show_text(pieces: list[Piece]) -> None:
    """The result so far, as plain text: what a model writes is never read as Markdown."""
    st.text(result_text(pieces), width="stretch")


def show_progress(pieces: list[Piece]) -> None:
    """How many of the pieces are done."""
    done, total = pieces[-1].index + 1, pieces[-1].total
    st.progress(done / total, text=f"{done} of {total} pieces" if total > 1 else "1 piece")


def show_pieces(pieces: list[Piece]) -> None:
    """Each piece of the source beside what became of it."""
    if len(pieces) < 2:
        return
    with st.expander(f"Piece by piece ({len(pieces)})", icon=":material/splitscreen_left:"), st.container(height=420):
        for piece in pieces:
            source, result = st.columns(2, gap="large")
            source.caption(f"{piece.index + 1} · " + ("all summaries together" if piece.kind == "whole" else "source"))
            source.text(piece.source)
            result.caption(PIECE_KINDS[piece.kind])
            result.text(LEFT_OUT if piece.left_out else piece.text)


def as_json(outcome: Outcome) -> str:
    """The request, the result, its pieces and what it took, for a file."""
    return json.dumps(
        outcome.request
        | {
            "result": result_text(outcome.items),
            "complete": not (outcome.stopped or outcome.error or any(piece.left_out for piece in outcome.items)),
            "pieces": [_piece_as_dict(piece, outcome.request["model"]) for piece in outcome.items],
            "measured": asdict(outcome.measured) if outcome.measured else None,
        },
        ensure_ascii=False,
        indent=2,
    )


def _piece_as_dict(piece: Piece, model_id: str) -> dict[str, Any]:
    """Plain JSON types; with an `error`, a sentence, where the piece was left out."""
    return piece.as_dict() | ({"error": about_left_out([piece], model_id)} if piece.left_out else {})


def show_downloads(outcome: Outcome, name: str) -> None:
    """The result as a text file and, with its pieces and settings, as JSON; `name` begins both file names."""
    with st.container(horizontal=True):
        show_download("Text", result_text(outcome.items), f"{name}.txt", "text/plain")
        show_download("JSON", as_json(outcome), f"{name}.json", "application/json")


def result_title(request: dict[str, Any]) -> str:
    """What the box beside the source holds."""
    return request["target"].capitalize() if request["task"] == TRANSLATE else f"Summary ({request['length']})"


def show_reasons(outcome: Outcome | None) -> None:
    """Below everything else: how the result came about."""
    if outcome is None or not outcome.items:
        return
    show_pieces(outcome.items)
    if hasattr(outcome.items[-1], "sentences"):
        show_selection(outcome.items[-1])

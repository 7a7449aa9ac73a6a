"""One row a task that works on very many things: what one of them is to it, and which columns its results have."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from serving.api.reading import checked
from serving.api.requests import Asked, Picture
from serving.api.tasks import ROUTES
from serving.records import Record

Flat = Callable[[Any], Record]


@dataclass(frozen=True)
class Kind:
    """`given` is the field of the request that holds the one thing that is worked on; `thing` is its word.

    `columns` are those that its results have beside the record: for each the type, a name of `serving.cluster.shards`.
    `flat` fills them from the record. With `whole`, a .txt file is one text; else each of its lines is.
    """

    given: str
    flat: Flat
    columns: dict[str, str] = field(default_factory=dict)
    thing: str = "text"
    whole: bool = False

    @property
    def of_pictures(self) -> bool:
        return self.given == "images"


def _detections(image: Record) -> Record:
    counts = image.get("counts") or {}
    width, height = image.get("image_size") or (None, None)
    words = ", ".join(f"{count} {label}" for label, count in counts.items())
    return {"objects": sum(counts.values()), "counts": words, "width": width, "height": height}


def _label(record: Record) -> Record:
    return {"label": record.get("label"), "score": record.get("score")}


def _answer(readings: list[Record]) -> Record:
    """The best answer to the first question; those to the others stand in the record."""
    best = (readings[0].get("answers") or [{}])[0]
    return {"answer": best.get("text"), "score": best.get("score")}


def _translation(lines: list[Record]) -> Record:
    return {"translation": "\n".join(line.get("translation", "") for line in lines)}


def _summary(record: Record) -> Record:
    return {"summary": record.get("summary")}


LABEL = {"label": "text", "score": "real"}
DETECTIONS = {"objects": "whole", "counts": "text", "width": "whole", "height": "whole"}
KINDS = {
    "detect": Kind("images", _detections, DETECTIONS, "picture"),
    "classify-images": Kind("images", _label, LABEL, "picture"),
    "classify": Kind("texts", _label, LABEL),
    "answer": Kind("context", _answer, {"answer": "text", "score": "real"}, whole=True),
    "translate": Kind("text", _translation, {"translation": "text"}),
    "summarize": Kind("text", _summary, {"summary": "text"}, whole=True),
}


def request(name: str, settings: Record) -> Asked:
    """What is asked of every one of them: the request without the thing. Raises InvalidInput as the API does."""
    kind = KINDS[name]
    nothing: Any = [] if kind.given in ("images", "texts") else ""
    return checked(ROUTES[name].asked, settings | {kind.given: nothing})


def about(name: str, asked: Asked, thing: Any) -> Asked:
    """The request about one thing: a text, or a Picture."""
    kind = KINDS[name]
    return asked.model_copy(update={kind.given: [thing] if kind.given in ("images", "texts") else thing})


def settings_of(name: str, asked: Asked) -> Record:
    """All that the request says beside the thing, in plain JSON types."""
    return asked.model_dump(exclude={KINDS[name].given}, mode="json")


def harmless(name: str) -> Any:
    """A thing that every model can work on: where even that fails, the settings are to blame."""
    if KINDS[name].of_pictures:
        return _grey()
    [example] = ROUTES[name].asked.model_fields[KINDS[name].given].examples or [""]
    return example if isinstance(example, str) else example[0]


@cache
def _grey() -> Picture:
    from PIL import Image

    file = io.BytesIO()
    Image.effect_noise((320, 240), 64).convert("RGB").save(file, "PNG")
    return Picture(file.getvalue(), "picture.png")


def record_of(name: str, whole: Any) -> Any:
    """The record of the one thing in what the task gives: an object, or a list of a text's lines or readings."""
    if KINDS[name].of_pictures:
        return whole["images"][0]
    return whole[0] if name == "classify" else whole


def error_in(record: Any) -> str | None:
    """What could not be done of one thing; None where all could."""
    parts = record if isinstance(record, list) else [record]
    wrong = list(dict.fromkeys(part["error"] for part in parts if part.get("error")))
    return " ".join(wrong) or None

"""One model in several precisions: what each needs, whether it has room here, and what others have read."""

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from models.device import graphics_memory
from models.errors import PrecisionNotApplicable
from models.memory import machine_memory
from models.weights.configurations import Configuration, find_configuration
from models.wording import counted_size_text, size_text, spreadsheet_text
from quantization.predict.count import plan_for_count
from quantization.predict.plan import CACHE, MemoryPlan, plan
from quantization.predict.weight_bytes import anatomy
from quantization.recipes import find_precision
from quantization.result_files import csv_text, markdown_list, markdown_table

COMFORTABLE = 0.8  # of what is free now: the rest is for the libraries, and for what an allowance does not see
MOST = 0.9  # of all there is: no system leaves more than that to one program


class Verdict(StrEnum):
    """In the words of the page."""

    FITS = "fits"
    TIGHT = "tight"
    DOES_NOT_FIT = "does not fit"
    NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Room:
    """Where a model can be: “RAM” or a card's name, the device that computes there, bytes in all and free now."""

    name: str
    device: str
    total: int
    free: int

    def verdict(self, needed: int) -> Verdict:
        """FITS up to COMFORTABLE of what is free, DOES_NOT_FIT beyond MOST of all there is, TIGHT between."""
        if needed <= COMFORTABLE * self.free:
            return Verdict.FITS
        return Verdict.TIGHT if needed <= MOST * self.total else Verdict.DOES_NOT_FIT

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class PublishedBytes:
    """Bytes that somebody read or wrote down for a model in a precision; `exact` ones are given to the last digits."""

    precision: str
    bytes: int
    exact: bool


@dataclass(frozen=True)
class Compared:
    """A reading beside the bytes of all weights that are predicted."""

    reading: PublishedBytes
    predicted: int

    @property
    def difference(self) -> float:
        """Predicted minus read, as a part of what was read."""
        return self.predicted / self.reading.bytes - 1

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "precision": self.reading.precision,
            "reading": self.reading.bytes,
            "predicted": self.predicted,
            "difference": self.difference,
        }


PUBLISHED = {
    "meta-llama/Meta-Llama-3-8B": (
        PublishedBytes("fp32", 32_121_045_500, exact=True),
        PublishedBytes("bnb-nf4", 6_060_892_670, exact=True),
    ),
    "EleutherAI/gpt-neo-125m": (PublishedBytes("fp32", 1_200_000_000, exact=False),),
}


@dataclass(frozen=True)
class Forecast:
    """The answer to what a model needs.

    `parameters` by part and `linear_weights` by type of layer are None where only a number is known; `source` says
    where the configuration is from, `built_as` which class the model was taken for, and `assumed` is a sentence where
    the configuration does not name that class. `lacks` says why the folder could not be loaded as it is. `refused`
    holds a sentence for each precision that cannot change this model.
    """

    model: str
    source: str | None
    parameters: dict[str, int] | None
    linear_weights: dict[str, int] | None
    plans: tuple[MemoryPlan, ...]
    refused: dict[str, str]
    rooms: tuple[Room, ...]
    readings: tuple[Compared, ...]
    built_as: str | None = None
    assumed: str | None = None
    lacks: str | None = None

    @property
    def count(self) -> int:
        """Parameters in all."""
        return self.plans[0].parameters if self.parameters is None else sum(self.parameters.values())

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; a plan has a verdict for each room in which its precision exists."""
        return {
            "model": self.model,
            "source": self.source,
            "built_as": self.built_as,
            "assumed": self.assumed,
            "lacks": self.lacks,
            "parameters": self.count,
            "parameters_by_part": self.parameters,
            "linear_weights": self.linear_weights,
            "plans": [each.as_dict() | {"verdicts": self._verdict_words(each)} for each in self.plans],
            "refused": self.refused,
            "rooms": [room.as_dict() for room in self.rooms],
            "readings": [reading.as_dict() for reading in self.readings],
        }

    def to_csv(self) -> str:
        """A row for each precision: bytes of each component, the total, and the verdicts."""
        return csv_text(map(self._line, self.plans))

    def _line(self, each: MemoryPlan) -> dict[str, Any]:
        asked = {name: getattr(each, name) for name in ("model", "precision", "context", "batch", "training")}
        sizes = each.components | {CACHE: each.cache} | {"total": each.total, "at most": each.most}
        verdicts = dict.fromkeys((room.name for room in self.rooms), "") | self._verdict_words(each)
        return asked | {"model": spreadsheet_text(each.model)} | sizes | verdicts

    def to_markdown(self) -> str:
        """A table with a line for each precision, what was assumed, and what this machine has."""
        lines = (
            (each.precision, counted_size_text(each.weight_bytes), size_text(each.total), most, self._said(each))
            for each in self.plans
            for most in ["–" if each.most is None else size_text(each.most)]
        )
        table = markdown_table(("precision", "weights", "in all", "at most", "verdict"), lines)
        asked = {f"context {each.context}, batch {each.batch}, to {_purpose(each)}" for each in self.plans}
        facts = {"parameters": f"{self.count:,}", "asked": "; ".join(sorted(asked))}
        facts |= {room.name: size_text(room.total) for room in self.rooms} | self.refused
        notes = "".join(f"{note}\n\n" for note in dict.fromkeys(note for each in self.plans for note in each.notes))
        notes += f"{lacks_text(self.lacks)}\n\n" if self.lacks else ""
        return f"## {self.model}: memory predicted\n\n{table}\n{notes}{markdown_list(facts)}"

    def _said(self, each: MemoryPlan) -> str:
        words = self._verdict_words(each)
        return "; ".join(f"{verdict} in {room}" for room, verdict in words.items()) or "only on CUDA"

    def _verdict_words(self, each: MemoryPlan) -> dict[str, str]:
        return {room.name: str(verdict) for room, verdict in verdicts(each, self.rooms).items()}


def lacks_text(reason: str) -> str:
    """What to say beside a prediction for a folder that is not whole."""
    return f"This is what the whole model would need. As the folder is, it cannot be loaded: {reason}"


def _purpose(each: MemoryPlan) -> str:
    return "train with Adam" if each.training else "use"


def forecast(
    subject: Configuration | int,
    precisions: Sequence[str],
    context: int = 512,
    batch: int = 1,
    training: bool = False,
    cancelled: threading.Event | None = None,
) -> Forecast:
    """What a model, or so many parameters, needs in each of these precisions on this machine.

    Raises:
        What `plan` and `plan_for_count` raise, but for a precision that has no effect on this model.
    """
    plans, refused = [], {}
    for name in precisions:
        find_precision(name)
        try:
            plans.append(
                plan_for_count(subject, name, training)
                if isinstance(subject, int)
                else plan(subject, name, context, batch, training, cancelled)
            )
        except PrecisionNotApplicable as error:
            refused[name] = str(error)
    if isinstance(subject, int):
        return Forecast(f"{subject:,} parameters", None, None, None, tuple(plans), refused, tuple(rooms()), ())
    body = anatomy(subject)
    return Forecast(
        model=subject.model_id,
        source=subject.source,
        parameters=body.parameters,
        linear_weights=body.linear_weights,
        plans=tuple(plans),
        refused=refused,
        rooms=tuple(rooms()),
        readings=tuple(compared(subject.model_id)),
        built_as=type(body.model).__name__,
        assumed=body.assumed,
        lacks=subject.lacks,
    )


def verdicts(needed: MemoryPlan, rooms_here: Sequence[Room]) -> dict[Room, Verdict]:
    """The verdict for each room in which the plan's precision exists; the upper end of a range has to have room.

    What has room without its keys and values, which cannot be worked out, may have none with them: NOT_KNOWN.
    """
    devices = find_precision(needed.precision).devices
    judged = {room: room.verdict(needed.most or needed.total) for room in rooms_here if room.device in devices}
    if needed.cache is not None:
        return judged
    return {room: each if each == Verdict.DOES_NOT_FIT else Verdict.NOT_KNOWN for room, each in judged.items()}


def rooms() -> list[Room]:
    """This machine's memory first, then its graphics cards."""
    memory = machine_memory()
    cards = (Room(card.name, "cuda", card.total, card.free) for card in graphics_memory())
    return [Room("RAM", "cpu", memory.total, memory.available), *cards]


def compared(model_id: str) -> list[Compared]:
    """The readings of a model with what is predicted for the same precision; none for most models."""
    return [Compared(reading, _weight_bytes(model_id, reading.precision)) for reading in PUBLISHED.get(model_id, ())]


def _weight_bytes(model_id: str, precision: str) -> int:
    return sum(anatomy(find_configuration(model_id)).bytes_needed(precision).values())

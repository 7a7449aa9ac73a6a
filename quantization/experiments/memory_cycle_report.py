"""What load, use and unload left behind, in words and as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.wording import size_text
from quantization.experiments.memory_cycle import LARGE_MODEL, MOMENTS, MOST_REMAINS, Cycle, MemoryReading
from quantization.measure.conditions import flat, in_words
from quantization.result_files import csv_text, json_text, markdown_list, markdown_table

PROMISED = f"{100 * MOST_REMAINS:.0f} %"


@dataclass(frozen=True)
class CycleReport:
    """The readings and the finished cycles of one experiment, with the conditions they were taken in."""

    model_id: str
    precision: str
    device: str
    cycles_asked: int
    readings: tuple[MemoryReading, ...]
    cycles: tuple[Cycle, ...]
    conditions: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types. Sizes in bytes, times in seconds."""
        return {
            "model_id": self.model_id,
            "precision": self.precision,
            "device": self.device,
            "cycles_asked": self.cycles_asked,
            "verdict": verdict(self.cycles),
            "cycles": [cycle.as_dict() for cycle in self.cycles],
            "readings": [reading.as_dict() for reading in self.readings],
            **self.conditions,
        }

    def to_json(self) -> str:
        """`as_dict` as a text, indented to be read."""
        return json_text(self.as_dict())

    def to_csv(self) -> str:
        """One line for each reading; what is the same for all of them is repeated in each."""
        same = {"model_id": self.model_id, "precision": self.precision, "device": self.device}
        footprints = {cycle.number: cycle.footprint for cycle in self.cycles}
        same |= flat(self.conditions)
        return csv_text(
            reading.as_dict() | {"footprint": footprints.get(reading.cycle)} | same for reading in self.readings
        )

    def to_markdown(self) -> str:
        """The verdict, a table of the finished cycles, and how it was measured."""
        lines = (
            (str(cycle.number), *(size_text(each.bytes) for each in cycle.readings), size_text(max(0, cycle.remains)))
            for cycle in self.cycles
        )
        table = markdown_table(("cycle", *MOMENTS, "remains"), lines)
        facts = {"precision": self.precision, "device": self.device} | in_words(self.conditions)
        sentence = verdict(self.cycles) or "No cycle was finished."
        return f"## {self.model_id}: memory freed\n\n{sentence}\n\n{table}\n{markdown_list(facts)}"


def verdict(cycles: Sequence[Cycle]) -> str | None:
    """What remains, in one or two sentences; None while no cycle is finished.

    It is about the worst cycle from the second on: the first also loads the libraries, which stay.
    """
    if not cycles:
        return None
    if len(cycles) == 1:
        return (
            f"The first cycle left {size_text(max(0, cycles[0].remains))} behind, most of it the libraries that it "
            "also loads; they stay. From the second cycle on, what remains is the model's."
        )
    worst = max(cycles[1:], key=lambda cycle: cycle.remains)
    return f"{remains_sentence(worst)} {_judgement(worst)}"


def remains_sentence(cycle: Cycle) -> str:
    """“After unloading, 12 MB of 497 MB remain (2.4 %).”"""
    if cycle.remains <= 0:
        fewer = f": {size_text(-cycle.remains)} less than before" if cycle.remains else ""
        return f"After unloading, nothing of {size_text(cycle.footprint)} remains{fewer}."
    share = f"{100 * cycle.part:.1f} %"
    return f"After unloading, {size_text(cycle.remains)} of {size_text(cycle.footprint)} remain ({share})."


def _judgement(cycle: Cycle) -> str:
    if cycle.part <= MOST_REMAINS:
        return "The memory is free again, and nothing was restarted."
    if cycle.footprint < LARGE_MODEL:
        return (
            "The libraries keep some memory for their next work, whatever the model: for a model this small that is "
            f"a large part. The {PROMISED} that Aula promises are for models from {size_text(LARGE_MODEL)} on."
        )
    return (
        f"That is more than the {PROMISED} that Aula promises. Did others work on this machine's pages "
        "meanwhile? Their work is in the readings; run it again when nobody else does."
    )

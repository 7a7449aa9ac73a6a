"""What memory a model leaves behind: freed."""

from dataclasses import replace
from typing import Annotated

import typer

from apps.terminal.options import AsJson, Device, GenerationModel, SavedPrecision
from apps.terminal.output import ProgressLine, note, result_json, result_table
from apps.terminal.work import UntilStopped, end, note_if_slow, silence_libraries, stoppable
from models.catalog import Task
from models.device import choose_device
from models.weights import hub
from models.wording import size_text
from quantization.experiments.memory_cycle import MOMENTS, MOST_CYCLES, Cycle, MemoryReading, memory_cycles
from quantization.experiments.memory_cycle_report import CycleReport, verdict
from quantization.experiments.steps import Step
from quantization.measure.conditions import conditions
from quantization.recipes import find_precision, own_precision
from serving.choosing import choose

Cycles = Annotated[int, typer.Option(help=f"How often the model is loaded, used and dropped, 1 to {MOST_CYCLES}.")]


def freed(
    model: GenerationModel = None,
    precision: SavedPrecision = None,
    cycles: Cycles = 3,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Load, use and drop a model several times, and show what memory remains.

    From the second cycle on: the first also loads the libraries, which stay.
    \f
    With --json: an object with `model_id`, `precision`, `device`, `cycles_asked`, `verdict`, the machine as for
    `quantize`, `readings`, a list of `cycle`, `moment`, `seconds`, `resident`, `allocated` and `reserved` (in bytes;
    the last two on CUDA only), and `cycles`, a list of `number`, `footprint`, `remains` (bytes), `part` (of the
    footprint) and its own `readings`.
    """
    card = choose(model, Task.TEXT_GENERATION)
    device_type = choose_device(device).type
    chosen = own_precision(card) if precision is None else find_precision(precision)
    hub.require(card)
    note_if_slow(chosen.name, device_type)
    silence_libraries()
    report = CycleReport(card.model_id, chosen.name, device_type, cycles, (), (), conditions())
    progress = ProgressLine()
    with stoppable() as cancelled:
        items = UntilStopped(memory_cycles(card, chosen, device, cycles, cancelled=cancelled))
        for item in items:
            if isinstance(item, Step):
                progress.update(f"{card.model_id}, {item.text}", item.fraction)
            elif isinstance(item, MemoryReading):
                report = replace(report, readings=(*report.readings, item))
            elif isinstance(item, Cycle):
                report = replace(report, cycles=(*report.cycles, item))
    progress.close()
    _show_freed(report, as_json)
    end(items.stopped)


def _show_freed(report: CycleReport, as_json: bool) -> None:
    if as_json:
        result_json(report.as_dict())
        return
    headings = ("CYCLE", *(moment.upper() for moment in MOMENTS), "REMAINS")
    remains = {cycle.number: size_text(max(0, cycle.remains)) for cycle in report.cycles}
    numbers = dict.fromkeys(reading.cycle for reading in report.readings)
    rows = []
    for number in numbers:
        sizes = [size_text(reading.bytes) for reading in report.readings if reading.cycle == number]
        rows.append((str(number), *sizes, *[""] * (len(MOMENTS) - len(sizes)), remains.get(number, "")))
    result_table(headings, rows, numbers=headings[1:])
    sentences = verdict(report.cycles)
    if sentences is not None:
        note(sentences)

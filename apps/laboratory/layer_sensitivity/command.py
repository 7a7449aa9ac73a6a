"""Which layer hurts: sensitivity."""

from dataclasses import replace
from typing import Annotated

import typer

from apps.terminal.options import (
    AsJson,
    Bits,
    Clipping,
    Device,
    GenerationModel,
    Granularity,
    GroupSize,
    Symmetric,
    TextFile,
)
from apps.terminal.output import ProgressLine, note, result_json, result_table
from apps.terminal.text_input import read_text
from apps.terminal.work import UntilStopped, end, silence_libraries, stoppable
from models.catalog import Task
from models.device import choose_device
from models.weights import hub
from models.wording import change_text
from quantization.experiments.sensitivity import DEFAULT_MAPPING, DEFAULT_TOKENS, Baseline, Cell
from quantization.experiments.sensitivity import sensitivity as measure
from quantization.experiments.sensitivity_report import SensitivityReport, kinds_of, reading
from quantization.experiments.steps import Step
from quantization.mapping import Mapping
from quantization.measure.conditions import conditions
from quantization.measure.default_text import spanish_text
from serving.choosing import choose

Tokens = Annotated[int, typer.Option(help="Measure at most so many tokens of the text.")]


def sensitivity(
    model: GenerationModel = None,
    bits: Bits = DEFAULT_MAPPING.bits,
    symmetric: Symmetric = DEFAULT_MAPPING.symmetric,
    granularity: Granularity = DEFAULT_MAPPING.granularity,
    group_size: GroupSize = DEFAULT_MAPPING.group_size,
    clipping: Clipping = DEFAULT_MAPPING.clipping,
    file: TextFile = None,
    tokens: Tokens = DEFAULT_TOKENS,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Round one layer at a time, and show the change of perplexity.

    The weights of one kind of layer in one block are stored in a few bits, everything else stays exact. Without --file,
    a Spanish text of ours is measured.
    \f
    With --json: an object with `model_id`, `device`, `bits`, `symmetric`, `granularity`, `group_size`, `clipping`,
    `text_start`, `text_characters`, `baseline_perplexity`, `tokens`, `window` and `stride` (in tokens), `finished`
    (false after Ctrl-C), the machine as for `quantize`, and `cells`, a list of `block` (null for embeddings and head),
    `kind`, `perplexity`, `change` (0.02 is two per cent), `layers` and `parameters`.
    """
    mapping = Mapping(bits, symmetric, granularity, group_size, clipping)
    card = choose(model, Task.TEXT_GENERATION)
    device_type = choose_device(device).type
    hub.require(card)
    given = read_text(None, file) if file is not None else None
    silence_libraries()
    text = spanish_text() if given is None else given
    report = SensitivityReport(card.model_id, device_type, mapping, text, None, (), conditions())
    progress = ProgressLine()
    with stoppable() as cancelled:
        items = UntilStopped(measure(card, text, mapping, device, tokens, cancelled))
        for item in items:
            if isinstance(item, Step):
                progress.update(f"{card.model_id}, {item.text}", item.fraction)
            elif isinstance(item, Baseline):
                report = replace(report, baseline=item)
            elif isinstance(item, Cell):
                report = replace(report, cells=(*report.cells, item))
    progress.close()
    _show_sensitivity(report, as_json)
    end(items.stopped)


def _show_sensitivity(report: SensitivityReport, as_json: bool) -> None:
    if as_json:
        result_json(report.as_dict())
        return
    if not report.cells or report.baseline is None:
        return
    kinds = kinds_of(report.cells)
    outside = [cell for cell in report.cells if cell.block is None]
    blocks = dict.fromkeys(cell.block for cell in report.cells if cell.block is not None)
    changes = {(cell.block, cell.kind): change_text(cell.change) for cell in report.cells}
    # What no block holds has one value, in the first column.
    rows = [(cell.kind, change_text(cell.change), *[""] * (len(kinds) - 1)) for cell in outside]
    rows += [(str(block), *[changes.get((block, kind), "") for kind in kinds]) for block in blocks]
    headings = ("BLOCK", *(kinds or ["CHANGE"]))
    result_table(headings, rows, numbers=headings[1:])
    note(f"The exact model has perplexity {report.baseline.perplexity:,.2f} on {report.baseline.tokens} tokens.")
    for cell in outside:
        if len(cell.layers) > 1:
            note(f"{' and '.join(cell.layers)} share one matrix: rounding it changes both.")
    summary = reading(report.cells, report.mapping.bits)
    if summary is not None:
        note(summary)

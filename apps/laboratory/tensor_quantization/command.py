"""One layer of a model, quantized: tensor."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.options import AsJson, Bits, Clipping, Device, Granularity, GroupSize, Symmetric
from apps.terminal.output import ProgressLine, result, result_json, result_table
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.words.amounts import digits_text, percent_text
from models.catalog import Task, card_of
from models.errors import InvalidInput
from quantization.automatic.choice import AS_SAVED
from quantization.mapping import Mapping
from quantization.see.tensor_sample import TASKS

if TYPE_CHECKING:
    from quantization.see.tensor_report import TensorReport
    from quantization.see.tensor_sample import LayerShape

ModelArgument = Annotated[
    str | None,
    typer.Argument(help="A text model. Left out: the first for text generation that is here.", metavar="MODEL"),
]
LayerArgument = Annotated[
    str | None, typer.Argument(help="One of the model's layers. Left out: they are listed.", metavar="LAYER")
]
Outlier = Annotated[bool, typer.Option("--outlier", help="Make the largest weight four times as large first.")]
TaskOption = Annotated[
    str,
    typer.Option("--task", help=f"For a model outside of the catalog: {', '.join(TASKS)}.", metavar="NAME"),
]


def tensor(
    model: ModelArgument = None,
    layer: LayerArgument = None,
    bits: Bits = Mapping.bits,
    symmetric: Symmetric = Mapping.symmetric,
    granularity: Granularity = Mapping.granularity,
    group_size: GroupSize = Mapping.group_size,
    clipping: Clipping = Mapping.clipping,
    outlier: Outlier = False,
    task: TaskOption = Task.TEXT_GENERATION.value,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Quantize one layer of a model and tell what it costs; without a LAYER, list the layers.

    The error of the chosen mapping, and for comparison that of 2 to 8 bits with each granularity.
    \f
    With --json: without a layer a list of `name`, `part`, `block`, `outputs` and `inputs`; else an object with `model`,
    `layer`, `sampled` (`outputs`, `inputs`, `whole`), `outlier`, `bits`, `symmetric`, `granularity`, `group_size`,
    `clipping`, `mean_square_error`, `signal_to_noise` (in decibels, null where there is no error), `clipped_share` (0
    to 1), `bits_per_weight`, `mean_weight`, `histogram` (`edges`, `before`, `after`), `weight_picture`, `error_picture`
    and `comparison`, a list of other mappings with their figures.
    """
    mapping = Mapping(bits, symmetric, granularity, group_size, clipping)
    wrapper = load_model(_task(model, task), model, device, AS_SAVED, unasked=AS_SAVED)
    from quantization.see.tensor_sample import layers_of, sample_of

    if layer is None:
        _show_layers(layers_of(wrapper.model), as_json)
        return
    sample = sample_of(wrapper.model, layer)
    _study(wrapper.card.model_id, sample.with_outlier() if outlier else sample, outlier, mapping, as_json)


def _task(model_id: str | None, named: str) -> Task:
    """The catalog's task for a model that it knows, else the one named."""
    if named not in list(TASKS):
        raise InvalidInput(
            f"“{named}” is not a task of a model with layers to quantize. Choose one of {', '.join(TASKS)}."
        )
    known = card_of(model_id) if model_id is not None else None
    return known.task if known is not None and known.task in TASKS else Task(named)


def _show_layers(layers: "tuple[LayerShape, ...]", as_json: bool) -> None:
    if as_json:
        result_json([layer.as_dict() for layer in layers])
        return
    rows = [(layer.name, layer.part, f"{layer.outputs:,}", f"{layer.inputs:,}") for layer in layers]
    result_table(("LAYER", "PART", "OUTPUTS", "INPUTS"), rows, numbers=("OUTPUTS", "INPUTS"))


def _study(model_id: str, sample: Any, outlier: bool, mapping: Mapping, as_json: bool) -> None:
    from quantization.see.tensor_report import TensorReport
    from quantization.see.tensor_study import compare_granularities, count_mappings, study

    report = TensorReport(model_id, sample, outlier, study(sample.weights, mapping))
    progress = ProgressLine()
    with stoppable() as cancelled:
        points = UntilStopped(compare_granularities(sample.weights, mapping, cancelled))
        for done, point in enumerate(points, 1):
            report = replace(report, comparison=(*report.comparison, point))
            progress.update(f"Comparing mappings, {done} of {count_mappings()}", done / count_mappings())
    progress.close()
    if as_json:
        result_json(report.as_dict())
    else:
        _show_study(report)
    end(points.stopped)


def _show_study(report: "TensorReport") -> None:
    from quantization.see.tensor_report import sample_text

    result(f"{report.sample.layer.name}: {sample_text(report.sample)}\n")
    headings = ("BITS", "SCALES", "SNR DB", "MEAN SQUARE ERROR", "CLIPPED", "BITS/WEIGHT")
    rows = [
        (
            str(errors.mapping.bits),
            f"per {errors.mapping.granularity}",
            f"{errors.signal_to_noise:.1f}",
            digits_text(errors.mean_square_error, 3),
            percent_text(errors.clipped_share),
            f"{errors.bits_per_weight:.2f}",
        )
        for errors in (report.study.errors, *report.comparison)
    ]
    result_table(headings, rows[:1], numbers=headings)
    result("\nFor comparison:\n")
    result_table(headings, rows[1:], numbers=headings)

"""Numbers and layers seen from the inside: bits, tensor."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.options import AsJson, Bits, Clipping, Device, Granularity, GroupSize, Symmetric
from apps.terminal.output import ProgressLine, result, result_json, result_table
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.words.amounts import digits_text, percent_text
from models.catalog import Task, card_of
from models.errors import InvalidInput
from quantization.mapping import Mapping
from quantization.see.number_report import DEFAULTS, CodeSettings, NumberReport, report_number
from quantization.see.tensor_sample import TASKS

if TYPE_CHECKING:
    from quantization.see.tensor_report import TensorReport
    from quantization.see.tensor_sample import LayerShape

Number = Annotated[str, typer.Argument(help="Such as 0.1, 1e-8, 1/3, -0, inf or nan.", metavar="NUMBER")]
Scale = Annotated[float, typer.Option(help="What one step of int8 is worth.")]
ZeroPoint = Annotated[int, typer.Option(help="The int8 code that stands for 0: -128 to 127.")]
Absmax = Annotated[float, typer.Option(help="The largest absolute weight of NF4's block.")]
Saturate = Annotated[bool, typer.Option("--saturate", help="What is too large becomes the largest number of a format.")]

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


def bits(
    number: Number,
    scale: Scale = DEFAULTS.scale,
    zero_point: ZeroPoint = DEFAULTS.zero_point,
    absmax: Absmax = DEFAULTS.absmax,
    saturate: Saturate = DEFAULTS.saturating,
    as_json: AsJson = False,
) -> None:
    """Store a number in every format: its bits, the value that is left, and the error.

    fp32, bf16, fp16, fp8 (E4M3 and E5M2), int8 under a scale and a zero point, and NF4.
    """
    found = report_number(number, CodeSettings(scale, zero_point, absmax, saturate))
    if as_json:
        result_json(found.as_dict())
    else:
        _show_number(found)


def _show_number(found: NumberReport) -> None:
    rows = [
        (stored.format.name, " ".join(stored.bit_fields), stored, "overflow" if stored.overflowed else stored.kind)
        for stored in found.floats
    ]
    rows += [
        (
            stored.format,
            stored.bit_field,
            stored,
            f"clamped to {stored.code}" if stored.clamped else f"code {stored.code}",
        )
        for stored in (found.int8, found.nf4)
    ]
    result_table(
        ("FORMAT", "BITS", "STORED", "ERROR", "RELATIVE", "KIND"),
        [
            (
                name,
                pattern or "–",
                digits_text(stored.value),
                digits_text(stored.absolute_error, 3),
                digits_text(stored.relative_error, 3),
                kind if stored.value is not None else "none",
            )
            for name, pattern, stored, kind in rows
        ],
    )


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
    """
    mapping = Mapping(bits, symmetric, granularity, group_size, clipping)
    wrapper = load_model(_task(model, task), model, device, None)
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
            f"“{named}” is no task of a model with layers to quantize. Choose one of {', '.join(TASKS)}."
        )
    known = card_of(model_id)
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

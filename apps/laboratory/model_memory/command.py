"""What a model will need before it is there: memory."""

from typing import TYPE_CHECKING, Annotated

import typer

from apps.laboratory.model_memory.sentences import (
    difference_text,
    reading_text,
    remark_on_readings,
    thresholds_text,
    total_text,
)
from apps.terminal.options import AsJson, Precisions, names_in
from apps.terminal.output import note, result, result_json, result_table
from apps.terminal.work import silence_libraries, stoppable
from apps.words.amounts import parameters_text
from models.errors import InvalidInput, ModelNotHere
from models.weights.configurations import fetch_configuration, find_configuration
from models.wording import counted_size_text, size_text
from quantization.predict.count import parse_count
from quantization.predict.plan import COMPONENTS, MOST_BATCH, MOST_CONTEXT
from quantization.recipes import PRECISION_NAMES, find_precision

if TYPE_CHECKING:
    from models.weights.configurations import Configuration
    from quantization.predict.forecast import Forecast
ModelArgument = Annotated[
    str,
    typer.Argument(
        help="A model of the catalog, another Hugging Face id, a folder with a config.json, or a number such as 110M.",
        metavar="MODEL",
        show_default=False,
    ),
]
Context = Annotated[int, typer.Option(help="How many tokens a text has.", min=1, max=MOST_CONTEXT)]
Batch = Annotated[int, typer.Option(help="How many texts are worked on at once.", min=1, max=MOST_BATCH)]
Training = Annotated[bool, typer.Option("--training", help="To train it with Adam, in fp32.")]
Download = Annotated[
    bool, typer.Option("--download", help="Fetch config.json from the hub where it is not here: a few kilobytes.")
]


def memory(
    model: ModelArgument,
    precision: Precisions = None,
    context: Context = 512,
    batch: Batch = 1,
    training: Training = False,
    download: Download = False,
    as_json: AsJson = False,
) -> None:
    """Predict the memory that a model needs.

    No weights are needed: its configuration says how many there are. For each precision: weights, keys and values, an
    allowance for activations, and whether that fits on this machine.
    \f
    With --json: an object with `model`, `source` (of the configuration), `built_as` (the class of transformers),
    `assumed` (a sentence where the configuration does not name its class, else null), `lacks` (a sentence where the
    folder could not be loaded as it is, else null), `parameters`,
    `parameters_by_part`, `linear_weights` (by type of layer), `plans`, a list of `model`, `precision`, `context`
    and `batch` (as used), `training`, `parameters`, bytes of `weights` (by part), `tables`, `cache` (keys and
    values; null where they cannot be worked out), `activations`, `gradients` and `moments`, `weight_bytes`,
    `total`, `most` (the highest total where only a number is known, else null), `notes` and `verdicts`; `refused`
    (a sentence for each precision that changes nothing), `rooms` (`name`, `device`, `total`, `free`) and `readings`
    (`precision`, `reading`, `predicted`, `difference`).
    """
    named = _named(precision)
    chosen = _precisions(named, training)
    subject: Configuration | int | None = parse_count(model)
    if subject is None:
        subject = _configuration(model, download)
        note("Reading the libraries, building the model without its weights and running it without numbers")
    silence_libraries()
    from quantization.predict.forecast import forecast, lacks_text

    prediction = forecast(subject, chosen, context, batch, training)
    if as_json:
        result_json(prediction.as_dict())
    else:
        _show(prediction)
    if prediction.lacks is not None:
        note(lacks_text(prediction.lacks))
    for name, reason in prediction.refused.items():
        if named or as_json:
            note(reason)
        else:
            note(f"{name} is left out: it would change nothing of its own here.")
    if any(name in named for name in prediction.refused):
        raise typer.Exit(1)


def _named(names: list[str] | None) -> list[str]:
    return [find_precision(name).name for name in names_in(names)]


def _precisions(named: list[str], training: bool) -> list[str]:
    if not training:
        return named or list(PRECISION_NAMES)
    if named not in ([], ["fp32"]):
        raise InvalidInput("Training with Adam is worked out in fp32. Leave --precision out, or take fp32.")
    return ["fp32"]


def _configuration(model: str, download: bool) -> "Configuration":
    try:
        return find_configuration(model)
    except ModelNotHere:
        if not download:
            raise
    note(f"Fetching the configuration of {model}")
    with stoppable() as cancelled:
        return fetch_configuration(model, cancelled)


def _show(forecast: "Forecast") -> None:
    where = f" (configuration: {forecast.source})" if forecast.source else ""
    if forecast.parameters is None:
        result(forecast.model)
    else:
        result(f"{forecast.model}: {forecast.count:,} parameters{where}")
        parts = (f"{name} {parameters_text(count)}" for name, count in forecast.parameters.items() if count)
        result(", ".join(parts))
    if forecast.plans:
        _show_plans(forecast)
    for sentence in dict.fromkeys(sentence for plan in forecast.plans for sentence in plan.notes):
        note(sentence)
    for row in forecast.readings:
        read, predicted = (reading_text(count, row) for count in (row.reading.bytes, row.predicted))
        result(f"{row.reading.precision}: predicted {predicted}, the course read {read} ({difference_text(row)})")
    if forecast.readings:
        note(remark_on_readings(forecast.model, forecast.readings, forecast.plans))
    note(thresholds_text(forecast.rooms))


def _show_plans(forecast: "Forecast") -> None:
    from quantization.predict.forecast import verdicts

    seen = {name for plan in forecast.plans for name in plan.visible if name not in plan.weights}
    used = [name for name in COMPONENTS if name in seen]
    headings = (
        "PRECISION",
        "WEIGHTS",
        *(name.upper() for name in used),
        "TOTAL",
        *(room.name for room in forecast.rooms),
    )
    result_table(
        headings,
        [
            (
                plan.precision,
                counted_size_text(plan.weight_bytes),
                *(size_text(plan.components[name]) for name in used),
                total_text(plan),
                *(str(verdicts(plan, forecast.rooms).get(room, "–")) for room in forecast.rooms),
            )
            for plan in forecast.plans
        ],
        numbers=headings[1 : len(used) + 3],
    )
    for plan in forecast.plans:
        if not verdicts(plan, forecast.rooms):
            note(f"{plan.precision} runs on CUDA only, and this machine has no NVIDIA card.")

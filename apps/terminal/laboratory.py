"""One model in several precisions, measured: quantize."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.terminal.options import AsJson, Device
from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.text_input import read_text
from apps.terminal.work import UntilStopped, choose, end, silence_libraries, stoppable
from apps.wording import seconds_text, size_text
from models import hub
from models.catalog import Task
from models.device import choose_device
from models.precision import applies
from quantization.recipes import PRECISION_NAMES, PRECISIONS, find_precision

if TYPE_CHECKING:
    from models.precision import Precision
    from quantization.compare import Row

ModelArgument = Annotated[
    str | None,
    typer.Argument(help="A text generation model. Left out: the catalog's first that is here.", metavar="MODEL"),
]
Precisions = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        help=f"Of {', '.join(PRECISION_NAMES)}; repeat it, or separate them by commas. Left out: all that apply.",
        metavar="NAME",
    ),
]
Prompt = Annotated[str, typer.Option(help="What the sample of each precision continues.", metavar="TEXT")]
MeasuredText = Annotated[
    Path | None, typer.Option(help="Measure perplexity on this file. Left out: a Spanish text of ours.", metavar="FILE")
]
Seed = Annotated[int, typer.Option(help="The seed of the samples.")]
MaxNewTokens = Annotated[int, typer.Option(help="The length of the samples, in tokens.")]


def quantize(
    model: ModelArgument = None,
    precision: Precisions = None,
    prompt: Prompt = "Me gusta mucho el fútbol",
    text_file: MeasuredText = None,
    seed: Seed = 0,
    max_new_tokens: MaxNewTokens = 60,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Compare a model in several precisions.

    For each: size of the file, footprint, time to load, speed, perplexity, and a sample of what it writes.
    """
    card = choose(model, Task.TEXT_GENERATION)
    place = choose_device(device).type
    chosen = _precisions(precision, place)
    text = read_text(None, text_file) if text_file is not None else None
    hub.require(card)  # one sentence, instead of the same one for each precision
    silence_libraries()
    from quantization.compare import Row, compare
    from quantization.report import report

    progress, rows = ProgressLine(), []
    settings = {"prompt": prompt, "text": text, "seed": seed, "max_new_tokens": max_new_tokens}
    begun = report(card, place, **settings)
    with stoppable() as cancelled:
        steps = UntilStopped(compare(card, chosen, device=device, cancelled=cancelled, **settings))
        for step in steps:
            if isinstance(step, Row):
                rows.append(step)
            else:
                progress.update(f"{card.model_id}, {step.text}", step.fraction)
    progress.close()
    if as_json:
        result_json(replace(begun, rows=tuple(rows)).as_dict())
    else:
        _show(rows)
    for row in rows:
        if row.error:
            note(row.error)
    end(steps.stopped, failed=any(row.error for row in rows))


def _precisions(names: list[str] | None, device: str) -> list["Precision"]:
    """Those named; when none is, all that exist for this task on this device."""
    given = [name.strip() for several in names or () for name in several.split(",") if name.strip()]
    if given:
        return [find_precision(name) for name in dict.fromkeys(given)]
    return [precision for precision in PRECISIONS if applies(precision, device, Task.TEXT_GENERATION)]


def _show(rows: list["Row"]) -> None:
    measured = [row for row in rows if row.error is None]
    headings = ("PRECISION", "FILE", "FOOTPRINT", "LOADING", "TOKENS/S", "PERPLEXITY", "BITS/BYTE")
    result_table(
        headings,
        [
            (
                row.precision,
                size_text(row.file_bytes),
                size_text(row.footprint),
                seconds_text(row.load_seconds),
                f"{row.tokens_per_second:.1f}",
                f"{row.perplexity:.2f}",
                f"{row.bits_per_byte:.3f}",
            )
            for row in measured
        ],
        numbers=headings[1:],
    )
    for row in measured:
        result(f"\n{row.precision}: {row.sample}")

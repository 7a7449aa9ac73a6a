"""One model in several precisions, measured, and one of them kept as a model of its own: quantize."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.laboratory.gpt2_quantization.printed import show_kept, show_measured
from apps.laboratory.task_quality import printed as task_quality
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Precisions, names_in
from apps.terminal.output import ProgressLine, note, result_json
from apps.terminal.text_input import read_text
from apps.terminal.work import UntilStopped, end, note_if_strange, silence_libraries, stoppable
from apps.words.doubts import about_rows
from models.catalog import ModelCard, Task
from models.device import choose_device
from models.errors import InvalidInput
from models.folders import at_home
from models.tasks import TEXT_TASKS
from models.weights import hub
from models.weights.cards import find_card
from quantization.experiments.row import BASELINE
from quantization.measure.default_text import DEFAULT_PROMPT
from quantization.measure.speed import require_threads
from quantization.recipes import find_precision, offered, own_precision
from serving.choosing import choose

if TYPE_CHECKING:
    from models.precision import Precision
    from quantization.experiments.row import Row
    from quantization.experiments.task_quality import QualityRow

ModelArgument = Annotated[
    str | None,
    typer.Argument(
        help="A text model: an id of the catalog, another Hugging Face id, or a folder. "
        "Left out: the catalog's first for text generation that is here.",
        metavar="MODEL",
    ),
]
Prompt = Annotated[str, typer.Option(help="What the sample of each precision continues.", metavar="TEXT")]
MeasuredText = Annotated[
    Path | None, typer.Option(help="Measure perplexity on this file. Left out: a Spanish text of ours.", metavar="FILE")
]
Seed = Annotated[int, typer.Option(help="The seed of the samples.")]
MaxNewTokens = Annotated[int, typer.Option(help="The length of the samples, in tokens.")]
Threads = Annotated[
    int | None, typer.Option(help="Compute with so many threads. Left out: as many as torch takes by itself.")
]
Out = Annotated[
    Path | None,
    typer.Option(help="Keep the one precision named (fp32 may be beside it) as a model in this folder.", metavar="DIR"),
]
Measure = Annotated[bool, typer.Option("--measure/--no-measure", help="With --out: measure first, or only keep.")]
Peak = Annotated[bool, typer.Option(help="Measure the peak memory of loading, in a fresh process for each precision.")]


def quantize(
    model: ModelArgument = None,
    precision: Precisions = None,
    prompt: Prompt = DEFAULT_PROMPT,
    text_file: MeasuredText = None,
    seed: Seed = 0,
    max_new_tokens: MaxNewTokens = 60,
    threads: Threads = None,
    peak: Peak = True,
    out: Out = None,
    measured: Measure = True,
    device: Device = "auto",
    even_if_unreadable: EvenIfUnreadable = False,
    as_json: AsJson = False,
) -> None:
    """Compare a model in several precisions, and keep one of them.

    For text generation, each one's file, memory, speed, perplexity, agreement with fp32 and a sample of what it
    writes. For question answering and translation, what each costs in points. Text classification can only be kept.
    \f
    With --json: an object with `model_id`, `device`, `prompt`, `text_start` and `text_characters` (of the measured
    text), `seed`, `max_new_tokens`, `threads`, `date`, `machine`, `processor`, `cpu_features`, `graphics_cards`,
    `versions`, `cautions` (sentences on speeds that cannot be compared), `kept` (the folder of `--out`, or null) and
    `rows`, a list of `precision`, `file_bytes`, `footprint`, `peak_bytes` (what loading added at its highest to the
    `before_bytes` of a fresh process), `layers_changed` and `layers`, `load_seconds`, `prefill_tokens`,
    `prefill_tokens_per_second`, `prefill_slowest`, `prefill_fastest`, `tokens_per_second`, `slowest`, `fastest`,
    `ratio` (how many times as fast as fp32, in turns with it) with its 95 % interval `ratio_low` and `ratio_high`, the
    same three with `prefill_`, `busy` (the part of the processor that others used meanwhile, 0 to 1), `speed_verdict`
    (what may be said of the speed, or null), `perplexity`, `bits_per_byte`, `top1_agreement` (0 to 1) and
    `kl_divergence` (in nats, from fp32 to this precision, at `agreement_positions` places), `sample`, `unreadable`
    and `unreadable_signs` (of prompt or text, whichever the model's vocabulary lacks more of) and `error`. For
    question answering and translation it is what each precision costs in points; where nothing was measured,
    `model_id`, `precision` and `kept`.
    """
    card = _choose(model)
    device_type = choose_device(device).type
    chosen = _precisions(precision, card, device_type)
    require_threads(threads)
    keeping = _to_keep(card, chosen, out, device_type)
    if keeping is None and not measured:
        raise InvalidInput("With --no-measure there is nothing to do but to keep the model. Name a folder with --out.")
    text = read_text(None, text_file) if text_file is not None else None
    hub.require(card)  # one sentence, instead of the same one for each precision
    silence_libraries()
    if measured and card.task == Task.TEXT_GENERATION:
        settings = {"prompt": prompt, "text": text, "seed": seed, "max_new_tokens": max_new_tokens, "threads": threads}
        how = {"peak": peak, "even_if_unreadable": even_if_unreadable}
        note_if_strange(card, prompt, text or "")
        _measure_and_keep(card, chosen, keeping, device, settings, how, as_json)
    elif measured and card.task in task_quality.TASKS:
        report = task_quality.compare_quality(card, chosen, device, threads, as_json)  # ends where one failed
        if keeping is not None:
            row = next(row for row in report.rows if row.precision == keeping.precision.name)
            kept = _keep(card, keeping, row, report.facts())
            if as_json:  # standard output holds one JSON object and nothing else
                note(f"Kept in {kept}")
            else:
                show_kept(card, kept)
    elif keeping is not None:
        kept = _keep(card, keeping)
        if as_json:
            result_json({"model_id": card.model_id, "precision": keeping.precision.name, "kept": str(kept)})
        else:
            show_kept(card, kept)
    else:
        raise InvalidInput(
            f"{card.model_id} is for {card.task.label}, which cannot be measured here, only kept. Add --out FOLDER."
        )


def _choose(model: str | None) -> ModelCard:
    """The model named, for whichever text task it is; a folder's configuration says which."""
    if model is None:
        return choose(None, Task.TEXT_GENERATION)
    card = find_card(model, Task.TEXT_GENERATION, *TEXT_TASKS)
    folder = hub.locate(card)
    return replace(card, task=hub.task_of(card.model_id, folder) or card.task) if folder is not None else card


def _precisions(names: list[str] | None, card: ModelCard, device: str) -> list["Precision"]:
    """Those named; when none is, all that exist for this model on this device."""
    if given := names_in(names):
        return [find_precision(name) for name in given]
    if card.precision is not None:  # saved quantized: there is no other
        return [own_precision(card)]
    return offered(device, card.task)


@dataclass(frozen=True)
class _Keeping:
    """What is kept of the precisions: one of them, made on a device (`cpu` or `cuda`), in a folder."""

    precision: "Precision"
    folder: Path
    device: str


def _to_keep(card: ModelCard, chosen: list["Precision"], folder: Path | None, device: str) -> _Keeping | None:
    """The precision to keep and where, checked before anything takes time; None without a folder."""
    if folder is None:
        return None
    wanted = [precision for precision in chosen if precision.name != BASELINE] or chosen
    if len(wanted) != 1:
        raise InvalidInput(
            f"--out keeps one precision, and these are {len(wanted)}: {', '.join(each.name for each in wanted)}. "
            f"Name one with --precision; {BASELINE} may be beside it, to be compared with."
        )
    from quantization.keep import require_keepable

    require_keepable(card, wanted[0], at_home(folder).resolve(), device)
    return _Keeping(wanted[0], folder, device)


def _measure_and_keep(
    card: ModelCard,
    chosen: list["Precision"],
    keeping: _Keeping | None,
    device: str,
    settings: dict[str, Any],
    how: dict[str, Any],
    as_json: bool,
) -> None:
    """Rows first, then the folder with its row in the card, then what was found."""
    from quantization.experiments.comparison_report import report

    begun = report(card, choose_device(device).type, **settings)
    rows, stopped = _measure(card, chosen, device, settings | how)
    finished = replace(begun, rows=tuple(rows))
    kept = None
    if keeping is not None and not stopped:
        row = next((row for row in rows if row.precision == keeping.precision.name and not row.error), None)
        kept = _keep(card, keeping, row, finished.facts()) if row is not None else None
    if as_json:
        result_json(finished.as_dict() | {"kept": str(kept) if kept else None})
    else:
        show_measured(rows)
        if kept is not None:
            show_kept(card, kept)
    for doubt in about_rows(rows, card.model_id):
        note(doubt)
    for failed in rows:
        if failed.error:
            note(f"{failed.precision}: {failed.error}")
    end(stopped, failed=any(row.error for row in rows))


def _measure(
    card: ModelCard, chosen: list["Precision"], device: str, settings: dict[str, Any]
) -> tuple[list["Row"], bool]:
    """The rows, with what there is of the last one after Ctrl-C, and whether that was pressed."""
    from quantization.experiments.compare import compare, rows_of
    from quantization.experiments.steps import Step

    progress, items = ProgressLine(), []
    with stoppable() as cancelled:
        steps = UntilStopped(compare(card, chosen, device=device, cancelled=cancelled, **settings))
        for step in steps:
            items.append(step)
            if isinstance(step, Step):
                progress.update(f"{card.model_id}, {step.text}", step.fraction)
    progress.close()
    return rows_of(items, steps.stopped), steps.stopped


def _keep(
    card: ModelCard,
    keeping: _Keeping,
    row: "Row | QualityRow | None" = None,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    from quantization.keep import keep

    with stoppable() as cancelled:
        return keep(card, keeping.precision, keeping.folder, row, keeping.device, note, cancelled, facts)

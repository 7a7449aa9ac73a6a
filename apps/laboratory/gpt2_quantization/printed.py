"""What `quantize` found and kept, printed."""

from pathlib import Path

from apps.terminal.output import note, result, result_table
from apps.words.amounts import seconds_text
from models.catalog import ModelCard
from models.weights import hub
from models.wording import size_text
from quantization.experiments.figures import FIGURES, Figure
from quantization.experiments.row import BASELINE, Row, whole_rows
from quantization.experiments.speeds import cautions, claim, is_comparable
from quantization.experiments.verdicts import MOST_PERPLEXITY_RISE, baseline_of, costs_too_much, perplexity_rise


def show_measured(rows: list[Row]) -> None:
    """A line for each precision with a measurement, what each of them wrote, and warnings."""
    shown = [row for row in rows if row.footprint is not None or row.file_bytes is not None]
    figures = [figure for figure in FIGURES if figure.terminal]
    names = tuple(figure.terminal for figure in figures)
    lines = [(row.precision, *(_cell(figure, row) for figure in figures)) for row in shown]
    result_table(("PRECISION", *names), lines, numbers=names)
    for row in shown:
        if row.sample is not None:
            result(f"\n{row.precision}: {row.sample}")
    _warn(rows)


def _warn(rows: list[Row]) -> None:
    baseline = baseline_of(rows)
    whole = whole_rows(rows)
    if whole and all(row.precision != BASELINE for row in rows):
        note(f"Without {BASELINE} there is no agreement to measure. Add --precision {BASELINE}.")
    for row in whole:
        if baseline is not None and row is not baseline and is_comparable(row):
            said = claim(row, f"the tokens per second of {BASELINE}")
            note(f"{row.precision}: {said}.")
    for sentence in cautions(rows):
        note(sentence)
    for row in whole:
        if baseline is not None and costs_too_much(row, baseline):
            note(
                f"{row.precision} raises perplexity by {100 * perplexity_rise(row, baseline):.1f} % over {BASELINE}, "
                f"more than {100 * MOST_PERPLEXITY_RISE:.0f} %. Take another where quality counts."
            )


def show_kept(card: ModelCard, folder: Path) -> None:
    """Where a model was kept, and a command that uses it."""
    result(f"\nKept in {folder} ({size_text(hub.bytes_below(folder))}). Every page and command takes it as a model.")
    if (command := card.task.row.command(folder)) is not None:
        result(command)


def _cell(figure: Figure, row: Row) -> str:
    """The table is as wide as a terminal: short, and without the spread."""
    seconds = figure.value(row) if figure.unit == "s" else None
    return figure.text(row, part_of="/") if seconds is None else seconds_text(seconds)

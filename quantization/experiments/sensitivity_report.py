"""Which layer hurts, in words and as files."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from models.wording import change_text, spreadsheet_text
from quantization.experiments.sensitivity import Baseline, Cell
from quantization.mapping import Mapping
from quantization.measure.conditions import about_text, flat, in_words
from quantization.result_files import csv_text, json_text, markdown_list, markdown_table


@dataclass(frozen=True)
class SensitivityReport:
    """The cells of one experiment, with the model, mapping, text and machine they were measured with."""

    model_id: str
    device: str
    mapping: Mapping
    text: str
    baseline: Baseline | None
    cells: tuple[Cell, ...]
    conditions: dict[str, Any]

    @property
    def finished(self) -> bool:
        """Whether every place was measured."""
        return self.baseline is not None and len(self.cells) == len(self.baseline.places)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types. A `change` of 0.02 is two per cent."""
        return {
            **self._same(),
            "finished": self.finished,
            "cells": [cell.as_dict() for cell in self.cells],
            **self.conditions,
        }

    def _same(self) -> dict[str, Any]:
        exact = self.baseline
        return {
            "model_id": self.model_id,
            "device": self.device,
            **asdict(self.mapping),
            **about_text(self.text),
            "baseline_perplexity": exact and exact.perplexity,
            "tokens": exact and exact.tokens,
            "window": exact and exact.window,
            "stride": exact and exact.stride,
        }

    def to_json(self) -> str:
        """`as_dict` as a text, indented to be read."""
        return json_text(self.as_dict())

    def to_csv(self) -> str:
        """One line for each cell; what is the same for all of them is repeated in each."""
        same = self._same() | flat(self.conditions)
        same["text_start"] = spreadsheet_text(same["text_start"])
        lines = (cell.as_dict() | {"layers": " ".join(cell.layers)} | same for cell in self.cells)
        return csv_text(lines, [*(field.name for field in fields(Cell)), *same])

    def to_markdown(self) -> str:
        """What hurts in words, a table with the most sensitive place first, and how it was measured."""
        lines = (
            (cell.name, f"{cell.parameters:,}", f"{cell.perplexity:,.2f}", change_text(cell.change))
            for cell in ranked(self.cells)
        )
        table = markdown_table(("place", "parameters", "perplexity", "change"), lines)
        sentence = reading(self.cells, self.mapping.bits) or "Nothing was measured."
        return f"## {self.model_id}: which layer hurts\n\n{sentence}\n\n{table}\n{markdown_list(self._facts())}"

    def _facts(self) -> dict[str, str]:
        exact = self.baseline
        weights = {name.replace("_", " "): str(value) for name, value in asdict(self.mapping).items()}
        text = about_text(self.text)
        return {
            "exact model in fp32": f"perplexity {exact.perplexity:,.2f}" if exact else "not measured",
            "window and stride": f"{exact.window} and {exact.stride} tokens" if exact else "–",
            **weights,
            "measured text": f"“{text['text_start']}…”, {text['text_characters']} characters",
            "device": self.device,
            **in_words(self.conditions),
        }


def ranked(cells: Sequence[Cell]) -> list[Cell]:
    """The most sensitive first."""
    return sorted(cells, key=lambda cell: -cell.change)


def reading(cells: Sequence[Cell], bits: int) -> str | None:
    """The three most and the three least sensitive places in words; None without cells."""
    if not cells:
        return None
    order = ranked(cells)
    if len(order) < 6:
        return f"In {bits} bits: {_listed(order)}."
    least = sorted(order[3:], key=lambda cell: abs(cell.change))[:3]
    return f"In {bits} bits, it hurts most in {_listed(order[:3])}; it changes least in {_listed(least)}."


def _listed(cells: Sequence[Cell]) -> str:
    words = [f"{cell.name} ({change_text(cell.change)})" for cell in cells]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def kinds_of(cells: Sequence[Cell]) -> list[str]:
    """The kinds of layers in blocks, in the model's order."""
    return list(dict.fromkeys(cell.kind for cell in cells if cell.block is not None))


def sums(cells: Sequence[Cell]) -> tuple[dict[str, float], dict[str, float]]:
    """The changes added up, by kind and by block; embeddings and head stand for themselves in both."""
    by_kind: dict[str, float] = {}
    by_block: dict[str, float] = {}
    for cell in cells:
        by_kind[cell.kind] = by_kind.get(cell.kind, 0.0) + cell.change
        block = cell.kind if cell.block is None else str(cell.block)
        by_block[block] = by_block.get(block, 0.0) + cell.change
    return by_kind, by_block

"""What an experiment found, with everything that a reader needs to trust or repeat it, as JSON, CSV and Markdown."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from models.catalog import ModelCard
from models.wording import spreadsheet_text
from quantization.experiments.figures import FIGURES
from quantization.experiments.row import Row
from quantization.experiments.speeds import METHOD, cautions
from quantization.measure.conditions import about_text, conditions, flat, in_words
from quantization.measure.default_text import spanish_text
from quantization.result_files import csv_text, json_text, markdown_list, markdown_table


@dataclass(frozen=True)
class Report:
    """One experiment: a model's rows, and the machine, versions and settings they were measured with.

    `text_start` and `text_characters` say which text was measured: how it begins, and its length.
    """

    model_id: str
    device: str
    prompt: str
    text_start: str
    text_characters: int
    seed: int
    max_new_tokens: int
    rows: tuple[Row, ...]
    conditions: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types. Sizes are in bytes, times in seconds, speeds in tokens per second."""
        return self._settings() | {
            "rows": [row.as_dict() for row in self.rows],
            "cautions": cautions(self.rows),
            **self.conditions,
        }

    def _settings(self) -> dict[str, Any]:
        names = (each.name for each in fields(self) if each.name not in ("rows", "conditions"))
        return {name: getattr(self, name) for name in names}

    def to_json(self) -> str:
        """`as_dict` as a text, indented to be read."""
        return json_text(self.as_dict())

    def to_csv(self) -> str:
        """One line for each row; what is the same for all of them is repeated in each, so that tables can be joined."""
        texts = {name: spreadsheet_text(getattr(self, name)) for name in ("prompt", "text_start")}
        same = self._settings() | texts | flat(self.conditions)
        return csv_text((self._line(row) | same for row in self.rows), list(self._line(Row(""))) + list(same))

    def _line(self, row: Row) -> dict[str, Any]:
        sample = None if row.sample is None else spreadsheet_text(row.sample)
        return row.as_dict() | {"sample": sample}

    def to_markdown(self) -> str:
        """A table and the conditions under which it was measured, ready to paste into notes or a model card."""
        headings = ("precision", *(figure.report for figure in FIGURES))
        lines = ([row.precision, *(figure.spread_text(row) for figure in FIGURES)] for row in self.rows)
        table = markdown_table(headings, lines)
        notes = {row.precision: row.error for row in self.rows if row.error} | self.facts()
        warnings = "".join(f"**{sentence}**\n\n" for sentence in cautions(self.rows))
        return f"## {self.model_id} in several precisions\n\n{warnings}{table}\n{markdown_list(notes)}"

    def facts(self) -> dict[str, str]:
        """Under which conditions the rows were measured, as words to be read."""
        prefill = max((row.prefill_tokens or 0 for row in self.rows), default=0)
        positions = max((row.agreement_positions or 0 for row in self.rows), default=0)
        prompt = " ".join(self.prompt.split())
        agreement = f"over the measured text's first {positions} positions, KL(fp32 ‖ precision) in nats"
        return {
            **in_words(self.conditions),
            "device": self.device,
            "measured text": f"“{self.text_start}…”, {self.text_characters} characters, sliding window",
            "prefill": f"{prefill} tokens read at once" if prefill else "not measured",
            "speeds": METHOD if any(row.ratio is not None for row in self.rows) else "not compared in turns",
            "agreement": agreement if positions else "not measured, because fp32 was not",
            "samples": f"seed {self.seed}, at most {self.max_new_tokens} tokens after “{prompt}”",
        }


def report(
    card: ModelCard,
    device: str,
    prompt: str,
    seed: int,
    rows: Iterable[Row] = (),
    *,
    text: str | None = None,
    max_new_tokens: int = 60,
    threads: int | None = None,
) -> Report:
    """The report of an experiment on this machine today, with the settings as they were given to `compare`.

    Made when the experiment begins, as date and threads are those of now; `dataclasses.replace` puts rows into it.
    """
    return Report(
        model_id=card.model_id,
        device=device,
        prompt=prompt,
        **about_text(spanish_text() if text is None else text),
        seed=seed,
        max_new_tokens=max_new_tokens,
        rows=tuple(rows),
        conditions=conditions(threads),
    )

"""What precisions cost in points, in words and as files: with everything that is needed to trust or repeat it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from models.catalog import ModelCard
from models.wording import count_text
from quantization.experiments.speeds import BASELINE, METHOD, Verdict, cautions
from quantization.experiments.task_quality import (
    Changed,
    Cost,
    QualityRow,
    WholeQualityRow,
    changed,
    costs,
    costs_too_much,
    whole_rows,
)
from quantization.experiments.verdicts import MOST_POINTS
from quantization.measure.bootstrap import SAMPLES, Interval
from quantization.measure.conditions import conditions, flat, in_words
from quantization.measure.exams import Exam
from quantization.result_files import csv_text, json_text, markdown_table


@dataclass(frozen=True)
class TaskReport:
    """One exam of one model: its rows, and the machine, versions and settings they were measured with."""

    model_id: str
    task: str
    device: str
    settings: str
    exam: Exam
    rows: tuple[QualityRow, ...]
    conditions: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types. Sizes in bytes, speeds in rows per second, scores and costs in points from 0 to 100."""
        return {
            "model_id": self.model_id,
            "task": self.task,
            "device": self.device,
            "settings": self.settings,
            "figure": self.exam.main,
            "rows": [row.as_dict() for row in self.rows],
            "costs": [asdict(cost) for cost in costs(self.exam, self.rows)],
            "cautions": cautions(self.rows),
            "bootstrap_samples": SAMPLES,
            "asked": [{"text": row.text, "references": list(row.references)} for row in self.exam.rows],
            **self.conditions,
        }

    def to_json(self) -> str:
        """`as_dict` as a text, indented to be read."""
        return json_text(self.as_dict())

    def to_csv(self) -> str:
        """One line for each precision; what is the same for all of them is repeated in each."""
        by_precision = {cost.precision: cost for cost in costs(self.exam, self.rows)}
        return csv_text(self._line(row, by_precision.get(row.precision)) for row in self.rows)

    def _line(self, row: QualityRow, cost: Cost | None) -> dict[str, Any]:
        same = {"model_id": self.model_id, "device": self.device, "settings": self.settings, **flat(self.conditions)}
        plain = {name: value for name, value in row.as_dict().items() if name not in ("figures", "interval", "outputs")}
        return plain | row.figures | _bounds("", row.interval) | _cost_columns(cost) | same

    def to_markdown(self) -> str:
        """A table for a report, its sentences, and how it was measured."""
        names = list(dict.fromkeys(name for row in self.rows for name in row.figures))
        heading = ["precision", *names, f"{self.exam.unit}s/s", "file MB", "footprint MB"]
        table = markdown_table(heading, (self._cells(row, names) for row in whole_rows(self.rows)))
        sentences = [cost_sentence(cost) for cost in costs(self.exam, self.rows)]
        sentences += cautions(self.rows)
        sentences += [row.error for row in self.rows if row.error is not None]
        listed = "".join(f"- {sentence}\n" for sentence in sentences)
        return f"# {self.model_id}: what precisions cost\n\n{table}\n{listed}\n{self.method()}\n"

    def _cells(self, row: WholeQualityRow, names: list[str]) -> list[str]:
        scores = {name: f"{row.figures[name]:.1f}" for name in names}
        scores[self.exam.main] += f" ({interval_text(row.interval)})"
        sizes = [f"{size / 1e6:.1f}" for size in (row.file_bytes, row.footprint)]
        return [row.precision, *scores.values(), f"{row.rows_per_second:.1f}", *sizes]

    def facts(self) -> dict[str, str]:
        """Under which conditions the rows were measured, as words to be read."""
        asked = f"{len(self.exam.rows)} {self.exam.unit}s written for the suite"
        return {
            **in_words(self.conditions),
            "device": self.device,
            "asked": asked,
            "scored": self.settings,
            **self._speeds(),
        }

    def _speeds(self) -> dict[str, str]:
        return {"speeds": METHOD} if any(row.ratio is not None for row in self.rows) else {}

    def method(self) -> str:
        """What was asked, how it was scored, and on what machine."""
        asked, unit, facts = len(self.exam.rows), self.exam.unit, self.conditions
        return (
            f"{self.model_id}: {asked} {unit}s written for the suite, on {self.device} ({facts['processor']}), "
            f"{count_text(facts['threads'], 'thread')}, {facts['date']}. {self.settings} "
            f"Intervals: 95 % of {SAMPLES:,} bootstrap draws of the {unit}s, the same draws for every precision. "
            f"Speed: the median {unit}. Speeds, {METHOD}."
        )


def task_report(
    card: ModelCard, exam: Exam, device: str, rows: Iterable[QualityRow] = (), threads: int | None = None
) -> TaskReport:
    """The report of an exam on this machine today; `dataclasses.replace` puts rows into it."""
    about = conditions(threads)
    return TaskReport(card.model_id, card.task.value, device, exam.settings, exam, tuple(rows), about)


def points_text(points: float) -> str:
    """Points with one digit and a real minus: 0.4, −1.2."""
    text = f"{points:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")


def interval_text(interval: Interval) -> str:
    """From where to where: −0.8 to 2.1."""
    return f"{points_text(interval.low)} to {points_text(interval.high)}"


def cost_sentence(cost: Cost) -> str:
    """A precision in one sentence: “int8 costs 0.4 points of F1 (95 % interval: −0.8 to 2.1) and gives 2.10× the …”."""
    amount = points_text(abs(cost.points))
    verb = "costs" if cost.points >= 0 else "gains"
    points = f"{verb} {amount} point{'' if amount == '1.0' else 's'} of {cost.figure}"
    if amount == "0.0":
        points = f"costs no {cost.figure}"
    bounds = interval_text(cost.interval if verb == "costs" else Interval(-cost.interval.high, -cost.interval.low))
    cost_of_points, file = f"{cost.precision} {points} (95 % interval: {bounds})", f"in {cost.file:.2f}× the file"
    if cost.speed is None or cost.speed_verdict == Verdict.NO_DIFFERENCE:
        return f"{cost_of_points} {file}; {cost.speed_claim}."
    return f"{cost_of_points} and gives {cost.speed_claim} {file}."


def warning(cost: Cost) -> str | None:
    """A sentence where the precision costs more than one point, None where it does not."""
    if not costs_too_much(cost):
        return None
    chance = " With so few rows it may be chance: the interval holds 0." if cost.interval.holds_zero else ""
    return (
        f"{cost.precision} costs more than {MOST_POINTS:.0f} point of {cost.figure} here: "
        f"{points_text(cost.points)}.{chance} Prefer a precision that costs less, if quality matters more than speed."
    )


def changes(exam: Exam, rows: Iterable[QualityRow]) -> dict[str, list[Changed]]:
    """For each precision beside the baseline, the rows it answers differently."""
    measured = {row.precision: row for row in whole_rows(rows)}
    baseline = measured.pop(BASELINE, None)
    return {name: changed(exam, row, baseline) for name, row in measured.items()} if baseline else {}


def _bounds(prefix: str, interval: Interval | None) -> dict[str, float]:
    return {} if interval is None else {f"{prefix}low": interval.low, f"{prefix}high": interval.high}


def _cost_columns(cost: Cost | None) -> dict[str, float | None]:
    if cost is None:
        return {}
    return {"cost": cost.points, **_bounds("cost_", cost.interval), "speed": cost.speed, "file": cost.file}

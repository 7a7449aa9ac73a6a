"""Reports of machines that do not exist."""

from typing import Any

from quantization.race.report import SpeedReport
from quantization.race.row import SpeedRow

FACTS: dict[str, Any] = {
    "threads": 2, "cores": 2, "memory": 8_000_000_000, "date": "2026-11-21", "machine": "Linux 6 (x86_64)",
    "processor": "a processor", "cpu_features": ["avx2"], "graphics_cards": [],
    "versions": {"aula": "0.1.0", "torch": "2.15"},
}  # fmt: skip


def row(model: str = "aula/qa-minilm", precision: str = "int8", plain: float = 10.0, here: float = 20.0) -> SpeedRow:
    """A row whose ratio is what the two speeds say, sure to five per cent."""
    ratio = here / plain
    return SpeedRow(
        model, "question-answering", precision, "3 questions on one text of 71 words", "question", plain, here,
        ratio, 0.95 * ratio, 1.05 * ratio, 9, 0.01, 1.5, 90_000_000,
    )  # fmt: skip


def report(*rows: SpeedRow, **facts: Any) -> SpeedReport:
    """A finished report with these rows."""
    return SpeedReport(FACTS | facts, rows or (row(),), True)

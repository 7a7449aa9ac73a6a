"""What a training says while it runs: one JSON object a line in its run folder, and the same as a line on the terminal.

Whoever wants to watch (a page, a second terminal) only reads the file.
"""

import json
import time
from pathlib import Path
from typing import Any

NAME = "events.jsonl"


class Events:
    """Writes the events of one training."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / NAME

    def step(self, step: int, loss: float, fraction: float, seconds_left: float) -> None:
        """The mean training loss of the last steps, and how far the budget is used up."""
        self._write(
            "step", step=step, loss=round(loss, 5), fraction=round(fraction, 4), seconds_left=round(seconds_left)
        )
        print(f"{fraction:5.1%}  step {step}  loss {loss:.3f}  {_minutes(seconds_left)} left", flush=True)

    def preparation(self, done: int, total: int, fraction: float, seconds_left: float) -> None:
        """How many of the examples have been looked at before anything is learned from them."""
        self._write(
            "preparation", step=0, done=done, total=total, fraction=round(fraction, 4), seconds_left=round(seconds_left)
        )
        print(f"{fraction:5.1%}  {done} of {total} examples looked at", flush=True)

    def speed(self, step: int, operations: float, share: float, seconds_a_step: float) -> None:
        """How fast the steps are: operations a second, and what share that is of a plain product of matrices here."""
        self._write("speed", step=step, operations=operations, share=round(share, 3), seconds_a_step=seconds_a_step)
        print(
            f"{seconds_a_step:.3f} s a step, {operations / 1e9:.0f} GFLOP/s: {share:.0%} of what a plain product of "
            "matrices reaches here",
            flush=True,
        )

    def evaluation(self, step: int, figures: dict[str, float], fraction: float) -> None:
        """Figures on the validation data."""
        self._write("evaluation", step=step, figures=figures, fraction=round(fraction, 4))
        print(f"{fraction:5.1%}  step {step}  {readable(figures)}", flush=True)

    def end(self, reason: str, step: int, figures: dict[str, float]) -> None:
        """The training is over; `figures` are those of the weights it keeps."""
        self._write("end", reason=reason, step=step, figures=figures)
        print(f"Ended after {step} steps ({reason}). Best: {readable(figures)}", flush=True)

    def best(self, metric: str, greater_is_better: bool) -> dict[str, float]:
        """The figures of the best evaluation, those before an interruption included; empty when there is none."""
        figures = [event["figures"] for event in read(self.file.parent) if event["event"] == "evaluation"]
        if not figures:
            return {}
        choose = max if greater_is_better else min
        return choose(figures, key=lambda each: each[metric])

    def _write(self, event: str, **values: Any) -> None:
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"event": event, "time": round(time.time(), 1), **values}) + "\n")


def read(folder: Path) -> list[dict[str, Any]]:
    """Every event so far; a line that is just being written is left for the next time."""
    file = folder / NAME
    if not file.is_file():
        return []
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def readable(figures: dict[str, float]) -> str:
    """Figures as “f1 0.681, exact 0.534”."""
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def steps_done(folder: Path) -> int:
    """How many steps of the training in a run folder are in its events so far."""
    return max((event["step"] for event in read(folder)), default=0)

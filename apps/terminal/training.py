"""A training of any kind in the terminal: it is a process of its own, which a command only follows."""

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from apps.terminal.output import ProgressLine, note, result, result_table
from apps.words.amounts import count_text
from apps.words.training_state import state_text

if TYPE_CHECKING:
    from training.job_folders import Job, Standing

_LOOK_SECONDS = 0.3
MOST_MISTAKES = 5


def follow(job: "Job", cancelled: threading.Event, examples: str = "rows") -> "Standing":
    """Tell how a training stands until it is over; the first Ctrl-C stops it and is patient."""
    from training import jobs
    from training.job_folders import look

    line = ProgressLine()
    try:
        while not (progress := look(job)).is_over:
            if cancelled.is_set():
                jobs.stop(job)
            line.update(state_text(progress, examples), progress.fraction)
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:  # the second one
        jobs.stop(job)
        raise
    finally:
        line.close()
    return progress


def show_figures(figures: dict[str, Any], accuracies: Mapping[str, float], example: str, key: str) -> None:
    """`accuracies` by what reached them, and the mistakes of which the model was surest.

    `figures` are those of a training's result; what was tested is called an `example`, and a mistake names its own
    under `key`.
    """
    heading = f"ON {count_text(figures['data']['test'], f'TEST {example}').upper()}"
    rows = [(what, f"{value:.3f}") for what, value in accuracies.items()]
    result_table((heading, "ACCURACY"), rows, numbers=("ACCURACY",))
    result(f"\nMacro F1 {figures['macro_f1']:.3f}")
    for remark in figures.get("remarks", ()):
        note(remark)
    if figures["mistakes"]:
        result("\nThe worst mistakes, each with the label it has and the one it was given:")
    for one in figures["mistakes"][:MOST_MISTAKES]:
        result(f"  {one['label']}, not {one['predicted']} ({one['probability']:.2f}): {one[key]}")

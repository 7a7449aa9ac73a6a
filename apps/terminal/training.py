"""A training of any kind in the terminal: it is a process of its own, which a command only follows."""

import threading
import time
from typing import TYPE_CHECKING

from apps.terminal.output import ProgressLine
from apps.words.training_state import state_text

if TYPE_CHECKING:
    from training.job_folders import Job, Standing

_LOOK_SECONDS = 0.3


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

"""How a training stands, in words: the same on the pages and in the terminal."""

from typing import TYPE_CHECKING

from apps.words.amounts import count_text, seconds_text

if TYPE_CHECKING:
    from training.job_folders import Standing

_WORDS = {
    "stopping": "Stopping; the best weights so far are kept",
    "stopped": "Stopped; the best weights so far are kept",
    "done": "Done",
    "failed": "Failed",
}
_EMPTY_HANDED = {"stopping": "Stopping", "stopped": "Stopped before anything was learned; there is nothing to keep"}


def state_text(progress: "Standing", examples: str = "rows") -> str:
    """Its place in the queue, how far it is and the time left, or how it ended; `examples` are what it learns from."""
    if progress.state == "waiting":
        return f"Waiting, {count_text(progress.ahead, 'training')} ahead" if progress.ahead else "Starting"
    if progress.state in _EMPTY_HANDED and not progress.has_figures:
        return _EMPTY_HANDED[progress.state]
    if progress.state in _WORDS:
        return _WORDS[progress.state]
    if not progress.events:
        return f"Reading the {examples} and the base"
    if progress.has_learned:
        return f"Measuring the result on the test {examples}"
    left = f" · about {seconds_text(progress.seconds_left)} left" if progress.seconds_left else ""
    latest = progress.events[-1]
    if latest["event"] == "preparation":
        return f"Looking at the {examples} · {latest['done']:,} of {latest['total']:,}{left}"
    return f"Training · {progress.fraction:.0%}{left}{_growth(progress)}"


def _growth(progress: "Standing") -> str:
    """A warning as soon as the loss has grown several times: with steps too large it never comes back."""
    losses = [event["loss"] for event in progress.events if "loss" in event]
    if not losses or losses[-1] < 5 * losses[0]:
        return ""
    return f" · the loss grew from {losses[0]:.2g} to {losses[-1]:.2g}: the learning rate may be too large"

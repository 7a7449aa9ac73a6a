"""What every command that runs a model does: choose it, load it with visible steps, and stop when asked to."""

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import typer

from apps.terminal.output import note
from apps.words.amounts import seconds_text
from apps.words.remarks import other_language, remark
from models.catalog import ModelCard, Task
from models.errors import Cancelled
from models.failures import Failure
from models.weights import hub
from models.weights.cards import trained_path
from quantization.automatic.choice import DEFAULT
from quantization.recipes import slow_here
from serving.choosing import Fits, any_model, choose
from serving.cluster.engine import address_in_environment
from serving.cluster.store import in_cluster
from serving.loading import ModelKey, load

MEASURE = "`python aula.py benchmark --auto` measures it."
STOPPED = 130  # what shells expect of a program that ended by Ctrl-C


def load_model(
    task: Task,
    model_id: str | None,
    device: str,
    precision: str | None,
    verb: str | None = None,
    fits: Fits = any_model,
    unasked: str | None = DEFAULT,
) -> Any:
    """The loaded wrapper; each step is told on standard error. `unasked` is its precision where none was asked for.

    “auto” measures nothing here, where somebody waits for one answer. Where AULA_CLUSTER names a cluster, the model is
    one there. Raises what `serving.loading.load` and `in_cluster` raise.
    """
    card, address = choose(model_id, task, verb, fits), address_in_environment()
    if address is None:
        hub.require(card)  # before the libraries are read: they take seconds
    silence_libraries()
    note(f"Loading {card.model_id}")
    key = ModelKey(card.task, card.model_id, device, unasked if precision is None else precision)
    with interrupt_kept():
        wrapper = load(key, on_step=note) if address is None else in_cluster(address, key, _note_ahead, note)
    if key.choice is not None:
        note(f"{key.choice.reason} {MEASURE}" if key.choice.unmeasured and _is_named(card) else key.choice.reason)
    note(f"Ready in {seconds_text(wrapper.load_seconds)}. {wrapper.device.reason}")
    note_if_slow(wrapper.precision, wrapper.device.type)
    if getattr(wrapper, "doubt", None):
        note(wrapper.doubt)
    about = remark(card.model_id) if model_id is None else None
    if about is not None:
        note(about)
    return wrapper


def _note_ahead(ahead: int) -> None:
    note(f"Waiting, {ahead} ahead")


def note_if_slow(precision: str, device: str) -> None:
    """Say it when this precision is slower than fp32 on this machine's `cpu` or `cuda`."""
    slow = slow_here(precision, device)
    if slow is not None:
        note(slow)


def note_if_strange(card: ModelCard, *texts: str, verb: str | None = None) -> bool:
    """Say it where a text is in a language that the model does not read, to `verb` it; whether that was said."""
    strange = other_language(card, *texts, verb=verb)
    if strange is not None:
        note(strange)
    return strange is not None


def _is_named(card: ModelCard) -> bool:
    """Whether `benchmark` knows this model: no folder that only this command was told of."""
    return card.path is None or trained_path(card.model_id) is not None


def silence_libraries() -> None:
    """Ask transformers for errors only: its advice and bars are for programmers. Must come before its import."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")


@contextmanager
def interrupt_kept() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end where a library has swallowed that of a Ctrl-C, as some do while they load."""
    asked = threading.Event()

    def stop(number: int, frame: object) -> None:
        asked.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked.is_set():
        raise KeyboardInterrupt


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, so that work ends between two steps; the second one ends it at once."""
    cancelled = threading.Event()

    def stop(number: int, frame: object) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()
        note("Stopping after this step; what is done is kept. Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield cancelled
    finally:
        signal.signal(signal.SIGINT, before)


class UntilStopped:
    """Passes on what an iterator gives until Ctrl-C; `stopped` then says that it did not come to its end."""

    def __init__(self, items: Iterable[Any]):
        self._items = items
        self.stopped = False

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._items
        except (Cancelled, KeyboardInterrupt):
            self.stopped = True


class Failures:
    """Names, on standard error, each of several things that could not be done; `met` says whether there was one.

    `kind` is what one is called (“Text”, “Line”) and `total` how many there are, None where nobody knows. The only one
    there is needs no name.
    """

    def __init__(self, kind: str, total: int | None):
        self._kind, self._total = kind, total
        self.met = False

    def named(self, items: Iterable[Any]) -> Iterator[Any]:
        """All the items, after the sentence of each that is a Failure."""
        for item in items:
            if isinstance(item, Failure):
                self.name(item)
            yield item

    def name(self, failure: Failure) -> None:
        """Print which one it was, and why."""
        self.met = True
        of = f" of {self._total}" if self._total is not None else ""
        note(failure.error if self._total == 1 else f"{self._kind} {failure.number}{of}: {failure.error}")


def end(stopped: bool, failed: bool = False) -> None:
    """End the command: exit code 0 only when all that was asked for was done."""
    if stopped:
        raise typer.Exit(STOPPED)
    if failed:
        raise typer.Exit(1)

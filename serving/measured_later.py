"""Measures for “auto”, after somebody's first use of a model, which of its precisions is fastest on this machine.

Only while nobody computes: a measurement begins when visitors and other programs have left the machine alone for some
seconds, takes memory that nobody needs, ends as soon as somebody comes, and is tried again later; each time it waits
longer. `AULA_RACE=0` turns it off: what was measured before goes on counting.
"""

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from models.device import release_memory
from models.errors import AulaError, Cancelled, OutOfMemory
from models.precision import FP32
from quantization.automatic import speeds
from quantization.automatic.choice import candidates, choose
from quantization.automatic.race import measure
from quantization.measure import bystanders
from serving.loading import ModelKey
from serving.model_store import ModelStore, expected_bytes

VARIABLE = "AULA_RACE"
QUIET, LONGEST_QUIET = 5.0, 320.0  # seconds of it before the first try; twice as many before each further one
COPIES = 2  # of the weights, for each candidate: its own, and the one that OpenVINO makes
LOOKS = 5  # at the machine, while it has to be quiet

log = logging.getLogger("aula")
_turn = threading.Lock()  # two measurements at once would measure each other
_asked: set[Path] = set()  # by where the result will be: other weights under the same name are another question
_asking = threading.Lock()


def is_on() -> bool:
    """Whether measurements in the background are allowed here."""
    return os.environ.get(VARIABLE) != "0"


def measure_later(key: ModelKey, store: ModelStore) -> threading.Thread | None:
    """Begin to wait for a quiet moment, in a thread of its own; None where it is turned off, or has begun before.

    Whatever goes wrong there is nobody's error: “auto” goes on taking fp32.
    """
    if not is_on():
        return None
    place = speeds.file_of(key.card)
    with _asking:
        if place in _asked:
            return None
        _asked.add(place)
    plain = ModelKey(key.task, key.model_id, key.device, FP32.name)
    thread = threading.Thread(target=_measure, args=(plain, store, place), daemon=True, name="aula-measures")
    thread.start()
    return thread


def _measure(key: ModelKey, store: ModelStore, place: Path) -> None:
    try:
        with _turn:
            _until_it_counts(key, store)
    except AulaError as error:
        log.info("It could not be measured which precision of %s is fastest here: %s", key.model_id, error)
        if isinstance(error, OutOfMemory):  # another time there may be room
            _asked.discard(place)
    except Exception:
        log.exception("It could not be measured which precision of %s is fastest here", key.model_id)


def _until_it_counts(key: ModelKey, store: ModelStore) -> None:
    """Try in quiet moments, until nobody came and nothing else computed meanwhile."""
    quiet = QUIET
    while choose(key.card, key.chosen_device.type).unmeasured:  # a terminal may have measured it as well
        wait_until_quiet(store, quiet)
        with suppress(Cancelled):
            if _race(key, store):
                return  # even if the disk took nothing
        quiet = min(2 * quiet, LONGEST_QUIET)


def _race(key: ModelKey, store: ModelStore) -> bool:
    """Whether a race was run that counts. Raises Cancelled where somebody came, and OutOfMemory where none has room."""
    copies = COPIES * len(candidates(key.card, key.chosen_device.type))
    with store.spare(copies * expected_bytes(key)) as wanted:
        race = measure(key.card, key.chosen_device, wanted)
        release_memory()
    if not race.seconds:
        raise OutOfMemory("Its precisions do not fit into memory side by side.")
    return race.counts


def wait_until_quiet(store: ModelStore, seconds: float) -> None:
    """Return when for so long nobody has used the store, and nothing else the processor."""
    look, calm = seconds / LOOKS, 0
    while calm < LOOKS:
        before = bystanders.read()
        time.sleep(look)
        others = bystanders.use_between(before, bystanders.read())
        calm = calm + 1 if store.idle_seconds >= look and not others.disturbs else 0

"""Measures for “auto”, after somebody's first use of a model, which of its precisions is fastest on this machine."""

import logging
import threading

from models.errors import AulaError
from models.precision import FP32
from quantization.automatic.race import measure
from serving.loading import ModelKey
from serving.model_store import ModelStore, expected_bytes

COPIES = 4  # of the weights: fp32, what it is compared with, and both as OpenVINO holds them

log = logging.getLogger("aula")
_turn = threading.Lock()  # two measurements at once would measure each other
_asked: set[ModelKey] = set()
_asking = threading.Lock()


def measure_later(key: ModelKey, store: ModelStore) -> threading.Thread | None:
    """Begin to measure the candidates of `key`, in a thread of its own; None where that has been begun before.

    Whatever goes wrong there is nobody's error: “auto” goes on taking fp32.
    """
    plain = ModelKey(key.task, key.model_id, key.device, FP32.name)
    with _asking:
        if plain in _asked:
            return None
        _asked.add(plain)
    thread = threading.Thread(target=_measure, args=(plain, store), daemon=True, name="aula-measures")
    thread.start()
    return thread


def _measure(key: ModelKey, store: ModelStore) -> None:
    try:
        with _turn, store.room(min(COPIES * expected_bytes(key), store.capacity_bytes)):
            measure(key.card, key.chosen_device)
    except AulaError as error:
        log.info("It could not be measured which precision of %s is fastest here: %s", key.model_id, error)
    except Exception:
        log.exception("It could not be measured which precision of %s is fastest here", key.model_id)

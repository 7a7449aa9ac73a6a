"""What first clicks wait for, read beforehand: libraries, and the small models of the pages.

Begins once for the server, when its first page has been drawn. A class presses the first button minutes later, and is
answered at once. `AULA_PRELOAD=0` turns it off. What fails here fails in silence: whoever wants the model is told.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module

from apps.pages import PAGES
from models.catalog import models_for
from models.errors import AulaError
from models.memory import machine_memory
from models.weights import hub
from quantization.automatic.choice import AS_SAVED, DEFAULT
from serving.loading import ModelKey
from serving.model_store import ModelStore

VARIABLE = "AULA_PRELOAD"
# In this order: drawing a page for the first time needs the first two, a computation all of them. Each by its topmost
# name, which is what a page that wants it meanwhile waits for.
LIBRARIES = ("pandas", "altair", "torch", "transformers")
LEAST_MEMORY = 3e9  # bytes that must be free before each step; libraries and models take 1.5e9 in all
BREATH_SECONDS = 0.2  # between two steps, for pages and computations that want to go on
_FIRST_PAGE_SECONDS = 0.5  # until the first page has been sent
_begun = threading.Lock()


def begin(shared_store: Callable[[], ModelStore]) -> None:
    """Read everything in the background, unless that has begun already or is turned off; models into the one store."""
    if os.environ.get(VARIABLE) == "0" or not _begun.acquire(blocking=False):
        return
    with suppress(AulaError):  # settings that give no store: Home says so
        threading.Thread(target=_quietly, args=(shared_store(),), name="aula-preload", daemon=True).start()


def _quietly(store: ModelStore) -> None:
    try:
        time.sleep(_FIRST_PAGE_SECONDS)
        preload(store)
    except Exception as error:
        logging.getLogger("aula").debug("Nothing more is preloaded", exc_info=error)


def preload(store: ModelStore) -> None:
    """Import the libraries, then load into `store` the models that `first_models` names, while memory is free."""
    for name in LIBRARIES:
        if not _has_memory():
            return
        import_module(name)
        time.sleep(BREATH_SECONDS)
    for key in first_models():
        if not _has_memory(store):
            return
        with suppress(Exception), store.use(key):  # a damaged one keeps none of the others
            pass
        time.sleep(BREATH_SECONDS)


def first_models() -> Iterator[ModelKey]:
    """The models that the pages have chosen when they are opened, those of them that come with the suite.

    As a page of answers loads them, where there is one.
    """
    answering = {task for page in PAGES if not page.as_saved for task in page.tasks}
    for task in dict.fromkeys(task for page in PAGES for task in page.tasks):
        first = next((card for card in models_for(task) if hub.locate(card) is not None), None)
        if first is not None and first.embedded is not None:
            yield ModelKey(task, first.model_id, precision=DEFAULT if task in answering else AS_SAVED)


def _has_memory(store: ModelStore | None = None) -> bool:
    """Whether there is room on this machine and in the store, where nothing may be dropped for this."""
    held = sum(store.loaded().values()) if store is not None else 0
    return machine_memory().available > LEAST_MEMORY and (store is None or held < store.capacity_bytes / 2)

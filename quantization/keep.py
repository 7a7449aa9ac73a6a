"""Keeps a model in one precision: a folder that every page and command takes as a model, with its card.

The folder is written beside where it will be, under another name, and gets its own name when it is whole.
"""

import itertools
import re
import secrets
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import choose_device, own_bytes
from models.errors import DiskFull, InvalidInput
from models.folders import at_home
from models.precision import Precision, require_applicable
from models.tasks import wrapper_class
from models.weights import hub
from models.weights.cards import TRAINED, trained_path
from models.wording import size_text
from models.wrapper import OnStep, silent
from quantization import keep_card
from quantization.recipes import PRECISIONS

if TYPE_CHECKING:
    from quantization.experiments.row import Row
    from quantization.experiments.task_quality import QualityRow

ROOM_FOR_THE_REST = 20_000_000  # bytes: tokenizer, settings and card


def keep(
    card: ModelCard,
    precision: Precision,
    folder: Path | str,
    measured: "Row | QualityRow | None" = None,
    device: str = "cpu",
    on_step: OnStep = silent,
    cancelled: threading.Event | None = None,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Load `card` in `precision`, save it as a folder of its own, and return where that is.

    `measured` is what an experiment found for this precision, and `facts` under which conditions, for the model card.
    The model is loaded for this alone, because some precisions can only be saved before the first run.

    Raises:
        InvalidInput: the folder exists and holds something, cannot be written, or the model is not a text model.
        PrecisionNotApplicable: not for this model or device, or the model was itself saved quantized in another one.
        DiskFull: not enough room.
        Cancelled: between two steps; nothing is left behind.
        What loading the model raises.
    """
    target = at_home(folder).resolve()
    require_keepable(card, precision, target, choose_device(device).type)
    source = hub.require(card)
    on_step(f"Loading {card.model_id} in {precision.name}")
    model = _load(card, precision, device)
    stop_if(cancelled)
    _require_room(target, own_bytes(model.model))
    with _written_beside(target) as unfinished:
        on_step("Saving the weights")
        precision.save(model.model, unfinished)
        stop_if(cancelled)
        on_step("Saving the tokenizer and the model card")
        model.tokenizer.save_pretrained(unfinished)
        keep_card.write(unfinished, card, source, precision, model, measured, facts)
        stop_if(cancelled)
    return target


def require_keepable(card: ModelCard, precision: Precision, target: Path, device: str) -> None:
    """Raise what `keep` raises before it loads anything: the wrong kind of model, folder, or precision."""
    if not card.task.row.reads_text:
        kind = "a YOLOv5 model" if card.task.row.is_detector else f"a model for {card.task.label}"
        raise InvalidInput(f"{card.model_id} is {kind}, and only text models can be kept in a precision.")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise InvalidInput(f"{target} exists and is not empty. Name a folder that does not exist yet.")
    require_applicable(precision, device, card.task, PRECISIONS)


def _load(card: ModelCard, precision: Precision, device: str) -> Any:
    """The wrapper of the card's task, whose class knows how its kind of model is read."""
    return wrapper_class(card.task.loaded_as).load(card, device=device, precision=precision)


def _require_room(target: Path, weights: int) -> None:
    needed = weights + ROOM_FOR_THE_REST
    existing = next(parent for parent in target.parents if parent.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise DiskFull(
            f"The model needs {size_text(needed)} on the disk, and {existing} has {size_text(free)} free. "
            "Make room, or name a folder on another disk."
        )


@contextmanager
def _written_beside(target: Path) -> Iterator[Path]:
    """A folder to write in, which becomes `target` at the end of the block, and nothing where the block fails."""
    # The leading point keeps it out of the list of models, should the program be ended in the middle.
    unfinished = target.parent / f".{target.name}-{secrets.token_hex(4)}"
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        if target.exists():
            target.rmdir()  # empty, or this raises: somebody has written to it meanwhile
        unfinished.rename(target)
    except OSError as error:
        raise InvalidInput(f"{target} cannot be written: {error.strerror or error}. Name another folder.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def own_folder(card: ModelCard, precision: Precision) -> Path:
    """Where a page keeps a model: among those that were trained here, under a name that is not taken yet."""
    name = re.sub(r"[^\w-]+", "-", f"{card.model_id.rstrip('/').split('/')[-1]}-{precision.name}", flags=re.ASCII)
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    folders = (trained_path(TRAINED + name) for name in names)
    return next(folder for folder in folders if folder is not None and not folder.exists())

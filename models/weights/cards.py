"""How a name becomes a card: an id of the catalog, a model trained here, a file or folder, or a repository of the hub.

Looks at the disk, and reads what Aula wrote beside weights that it saved. Makes no request: whether a repository exists
is found out when it is fetched. A card of this machine's says what was true when it was made, so it is made anew for
each click or command.
"""

import difflib
import re
from pathlib import Path

from models.catalog import ModelCard, Task, card_of, is_repository_id, models_for
from models.errors import UnknownModel
from models.folders import place_named, trained_folder
from models.precision import SavedPrecision, read_saved
from models.text.languages import language_pair, pair_in_folder
from models.weights import card_file
from models.weights.diffusers_folder import INDEX

TRAINED = "trained/"  # in front of the name of a model that was trained on this machine


def find_card(model_id: str, task: Task, *others: Task) -> ModelCard:
    """The card of a catalog id, of a model trained here, of a file or folder, or of any other repository on the hub.

    A model that is not in the catalog is taken for one of `task`; one that is may also be for one of `others`.

    Raises:
        UnknownModel: none of these, or a model for another task.
    """
    if not model_id.strip():
        raise UnknownModel(f"No model was named. {_choices(task)}")
    known = card_of(model_id)
    if known is not None:
        if known.task not in (task, *others):
            raise UnknownModel(f"{model_id} is a model for {known.task.label}, not for {task.label}. {_choices(task)}")
        return known
    path = place_named(str(trained_path(model_id) or model_id))
    if path is not None:
        return local_card(model_id, path.resolve(), task)
    if not task.row.is_detector and is_repository_id(model_id) and not model_id.startswith(TRAINED):
        summary, languages = f"A {task.label} model from the Hugging Face hub.", _translated(task, model_id)
        return ModelCard(model_id, task, summary, repository=model_id, languages=languages)
    raise UnknownModel(f"There is no model, file or folder “{model_id}”.{_suggestion(model_id, task)} {_choices(task)}")


def trained_path(model_id: str) -> Path | None:
    """The folder of a model that was trained on this machine, “trained/name”, whether it exists or not."""
    name = model_id.removeprefix(TRAINED)
    return trained_folder() / name if name != model_id and re.fullmatch(r"[\w-]+", name) else None


def local_card(model_id: str, path: Path, task: Task) -> ModelCard:
    """The card of a file or folder on this machine.

    Raises:
        UnknownModel: a file where the task needs a folder, or the other way round.
    """
    if task.row.is_detector and not _may_be_detector(path):
        raise UnknownModel(
            f"{model_id} is neither a YOLOv5 file, whose name ends in .pt, nor a folder with config.json and "
            f"model.safetensors. {_choices(task)}"
        )
    if not task.row.is_detector and not path.is_dir():
        raise UnknownModel(
            f"{model_id} is a file; {task.label} needs a folder with a {_main_file(task)}. {_choices(task)}"
        )
    saved = read_saved(path)
    base = _base_of(path, task) if saved else None
    return ModelCard(
        model_id,
        task,
        _local_summary(model_id, saved),
        path=path,
        languages=base.languages if base else _translated(task, model_id, path),
        answers_no_answer=base.answers_no_answer if base else None,
        precision=saved.name if saved and saved.quantized else None,
        saved_in=saved.name if saved else None,
    )


def _main_file(task: Task) -> str:
    return INDEX if task.row.is_diffuser else "config.json"


def _translated(task: Task, model_id: str, folder: Path | None = None) -> tuple[str, ...]:
    """What a translator reads and what it writes, as its files say, or its name; empty where neither does."""
    if task != Task.TEXT_TO_TEXT:
        return ()
    return (language_pair({}, model_id) if folder is None else pair_in_folder(folder, model_id)).names


def _may_be_detector(path: Path) -> bool:
    if path.is_dir():
        return all((path / name).is_file() for name in ("config.json", "model.safetensors"))
    return path.is_file() and path.suffix.lower() == ".pt"


def _base_of(path: Path, task: Task) -> ModelCard | None:
    """The catalog's model that a folder saved by Aula holds in another precision: it can do what that one can."""
    base = card_of(card_file.front_matter(path).get("base_model"))
    return base if base is not None and base.task == task else None


def _local_summary(model_id: str, saved: SavedPrecision | None) -> str:
    if saved is not None:
        return f"Saved in {saved.name} by Aula."
    return "Trained on this machine." if model_id.startswith(TRAINED) else "A model from this machine."


def _suggestion(model_id: str, task: Task) -> str:
    names = {card.model_id.split("/")[-1]: card.model_id for card in models_for(task)}
    close = difflib.get_close_matches(model_id.split("/")[-1], names, n=1, cutoff=0.75)
    return f" Did you mean “{names[close[0]]}”?" if close else ""


def _choices(task: Task) -> str:
    other = "a YOLOv5 .pt file or folder" if task.row.is_detector else "a Hugging Face id (owner/name), or a folder"
    return f"Choose one of {', '.join(card.model_id for card in models_for(task))}, or {other}."

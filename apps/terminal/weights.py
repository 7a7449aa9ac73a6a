"""Weights on this machine: list, fetch, free, share."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

import typer

from apps.terminal.options import AsJson
from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.work import UntilStopped, end, stoppable
from apps.words.amounts import count_text
from models.catalog import CATALOG, ModelCard, Task, card_of, is_repository_id
from models.errors import AulaError, Cancelled, Offline, UnknownModel
from models.weights import hub, sharing
from models.weights.cards import find_card
from models.weights.transfer import Progress
from models.wording import size_text

app = typer.Typer(name="models", help="Weights on this machine: list, fetch, free, share.", rich_markup_mode=None)

Ids = Annotated[list[str], typer.Argument(help="One or more model ids.", metavar="ID", show_default=False)]
Folder = Annotated[str, typer.Argument(help="A model's folder, or the id of one trained here.", metavar="FOLDER")]
Repository = Annotated[str, typer.Argument(help="Where on the hub: your account and a name.", metavar="OWNER/NAME")]
Yes = Annotated[bool, typer.Option("--yes", help="Upload. Without it, only the list is printed.")]
Private = Annotated[bool, typer.Option("--private", help="Make the repository so that only you can see it.")]


def list_models(as_json: AsJson = False) -> None:
    """List the catalog, and what else is on this machine.
    \f
    With --json: a list of `model_id`, `task`, `here`, `embedded`, `path`, `bytes`, `download_bytes`, `licence`,
    `languages` and `summary`.
    """
    local = {model.model_id: model for model in hub.list_local()}
    rows = [*_catalog_rows(local), *_other_rows(local)]
    if as_json:
        result_json(rows)
        return
    result_table(
        ("MODEL", "TASK", "HERE", "SIZE", "LICENCE"),
        [(row["model_id"], row["task"], _here(row), _size(row), row["licence"] or "") for row in rows],
        numbers=("SIZE",),
    )


def _here(row: dict[str, Any]) -> str:
    if row["embedded"]:
        return "embedded"
    return "yes" if row["here"] else "no"


def _size(row: dict[str, Any]) -> str:
    count = row["bytes"] or row["download_bytes"]
    return size_text(count) if count is not None else "–"


def _catalog_rows(local: dict[str, hub.LocalModel]) -> list[dict[str, Any]]:
    return [
        {
            "model_id": card.model_id,
            "task": card.task.value,
            **(_embedded_location(card) if card.embedded else _location(local.get(card.model_id))),
            "download_bytes": card.download_bytes,
            "licence": card.licence,
            "languages": list(card.languages),
            "summary": card.summary,
        }
        for card in CATALOG
    ]


def _other_rows(local: dict[str, hub.LocalModel]) -> list[dict[str, Any]]:
    """Models beside the catalog's: other programs share the Hugging Face cache."""
    unknown: dict[str, Any] = {"download_bytes": None, "licence": None, "languages": [], "summary": ""}
    return [
        {"model_id": model_id, "task": model.task.value, **_location(model), **unknown}
        for model_id, model in local.items()
        if card_of(model_id) is None
    ]


def _location(model: hub.LocalModel | None) -> dict[str, Any]:
    if model is None:
        return {"here": False, "embedded": False, "path": None, "bytes": None}
    return {"here": True, "embedded": False, "path": str(model.path), "bytes": model.bytes}


def _embedded_location(card: ModelCard) -> dict[str, Any]:
    folder = hub.embedded_folder(card)
    here = hub.locate(card) is not None
    return {"here": here, "embedded": True, "path": str(folder), "bytes": hub.bytes_below(folder) if here else None}


def fetch(model_ids: Ids, as_json: AsJson = False) -> None:
    """Download models; what has arrived when it stops is kept for the next try.

    One that cannot be fetched is named, and the others are.
    \f
    With --json: a list of `model_id` and `path`; for a model that could not be fetched, `model_id` and `error` (a
    sentence).
    """
    with stoppable() as cancelled:
        work = UntilStopped(_one_by_one(model_ids, lambda model_id: _fetched(model_id, cancelled)))
        done = _show_each(work, "{model_id} is in {path}".format_map, as_json)
    end(work.stopped, failed=any("error" in row for row in done))


def _one_by_one(model_ids: list[str], do: Callable[[str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What `do` gives for each model, or an `error` where something is wrong with this one: it is named."""
    offline = False
    for model_id in model_ids:
        try:
            row = do(model_id)
        except Cancelled:
            raise
        except AulaError as problem:
            row = {"model_id": model_id, "error": str(problem)}
            again, offline = offline and isinstance(problem, Offline), offline or isinstance(problem, Offline)
            note(f"{model_id} cannot be fetched either." if again else _named(row, len(model_ids)))
        yield row


def _named(row: dict[str, Any], total: int) -> str:
    """The sentence, with the model before it unless that is plain."""
    return row["error"] if total == 1 or row["model_id"] in row["error"] else f"{row['model_id']}: {row['error']}"


def _show_each(
    rows: Iterable[dict[str, Any]], sentence: Callable[[dict[str, Any]], str], as_json: bool
) -> list[dict[str, Any]]:
    """Print what was done, model by model, or all of it as JSON; the rows."""
    done = []
    for row in rows:
        done.append(row)
        if not as_json and "error" not in row:
            result(sentence(row))
    if as_json:
        result_json(done)
    return done


def _fetched(model_id: str, cancelled: Any) -> dict[str, Any]:
    card = _find(model_id)
    return {"model_id": card.model_id, "path": str(_fetch(card, cancelled))}


def _find(model_id: str) -> ModelCard:
    """The card for a model of whatever task: fetching needs none."""
    known = card_of(model_id)
    if known is not None:
        return known
    if not is_repository_id(model_id):
        ids = ", ".join(card.model_id for card in CATALOG)
        raise UnknownModel(f"There is no model “{model_id}” to fetch. Choose one of {ids}, or a Hugging Face id.")
    return find_card(model_id, Task.TEXT_GENERATION)


def _fetch(card: ModelCard, cancelled: Any) -> Any:
    whole: int | None = None
    line = ProgressLine(lambda speed: f"{size_text(round(speed * (whole or 0)))}/s")

    def show(progress: Progress) -> None:
        nonlocal whole
        whole = progress.total_bytes
        fraction = progress.done_bytes / progress.total_bytes if progress.total_bytes else 0.0
        line.update(f"{card.model_id}: {size_text(progress.done_bytes)} of {size_text(progress.total_bytes)}", fraction)

    note(f"Fetching {card.model_id}")
    try:
        return hub.fetch(card, show, cancelled)
    finally:
        line.close()


def free(model_ids: Ids, as_json: AsJson = False) -> None:
    """Delete models from this machine. One that cannot be deleted is named, and the others are.
    \f
    With --json: a list of `model_id` and `freed_bytes`; for a model that could not be deleted, `model_id` and `error`
    (a sentence).
    """
    rows = _one_by_one(model_ids, lambda model_id: {"model_id": model_id, "freed_bytes": hub.free(model_id)})
    done = _show_each(rows, lambda row: f"{row['model_id']}: {size_text(row['freed_bytes'])} freed", as_json)
    end(stopped=False, failed=any("error" in row for row in done))


def share(
    folder: Folder, repository: Repository, yes: Yes = False, private: Private = False, as_json: AsJson = False
) -> None:
    """List what sharing a model on the hub would send; with --yes, send it.

    The upload takes the login of `hf auth login`. Data, checkpoints and the like are refused.
    \f
    With --json: an object with `repository`, `address`, `private`, `files` (`file`, `bytes`) and `uploaded`.
    """
    plan = sharing.plan(folder, repository, private)
    if not as_json:
        _show_plan(plan)
    if yes:
        note(f"Uploading {size_text(plan.bytes)}")
        sharing.upload(plan)
    if as_json:
        result_json(plan.as_dict() | {"uploaded": yes})
    elif yes:
        result(f"The model is at {plan.address}")
    else:
        result("Nothing was sent. Read README.md once more, and add --yes to upload.")


def _show_plan(plan: sharing.Sharing) -> None:
    result_table(("FILE", "SIZE"), [(file.name, size_text(file.bytes)) for file in plan.files], numbers=("SIZE",))
    readers = "only your account can see them" if plan.private else "everybody can see them"
    count = count_text(len(plan.files), "file")
    result(f"\n{count}, {size_text(plan.bytes)}, for {plan.address}, where {readers}.")

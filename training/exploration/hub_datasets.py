"""Datasets of the Hugging Face hub by their id: which parts there are, and the first rows, before all is downloaded.

The library `datasets` finds the files and streams them; no code of a dataset is run, since it knows how to run none any
more. Server, cache folder and the offline switch are those of the models (`models.weights.remote`), at each call.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from models.errors import InvalidInput, Offline
from models.folders import cache_folder, huggingface_cache
from models.weights import remote, transfer
from training.exploration.hub_errors import OFFLINE, translated
from training.exploration.reading import Opened
from training.exploration.steps import OnStep
from training.part_names import part_called
from training.pictures.data import Picture, PictureData
from training.text_files import Record, Table

if TYPE_CHECKING:
    from datasets import DatasetBuilder, IterableDataset

HUB = "the Hugging Face hub"  # stands as the encoding of a table that came from there
MOST_SPLITS = 5
PATIENCE_SECONDS = 45.0  # several small questions are asked before the first row comes
_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_LIBRARY_KINDS = frozenset(
    ("csv", "json", "parquet", "text", "arrow", "xml", "imagefolder", "audiofolder", "webdataset")
)

Result = TypeVar("Result")


@dataclass(frozen=True)
class HubDataset:
    """What a dataset offers: its configurations, the one that was looked at, and the splits of that one.

    `columns` are the names and kinds of its columns where the dataset says so, `images` the column with pictures.
    """

    dataset_id: str
    configs: tuple[str, ...]
    config: str
    splits: tuple[str, ...]
    columns: dict[str, str]
    images: str | None


@dataclass(frozen=True)
class HubRows:
    """The first rows of some splits: `tables` with texts and numbers, or `pictures`; never both."""

    dataset: HubDataset
    tables: tuple[Opened, ...] = ()
    pictures: PictureData | None = None


def describe(dataset_id: str, config: str | None = None, cancelled: threading.Event | None = None) -> HubDataset:
    """Ask the hub what there is. A configuration that is not named is the default one, or the first.

    Raises:
        InvalidInput: this is not an id, or there is no such configuration.
        Cancelled, Offline, HubTimeout, FetchFailed, GatedRepository: as for models.
        UnknownModel: there is no such dataset, or it has no files that can be read without running its code.
    """
    return _watched(dataset_id, lambda alive: _describe(_builder(dataset_id, config), dataset_id, config), cancelled)


def first_rows(
    dataset_id: str,
    config: str | None = None,
    splits: Sequence[str] = (),
    most: int = 1_000,
    on_step: OnStep | None = None,
    cancelled: threading.Event | None = None,
) -> HubRows:
    """The first rows of some splits, at most so many of each; without a name, of the first five splits.

    Raises:
        InvalidInput: as `describe`, or there is no such split, or pictures without a column of labels.
        What `describe` raises.
    """

    def work(alive: Callable[[], None]) -> HubRows:
        builder = _builder(dataset_id, config)
        about = _describe(builder, dataset_id, config)
        chosen = _chosen(about, splits)
        read = {}
        for number, split in enumerate(chosen):
            rows = []
            for row in _stream(builder, split, most):
                alive()
                rows.append(row)
                if on_step is not None and len(rows) % 20 == 1:
                    on_step(f"Reading {split}: {len(rows):,} rows", (number + len(rows) / most) / len(chosen))
            read[split] = rows
        return _arranged(about, read, most)

    return _watched(dataset_id, work, cancelled)


def require_id(dataset_id: str) -> None:
    """Raise InvalidInput for what cannot be an id: an address, a path, a name that the library keeps for itself."""
    if not _ID.fullmatch(dataset_id) or ".." in dataset_id or dataset_id in _LIBRARY_KINDS:
        raise InvalidInput(
            f"“{dataset_id}” is not the id of a dataset. It looks like owner/name, for instance dair-ai/emotion."
        )
    if Path(dataset_id).exists():
        raise InvalidInput(f"“{dataset_id}” is a file or folder here. Start Aula elsewhere to ask the hub for that id.")


def _watched(
    dataset_id: str, work: Callable[[Callable[[], None]], Result], cancelled: threading.Event | None
) -> Result:
    require_id(dataset_id)
    if remote.is_offline():
        raise Offline(OFFLINE)
    where = urlsplit(remote.hub_address()).netloc

    def in_thread(signs: transfer.Signs) -> Result:
        with _settings(), translated(dataset_id, where):
            return work(signs.alive)

    return transfer.watch(in_thread, lambda progress: None, cancelled, where, PATIENCE_SECONDS)


@contextmanager
def _settings() -> Iterator[None]:
    """Our server, cache and switches in the libraries, which read theirs once, at import."""
    from datasets import config, disable_progress_bars
    from huggingface_hub import constants

    remote.session()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # what it tells of its retries is for programmers
    disable_progress_bars()
    wanted: tuple[tuple[Any, dict[str, Any]], ...] = (
        (config, {"HF_ENDPOINT": remote.hub_address(), "HF_HUB_OFFLINE": False, "HF_UPDATE_DOWNLOAD_COUNTS": False,
                  "STREAMING_READ_MAX_RETRIES": 1, "STREAMING_OPEN_MAX_RETRIES": 1}),
        (constants, {"ENDPOINT": remote.hub_address(), "HF_HUB_OFFLINE": False,
                     "HUGGINGFACE_CO_URL_TEMPLATE": remote.hub_address() + "/{repo_id}/resolve/{revision}/{filename}",
                     "HF_HUB_CACHE": str(huggingface_cache())}),
    )  # fmt: skip
    before = [(module, name, getattr(module, name)) for module, values in wanted for name in values]
    for module, values in wanted:
        for name, value in values.items():
            setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _builder(dataset_id: str, config: str | None) -> "DatasetBuilder":
    import datasets
    from huggingface_hub import HfApi

    # First, because the library asks for several files instead, and each of them five times where nobody answers.
    HfApi(endpoint=remote.hub_address()).dataset_info(dataset_id)
    folder = str(cache_folder() / "datasets")
    try:
        return datasets.load_dataset_builder(dataset_id, config, cache_dir=folder)
    except ValueError as error:
        if config is not None or "Config name is missing" not in str(error):
            raise
    first = datasets.get_dataset_config_names(dataset_id)[0]
    return datasets.load_dataset_builder(dataset_id, first, cache_dir=folder)


def _describe(builder: "DatasetBuilder", dataset_id: str, config: str | None) -> HubDataset:
    import datasets

    configs = tuple(builder.builder_configs) or (builder.config.name,)
    splits = tuple(str(split) for split in builder.info.splits or builder.config.data_files or ())
    features = builder.info.features or {}
    images = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
    kinds = {name: _kind(kind) for name, kind in features.items()}
    return HubDataset(dataset_id, configs, builder.config.name, splits, kinds, images[0] if images else None)


def _kind(feature: Any) -> str:
    """The kind of a column as the dataset says it, for instance “string”, or “6 classes”."""
    names = getattr(feature, "names", None)
    if names:
        return f"{len(names)} classes"
    return str(getattr(feature, "dtype", None) or type(feature).__name__)


def _chosen(about: HubDataset, wanted: Sequence[str]) -> list[str]:
    unknown = [split for split in wanted if split not in about.splits]
    if unknown:
        raise InvalidInput(f"{about.dataset_id} has no split “{unknown[0]}”. It has: {', '.join(about.splits)}.")
    return list(wanted) or list(about.splits[:MOST_SPLITS])


def _stream(builder: "DatasetBuilder", split: str, most: int) -> Iterator[dict[str, Any]]:
    """Rows as plain values: classes by their names, pictures and sounds as bytes."""
    import datasets

    rows: IterableDataset = builder.as_streaming_dataset(split=split)
    features = rows.features or rows._resolve_features().features or {}
    for name, kind in features.items():
        if hasattr(kind, "decode"):
            rows = rows.cast_column(name, type(kind)(decode=False))
    classes = {name: kind for name, kind in features.items() if isinstance(kind, datasets.ClassLabel)}
    for row in rows.take(most):
        named = {name: _class_name(kind, row[name]) for name, kind in classes.items()}
        yield {name: _with_bytes(value) for name, value in (row | named).items()}


def _class_name(kind: Any, number: int | None) -> str | None:
    return None if number is None or number < 0 else str(kind.int2str(number))  # −1: the hub's word for no label


def _with_bytes(value: Any) -> Any:
    """A picture with the bytes of a file: some are in files of their own, and those of folders come decoded."""
    from PIL import Image

    if isinstance(value, Image.Image):
        out = BytesIO()
        value.save(out, "PNG")
        return {"bytes": out.getvalue(), "path": "decoded.png"}
    if isinstance(value, dict) and value.keys() == {"bytes", "path"} and value["bytes"] is None and value["path"]:
        from datasets.utils.file_utils import xopen

        with xopen(value["path"], "rb") as file:
            return value | {"bytes": file.read()}
    return value


def _arranged(about: HubDataset, read: dict[str, list[dict[str, Any]]], most: int) -> HubRows:
    if not any(read.values()):
        raise InvalidInput(f"{about.dataset_id} has no rows in {', '.join(read)}. Choose another split.")
    images = about.images or _image_column(read)
    if images is not None:
        return HubRows(about, pictures=_pictures(about, images, read, most))
    tables = [_table(about, split, rows, most) for split, rows in read.items() if rows]
    return HubRows(about, tables=tuple(tables))


def _image_column(read: dict[str, list[dict[str, Any]]]) -> str | None:
    row = next(rows[0] for rows in read.values() if rows)
    return next(
        (name for name, value in row.items() if isinstance(value, dict) and isinstance(value.get("bytes"), bytes)), None
    )


def _table(about: HubDataset, split: str, rows: list[dict[str, Any]], most: int) -> Opened:
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    records = tuple(Record(number, row) for number, row in enumerate(rows, 1))
    remarks = (_cut(about, f"rows of {split}", most),) if len(rows) == most else ()
    return Opened(Table(f"{about.dataset_id} {split}", HUB, None, columns, records, ()), remarks)


def _cut(about: HubDataset, what: str, most: int) -> str:
    return (
        f"These are the first {most:,} {what} of {about.dataset_id}, in the order of its files: where these are sorted "
        "by label, some labels are missing here."
    )


def _pictures(about: HubDataset, images: str, read: dict[str, list[dict[str, Any]]], most: int) -> PictureData:
    """The pictures by their labels, in the parts that are called so."""
    from training.pictures.reading import read_uploads

    label = _label_column(about, images, read)
    parts: list[PictureData] = []
    for split, rows in read.items():
        by_label: dict[str, list[tuple[str, bytes]]] = {}
        for number, row in enumerate(rows, 1):
            if isinstance(row[images], dict) and row[images]["bytes"] and row[label] is not None:
                name = f"{split} {number}{Path(row[images]['path'] or '.jpg').suffix}"
                by_label.setdefault(str(row[label]), []).append((name, row[images]["bytes"]))
        parts.append(_in_part(read_uploads(by_label, about.dataset_id), split, len(read) > 1))
    said = [_cut(about, f"pictures of {split}", most) for split, rows in read.items() if len(rows) == most]
    return PictureData(
        about.dataset_id,
        tuple(picture for part in parts for picture in part.pictures),
        tuple(one for part in parts for one in part.left_out),
        (*said, *dict.fromkeys(sentence for part in parts for sentence in part.remarks)),
    )


def _in_part(data: PictureData, split: str, several: bool) -> PictureData:
    part = part_called(split) if several else None
    pictures: tuple[Picture, ...] = tuple(replace(picture, part=part) for picture in data.pictures)
    return replace(data, pictures=pictures)


def _label_column(about: HubDataset, images: str, read: dict[str, list[dict[str, Any]]]) -> str:
    """The column of classes beside the pictures."""
    usual = [name for name, kind in about.columns.items() if kind.endswith("classes")]
    row = next(rows[0] for rows in read.values() if rows)
    plain = [
        name for name, value in row.items() if name != images and isinstance(value, (str, int)) and "label" in name
    ]
    if not usual and not plain:
        raise InvalidInput(
            f"{about.dataset_id} has pictures and no column of labels, so there are no classes to look at. Its columns "
            f"are: {', '.join(row)}."
        )
    return (usual or plain)[0]

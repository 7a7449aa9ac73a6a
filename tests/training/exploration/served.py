"""Datasets as they lie on the hub, small."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.training.pictures.drawn import COLOURS, picture

EMOTIONS = ("sadness", "joy")
CARD = """---
dataset_info:
  config_name: split
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': sadness
          '1': joy
configs:
- config_name: split
  data_files:
  - split: train
    path: split/train-*
  - split: test
    path: split/test-*
  default: true
- config_name: unsplit
  data_files: unsplit/all.parquet
---
# Feelings
"""


def repositories(folder: Path) -> dict[str, Path]:
    """Each dataset by its id."""
    return {
        "class/emotion": emotion(folder / "emotion"),
        "class/beans": beans(folder / "beans"),
        "class/table": table(folder / "table"),
        "class/script": script(folder / "script"),
    }


def sentence(number: int) -> str:
    return f"i feel {'sad and alone' if number % 2 == 0 else 'glad and well'} on day number {number}"


def emotion(folder: Path) -> Path:
    """Texts in two configurations; the test has two texts of the training."""
    write(folder / "split" / "train-00000-of-00001.parquet", range(40))
    write(folder / "split" / "test-00000-of-00001.parquet", [0, 1, *range(50, 58)])
    write(folder / "unsplit" / "all.parquet", range(60))
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    return folder


def write(file: Path, numbers) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"text": [sentence(n) for n in numbers], "label": [n % 2 for n in numbers]}), file)


def beans(folder: Path) -> Path:
    """Pictures as the hub keeps them, with the library's own note about what the columns are."""
    import datasets

    features = datasets.Features({"image": datasets.Image(), "labels": datasets.ClassLabel(names=list(COLOURS))})
    (folder / "data").mkdir(parents=True)
    for split, start, count in (("train", 0, 9), ("test", 6, 6)):
        rows = [(n, n % 3) for n in range(start, start + count)]
        images = [{"bytes": picture(list(COLOURS.values())[label], n), "path": f"{n}.png"} for n, label in rows]
        made = datasets.Dataset.from_dict({"image": images, "labels": [label for _, label in rows]}, features=features)
        pq.write_table(made.data.table, folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def table(folder: Path) -> Path:
    folder.mkdir()
    rows = "".join(f"a text of some words {n},{'good' if n % 2 else 'bad'}\n" for n in range(20))
    (folder / "train.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    return folder


def script(folder: Path) -> Path:
    """A dataset that would run code."""
    folder.mkdir()
    trace = folder.parent / "ran"
    (folder / "script.py").write_text(f"open({str(trace)!r}, 'w').close()", encoding="utf-8")
    (folder / "README.md").write_text("# Runs code", encoding="utf-8")
    return folder

"""Which photographs train, under which numbers their classes go, and what is refused."""

import zipfile
from pathlib import Path

import pytest

from models.errors import InvalidInput
from tests.training.tiny_data import CSV, photographs
from training.detection_data import CLASSES, truths, unpack


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of photographs."""
    return photographs(tmp_path_factory.mktemp("data"))


def test_pictures_train_only_where_the_licence_lets_everybody_use_and_change_them(
    collection: Path, tmp_path: Path
) -> None:
    pictures = unpack(collection, tmp_path / "dataset")
    trained = {path.stem for path in (tmp_path / "dataset/images/train").glob("coco_*")}
    assert trained == {"coco_000000000001", "coco_000000000004"}
    assert pictures.counts == {"train": 20, "val": 3}
    assert sum(pictures.left_out.values()) == 4
    assert pictures.credits["Attribution License"] == ["000000000001"]


def test_classes_get_our_numbers_and_pictures_without_any_stay(collection: Path, tmp_path: Path) -> None:
    pictures = unpack(collection, tmp_path)
    assert pictures.boxes == {("train", "bus"): 18, ("val", "bus"): 2}
    labels = {path.read_text() for path in (tmp_path / "labels/train").glob("*.txt")}
    assert "" in labels  # the one that shows a chair
    number = str(list(CLASSES).index("bus"))
    assert {text.split()[0] for text in labels if text} == {number}
    found = truths(tmp_path)
    assert len(found) == 3
    assert {name for objects in found.values() for name, _ in objects} == {"bus"}
    assert found[tmp_path / "images/val/voc07_000101.jpg"] == []


def test_a_collection_without_pictures_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"detection\.zip is missing"):
        unpack(tmp_path, tmp_path / "dataset")
    with zipfile.ZipFile(tmp_path / "detection.zip", "w") as archive:
        archive.writestr("coco_image_licences.csv", CSV)
    with pytest.raises(InvalidInput, match="holds no pictures"):
        unpack(tmp_path, tmp_path / "dataset")

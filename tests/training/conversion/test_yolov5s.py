"""Only the published file becomes the embedded detector."""

import hashlib
from pathlib import Path

import pytest

from models.pictures.yolov5_checkpoint import read_checkpoint
from models.pictures.yolov5_folder import read_folder
from tests.conftest import TinyModels
from training.conversion import yolov5s


def test_another_file_is_refused(tiny_models: TinyModels, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not the published file"):
        yolov5s.convert(tiny_models.yolov5_original(), tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_the_published_file_becomes_a_folder(
    tiny_models: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tiny_models.yolov5_original()
    monkeypatch.setattr(yolov5s, "SHA256", hashlib.sha256(file.read_bytes()).hexdigest())
    yolov5s.convert(file, tmp_path / "folder")
    assert read_folder(tmp_path / "folder").labels == read_checkpoint(file).labels

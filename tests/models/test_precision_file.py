from pathlib import Path

import pytest

from models import precision_file
from models.catalog import Task, local_card
from models.precision_file import SavedPrecision


@pytest.mark.parametrize("quantized", [True, False])
def test_what_is_written_is_read(tmp_path: Path, quantized: bool) -> None:
    precision_file.write(tmp_path, "int8", quantized)
    assert precision_file.read(tmp_path) == SavedPrecision("int8", quantized)
    card = local_card("mine", tmp_path, Task.TEXT_GENERATION)
    assert (card.saved_in, card.precision) == ("int8", "int8" if quantized else None)


def test_other_folders_have_none(tmp_path: Path) -> None:
    assert precision_file.read(tmp_path) is None
    card = local_card("mine", tmp_path, Task.TEXT_GENERATION)
    assert (card.saved_in, card.precision, card.summary) == (None, None, "A model from this machine.")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[1]", b'{"precision": 8}', b'{"quantized": false, "precision": null}', b"[" * 99999]
)
def test_a_damaged_file_names_no_precision(tmp_path: Path, content: bytes) -> None:
    (tmp_path / precision_file.NAME).write_bytes(content)
    assert precision_file.read(tmp_path).name == ""


def test_a_long_name_is_cut(tmp_path: Path) -> None:
    precision_file.write(tmp_path, "x" * 5000, quantized=True)
    assert len(precision_file.read(tmp_path).name) == precision_file.LONGEST_NAME

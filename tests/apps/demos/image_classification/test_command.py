"""Classifying files and folders in the terminal, with a tiny model."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from apps.terminal.output import ProgressLine
from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and a broken one between them."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name, colour in (("a.jpg", "red"), ("c.png", "green")):
        Image.new("RGB", (96, 64), colour).save(folder / name)
    (folder / "b.jpg").write_bytes(b"not a picture")
    return folder


def test_a_broken_picture_is_named_and_the_rest_goes_on(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = aula("classify-images", folder, "--model", tiny_models.vit(), "--top-k", 2, "--json")
    assert ended.code == 1
    told = json.loads(ended.output)
    assert [(Path(one["image"]).name, one["error"] is None) for one in told["images"]] == [
        ("a.jpg", True), ("b.jpg", False), ("c.png", True),
    ]  # fmt: skip
    assert [len(one["top"]) for one in told["images"] if one["error"] is None] == [2, 2]
    assert (told["finished"], told["precision"], told["device"]) == (True, "fp32", "cpu")
    assert "b.jpg is broken" in ended.errors


def test_the_table_has_a_line_a_picture(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    (folder / "b.jpg").unlink()
    ended = aula("classify-images", folder, "--model", tiny_models.resnet())
    assert ended.code == 0, ended.errors
    heading, *lines = ended.output.splitlines()
    assert heading.split() == ["PICTURE", "SHOWS", "TIME"]
    assert [line.split()[0] for line in lines] == [str(folder / "a.jpg"), str(folder / "c.png")]
    assert all(sum(name in line for name in ("cat", "dog", "bus")) == 3 for line in lines)


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_it_writes_a_file_as_well(aula: Aula, tiny_models: TinyModels, folder: Path, suffix: str) -> None:
    out = folder.parent / f"found{suffix}"
    ended = aula("classify-images", folder, "--model", tiny_models.timm(), "--top-k", 1, "--out", out)
    assert ended.code == 1
    text = out.read_text(encoding="utf-8")
    if suffix == ".csv":
        rows = list(csv.DictReader(text.splitlines()))
        assert [row["rank"] for row in rows] == ["1", "", "1"]
        assert rows[0]["label"] in ("crane", "dog")
        assert "broken" in rows[1]["error"]
    else:
        [found] = json.loads(text).values()
        assert [one["error"] is None for one in found] == [True, False, True]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("missing.jpg",), "There is no file or folder"),
        (("images/coffee.jpg", "--out", "found.txt"), "does not end in .csv or .json"),
        (("images/coffee.jpg", "--out", "nowhere/at/all.csv"), "there is no such folder"),
        (("images/coffee.jpg", "--top-k", "0"), "--top-k"),
        (("images/coffee.jpg", "--model", "aula/sentiment-minilm"), "is a model for text classification"),
        (("images/coffee.jpg", "--model", "models/embedded/qa-minilm"), "is a model for question answering"),
        (("images/coffee.jpg", "--model", "google/vit-base-patch16-224"), "is not on this machine yet"),
        (("images/coffee.jpg", "--precision", "fp16"), "does not apply"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(aula: Aula, arguments: tuple[str, ...], sentence: str) -> None:
    ended = aula("classify-images", *arguments)
    assert ended.code != 0
    assert sentence in ended.errors
    assert "Traceback" not in ended.errors


def test_ctrl_c_keeps_what_is_done(aula: Aula, tiny_models: TinyModels, tmp_path: Path, ctrl_c_at: CtrlC) -> None:
    for number in range(20):
        Image.new("RGB", (20, 20)).save(tmp_path / f"{number:02d}.png")
    ctrl_c_at("3 of 20")
    ended = aula("classify-images", tmp_path, "--model", tiny_models.vit(), "--json")
    told = json.loads(ended.output)
    assert (ended.code, told["finished"]) == (130, False)
    assert 3 <= len(told["images"]) < 20


def test_the_file_is_whole_at_every_moment_while_the_work_goes_on(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, out, seen = tmp_path / "pictures", tmp_path / "found.csv", []
    pictures.mkdir()
    for number in range(3):
        Image.new("RGB", (20, 20)).save(pictures / f"{number}.png")

    def look(line: ProgressLine, text: str, fraction: float) -> None:
        seen.append([row["image"] for row in csv.DictReader(out.read_text(encoding="utf-8").splitlines())])

    monkeypatch.setattr("apps.demos.image_classification.command.EVERY_SECONDS", -1e9)
    monkeypatch.setattr(ProgressLine, "update", look)
    ended = aula("classify-images", pictures, "--model", tiny_models.vit(), "--top-k", 1, "--out", out)
    assert ended.code == 0, ended.errors
    assert [len(rows) for rows in seen] == [1, 2, 3]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["found.csv", "pictures"]


def test_a_file_that_somebody_holds_for_a_while_ends_no_run(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, out, tries = tmp_path / "pictures", tmp_path / "found.csv", []
    pictures.mkdir()
    for number in range(3):
        Image.new("RGB", (20, 20)).save(pictures / f"{number}.png")
    replace = Path.replace

    def held(part: Path, target: Path) -> Path:
        tries.append(target)
        if len(tries) < 3:
            raise PermissionError(13, "Permission denied")
        return replace(part, target)

    monkeypatch.setattr("apps.demos.image_classification.command.EVERY_SECONDS", -1e9)
    monkeypatch.setattr(Path, "replace", held)
    ended = aula("classify-images", pictures, "--model", tiny_models.vit(), "--out", out)
    assert ended.code == 0, ended.errors
    assert "2.png" in ended.output
    assert "2.png" in out.read_text(encoding="utf-8")

"""`detect` with films, alone and among pictures."""

import json
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels
from tests.tiny.films import FRAMES, make_film


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture, a film and a broken one."""
    folder = tmp_path / "trip"
    folder.mkdir()
    Image.new("RGB", (96, 64), "red").save(folder / "a.jpg")
    make_film(folder / "b.webm")
    (folder / "c.mov").write_bytes(b"not a film")
    return folder


def detect(aula: Aula, model: Path, *paths: Path | str):
    runs = paths[0].parent / "runs"
    return aula("detect", *paths, "--model", model, "--image-size", "64", "--conf", "0.001", "--out", runs)


def test_films_in_a_folder_are_looked_at_beside_its_pictures(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder, "--every", "3", "--json")

    assert ended.code == 1
    told = json.loads(ended.output)
    assert [Path(image["image"]).name for image in told["images"]] == ["a.jpg"]
    good, broken = told["films"]
    assert (good["film"], good["frames"], good["looked_at"]) == (str(folder / "b.webm"), FRAMES, 4)
    assert (good["error"], good["finished"], good["film_seconds"]) == (None, True, 1.0)
    assert set(good) == {
        "film", "folder", "annotated", "error", "finished", "frames", "looked_at", "film_seconds", "most_at_once",
        "seconds",
    }  # fmt: skip
    assert "c.mov is broken" in broken["error"]
    assert broken["error"] in ended.errors
    assert told["finished"]
    run = Path(told["run_folder"])
    assert {path.relative_to(run).as_posix() for path in run.rglob("*.*")} == {
        "detections.csv", "coco.json", "labels/a.txt", "pictures/a.jpg",
        "films/b/b.mp4", "films/b/detections.csv", "films/b/counts.csv", "films/b/frames.jsonl",
    }  # fmt: skip


def test_a_film_alone_makes_no_tables_of_pictures(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder / "b.webm")

    assert ended.code == 0, ended.errors
    assert ended.output.startswith("FILM")
    assert "PICTURE" not in ended.output
    run = folder / "runs" / "detect-001"
    assert [path.name for path in run.iterdir()] == ["films"]
    with av.open(str(run / "films" / "b" / "b.mp4")) as film:
        assert film.streams.video[0].codec_context.name == "h264"


def test_ctrl_c_keeps_the_film_up_to_there(aula: Aula, tiny_models: TinyModels, folder: Path, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at("b.webm: 4 frames")
    ended = detect(aula, tiny_models.yolov5u(), folder / "b.webm", folder / "c.mov", "--json")

    assert ended.code == 130
    told = json.loads(ended.output)
    [film] = told["films"]
    assert (told["finished"], film["finished"], film["frames"], film["error"]) == (False, False, 4, None)
    with av.open(film["annotated"]) as annotated:
        assert len(list(annotated.decode(video=0))) == 4
    assert len((Path(film["folder"]) / "counts.csv").read_text().splitlines()) == 1 + 4


def test_films_of_one_name_are_kept_apart(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    make_film(folder / "b.avi")
    ended = detect(aula, tiny_models.yolov5u(), folder / "b.avi", folder / "b.webm", "--json")

    assert [Path(film["folder"]).name for film in json.loads(ended.output)["films"]] == ["b", "b-2"]


def test_a_wrong_class_is_one_sentence(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder / "b.webm", "--classes", "persn")

    assert (ended.code, ended.output) == (1, "")
    assert "person" in ended.errors.splitlines()[-1]


def test_no_frame_at_all_is_refused_before_anything_is_made(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder / "b.webm", "--every", "0")

    assert (ended.code, ended.output) == (2, "")
    assert not (folder / "runs").exists()

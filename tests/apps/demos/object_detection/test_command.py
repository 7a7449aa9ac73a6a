"""Detecting in files and folders, with tiny detectors of both generations."""

import csv
import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
from PIL import Image

from apps.demos.object_detection import run_folder
from apps.demos.object_detection.sources import look_for
from models.pictures import one_of_many, yolov5_checkpoint
from models.pictures.file_names import path_from
from models.pictures.images import open_image
from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels

IMAGES = Path(__file__).parents[4] / "images"
# Random weights find something only if almost anything counts.
ANYTHING = ("--conf", "0.001")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures and a broken one, as a camera might leave them."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name, colour in (("a.jpg", "red"), ("b.png", "green")):
        Image.new("RGB", (96, 64), colour).save(folder / name)
    (folder / "c.jpg").write_bytes(b"not a picture")
    return folder


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A folder with a.jpg and b.png, in which random weights find many things."""
    folder = tmp_path / "streets"
    folder.mkdir()
    street = open_image(IMAGES / "bus.jpg").resize((240, 320))
    for name in ("a.jpg", "b.png"):
        street.save(folder / name)
    return folder


def detect(aula: Aula, model: Path, folder: Path, *options: str):
    return aula("detect", folder, "--model", model, "--image-size", "64", "--out", folder.parent / "runs", *options)


@pytest.mark.parametrize("generation", ["yolov5_original", "yolov5u"])
def test_a_run_keeps_everything_that_was_found(
    aula: Aula, tiny_models: TinyModels, folder: Path, generation: str
) -> None:
    (folder / "c.jpg").unlink()

    ended = detect(aula, getattr(tiny_models, generation)(), folder, *ANYTHING, "--json")

    assert ended.code == 0, ended.errors
    told = json.loads(ended.output)
    run = folder.parent / "runs" / "detect-001"
    assert told["run_folder"] == str(run)
    assert [Path(image["image"]).name for image in told["images"]] == ["a.jpg", "b.png"]
    assert {path.relative_to(run).as_posix() for path in run.rglob("*.*")} == {
        "detections.csv",
        "coco.json",
        "labels/a.txt",
        "labels/b.txt",
        "pictures/a.jpg",
        "pictures/b.png",
    }
    count = sum(told["counts"].values())
    assert count == sum(len(image["detections"]) for image in told["images"]) > 0
    with open(run / "detections.csv", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == count
    assert len(json.loads((run / "coco.json").read_text(encoding="utf-8"))["annotations"]) == count
    assert len((run / "labels" / "a.txt").read_text().splitlines()) == len(told["images"][0]["detections"])
    with Image.open(run / "pictures" / "a.jpg") as annotated:
        assert annotated.size == (96, 64)


def test_json_has_the_documented_keys(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING, "--json")

    told = json.loads(ended.output)
    assert set(told) == {"model", "device", "precision", "run_folder", "images", "counts", "finished"}
    good, _, broken = told["images"]
    assert set(good) == {"image", "error", "image_size", "detections", "counts", "seconds", "annotated"}
    assert set(good["detections"][0]) == {"label", "class_id", "confidence", "box"}
    assert set(broken) == {"image", "error", "seconds", "annotated"}
    assert told["finished"]


def test_a_broken_picture_is_reported_and_the_rest_goes_on(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder)

    assert ended.code == 1
    assert "c.jpg" in ended.errors.splitlines()[-1]
    assert "a.jpg" in ended.output
    assert "b.png" in ended.output
    assert "2 pictures: " in ended.output
    assert (folder.parent / "runs" / "detect-001" / "labels" / "b.txt").is_file()


def test_a_run_never_touches_an_earlier_one(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    model, runs = tiny_models.yolov5u(), folder.parent / "runs"
    detect(aula, model, folder)
    first = (runs / "detect-001" / "detections.csv").read_bytes()

    detect(aula, model, folder, *ANYTHING)

    assert sorted(path.name for path in runs.iterdir()) == ["detect-001", "detect-002"]
    assert (runs / "detect-001" / "detections.csv").read_bytes() == first


def test_ctrl_c_keeps_what_is_done(aula: Aula, tiny_models: TinyModels, tmp_path: Path, ctrl_c_at: CtrlC) -> None:
    names = [f"{number:02d}.jpg" for number in range(40)]
    for name in names:
        Image.new("RGB", (96, 64), "red").save(tmp_path / name)
    ctrl_c_at()
    ended = detect(aula, tiny_models.yolov5u(), tmp_path, "--json")

    assert ended.code == 130
    told = json.loads(ended.output)
    assert not told["finished"]
    kept = [Path(image["image"]).name for image in told["images"]]
    assert 0 < len(kept) < 20  # the first, and those that were looked at beside it
    assert kept == names[: len(kept)]
    run = Path(told["run_folder"])
    labels = [name.replace("jpg", "txt") for name in kept]
    assert {path.name for path in run.rglob("*.*")} == {*kept, *labels, "detections.csv", "coco.json"}


def test_pictures_of_one_name_are_kept_apart(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    other = folder.parent / "others"
    other.mkdir()
    Image.new("RGB", (32, 48), "blue").save(other / "a.jpg")

    ended = aula(
        "detect", folder / "a.jpg", other, "--model", tiny_models.yolov5u(), "--out", folder.parent / "runs", "--json"
    )

    annotated = [Path(image["annotated"]) for image in json.loads(ended.output)["images"]]
    assert [path.name for path in annotated] == ["a.jpg", "a-2.jpg"]
    assert [open_image(path).size for path in annotated] == [(96, 64), (32, 48)]


def test_patterns_that_no_shell_expanded_are_expanded(folder: Path) -> None:
    assert look_for([folder / "*.jpg"]).pictures == [folder / "a.jpg", folder / "c.jpg"]
    both = look_for([folder, folder / "a.jpg"])
    assert both.pictures == [folder / "a.jpg", folder / "b.png", folder / "c.jpg"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--classes", "persn"), "person"),
        (("--precision", "int8"), "int8"),
        (("--device", "tpu"), "auto, cpu, cuda"),
    ],
)
def test_options_that_this_model_does_not_know_are_one_sentence(
    aula: Aula, tiny_models: TinyModels, folder: Path, options: tuple[str, ...], says: str
) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder, *options)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors.splitlines()[-1]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--conf", 2), ("--iou", -1), ("--image-size", 7), ("--max-det", 0), ("--line-thickness", 0)],
)
def test_numbers_out_of_range_are_refused_before_anything_is_made(
    aula: Aula, tiny_models: TinyModels, folder: Path, option: str, value: float
) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder, option, value)

    assert (ended.code, ended.output) == (2, "")
    assert option in ended.errors
    assert "--help" in ended.errors
    assert not list(folder.parent.rglob("detect-*"))


def test_a_name_that_leads_nowhere_makes_no_run_folder(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), tmp_path / "nowhere")

    assert (ended.code, ended.output) == (1, "")
    assert "nowhere" in ended.errors
    assert not list(tmp_path.rglob("detect-*"))


def test_only_the_classes_asked_for_are_found(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING, "--json", "--classes", "dog, car")

    assert set(json.loads(ended.output)["counts"]) <= {"dog", "car"}


def test_a_place_that_cannot_be_written_is_named(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    ended = aula("detect", folder, "--model", tiny_models.yolov5u(), "--out", folder / "a.jpg")

    assert (ended.code, ended.output) == (1, "")
    assert "--out" in ended.errors.splitlines()[-1]


def test_a_name_that_is_no_text_costs_nothing(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    for name in (b"ni\xf1o.jpg", b"two\nlines.jpg", b"A.jpg", b"%s.jpg" % (b"x" * 240)):
        shutil.copy(os.fsencode(folder / "a.jpg"), os.path.join(os.fsencode(folder), name))
    (folder / "c.jpg").unlink()

    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING, "--json")

    assert ended.code == 0, ended.errors
    told = json.loads(ended.output.encode())
    run = Path(told["run_folder"])
    read = sorted(folder.iterdir())
    assert sorted(path_from(image["image"]) for image in told["images"]) == read
    coco = json.loads((run / "coco.json").read_text(encoding="utf-8"))
    assert sorted(path_from(image["path"]) for image in coco["images"]) == read
    with open(run / "detections.csv", encoding="utf-8", newline="") as file:
        assert {path_from(row["path"]) for row in csv.DictReader(file)} == set(read)
    for one in coco["images"]:
        assert (run / "labels" / f"{Path(one['file_name']).stem}.txt").is_file()
    assert len(list((run / "labels").iterdir())) == len(list((run / "pictures").iterdir())) == len(read)


def test_what_a_folder_holds_besides_is_named_once(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    (folder / "c.jpg").unlink()
    for name in ("scan.pdf", "film.WMV", "other.wmv", ".hidden", "Thumbs.db"):
        (folder / name).touch()
    (folder / "trip").mkdir()

    ended = detect(aula, tiny_models.yolov5u(), folder, "--json")

    assert ended.code == 0
    [sentence] = json.loads(ended.output)["not_read"]
    assert "2 videos (film.WMV, other.wmv), 1 document (scan.pdf), 1 folder (trip). Save" in sentence
    assert ended.errors.count(sentence) == 1
    assert "hidden" not in ended.errors


def test_a_folder_without_pictures_does_not_stop_the_others(
    aula: Aula, tiny_models: TinyModels, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    runs = tmp_path / "runs"
    ended = aula("detect", tmp_path / "empty", folder / "a.jpg", "--model", tiny_models.yolov5u(), "--out", runs)

    assert ended.code == 1
    assert "There is no picture in" in ended.errors
    assert "1 picture: " in ended.output


def test_what_had_to_be_assumed_is_told(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    twelve = numpy.linspace(0, 4095, 96 * 64).reshape(64, 96).astype(numpy.uint16)
    Image.fromarray(twelve).save(folder / "c.png")
    (folder / "c.jpg").unlink()

    ended = detect(aula, tiny_models.yolov5u(), folder, "--json")

    *_, deep = json.loads(ended.output)["images"]
    assert "12 bits" in deep["remark"]
    assert f"c.png: {deep['remark']}" in ended.errors


def test_classes_are_named_one_by_one_or_in_a_list(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    several = ("--classes", "dog", "--classes", "#2,person")
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING, "--json", *several)

    found = [one["label"] for image in json.loads(ended.output)["images"] for one in image.get("detections", ())]
    assert found
    assert set(found) <= {"dog", "car", "person"}


def test_a_full_disk_keeps_the_pictures_done_and_says_so(
    aula: Aula, tiny_models: TinyModels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole = run_folder.write_whole

    def full(path: Path, content: bytes) -> None:
        if path.name == "b.txt":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(path, content)

    monkeypatch.setattr(run_folder, "write_whole", full)
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING, "--json")

    assert ended.code == 1
    assert "No space left on device. What was done before b.png is kept" in ended.errors.splitlines()[-1]
    told = json.loads(ended.output)
    assert not told["finished"]
    assert [Path(image["image"]).name for image in told["images"]] == ["a.jpg"]
    run = Path(told["run_folder"])
    assert {path.name for path in run.rglob("*.*")} == {"a.jpg", "a.txt", "detections.csv", "coco.json"}
    assert [one["file_name"] for one in json.loads((run / "coco.json").read_text())["images"]] == ["a.jpg"]


def test_a_picture_with_which_something_unforeseen_happens_is_named_and_the_rest_goes_on(
    aula: Aula, tiny_models: TinyModels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = one_of_many.open_image

    def odd(path: Path) -> Image.Image:
        if path.name == "a.jpg":
            raise RuntimeError("no such kernel")
        return whole(path)

    monkeypatch.setattr(one_of_many, "open_image", odd)
    (folder / "c.jpg").unlink()
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING, "--json")

    assert ended.code == 1
    assert "a.jpg: Something unforeseen happened (RuntimeError: no such kernel)" in ended.errors.splitlines()[-1]
    told = json.loads(ended.output)
    assert told["finished"]
    assert [image["error"] is None for image in told["images"]] == [False, True]
    assert (Path(told["run_folder"]) / "pictures" / "b.png").is_file()


def test_a_picture_that_filled_the_memory_is_named(
    aula: Aula, tiny_models: TinyModels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> Image.Image:
        if path.name == "a.jpg":
            raise MemoryError
        return open_image(path)

    monkeypatch.setattr(one_of_many, "open_image", full)
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING)
    assert ended.code == 1
    assert "a.jpg: Memory is full" in ended.errors


def test_a_picture_longer_than_a_jpeg_can_be_does_not_end_the_run(
    aula: Aula, tiny_models: TinyModels, folder: Path
) -> None:
    Image.new("RGB", (66_000, 20), "red").save(folder / "a.jpg", "PNG")
    (folder / "c.jpg").unlink()
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING, "--save-crop", "--json")
    assert ended.code == 0, ended.errors
    told = json.loads(ended.output)
    assert told["finished"]
    with Image.open(told["images"][0]["annotated"]) as drawn:
        assert (drawn.format, drawn.width) == ("JPEG", 65_500)
    assert all(Path(crop).is_file() for image in told["images"] for crop in image["crops"])


def test_what_was_found_before_something_unforeseen_while_keeping_is_shown(
    aula: Aula, tiny_models: TinyModels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = iter(["", ValueError("odd")])

    def odd(detections: object, with_confidence: bool) -> str:
        label = next(labels)
        if isinstance(label, Exception):
            raise label
        return label

    monkeypatch.setattr(run_folder, "to_yolo_labels", odd)
    ended = detect(aula, tiny_models.yolov5u(), folder, *ANYTHING)

    assert ended.code == 1
    assert "Something unforeseen happened (ValueError: odd)" in ended.errors.splitlines()[-1]
    assert "a.jpg" in ended.output
    assert "b.png" not in ended.output
    assert not (folder.parent / "runs" / "detect-001" / "pictures" / "b.png").exists()


def test_what_users_of_detect_py_expect(aula: Aula, tiny_models: TinyModels, busy: Path) -> None:
    (busy.parent / "list.txt").write_text("streets/a.jpg\nstreets/b.png\n")
    common = ("--model", tiny_models.yolov5u(), *ANYTHING, "--out", busy.parent, "--image-size", "320", "--json")
    plain = aula("detect", busy.parent / "list.txt", *common)
    options = ("--max-det", "3", "--agnostic-nms", "--save-crop", "--save-conf", "--line-thickness", "9")
    ended = aula("detect", busy / "*.*g", *common, *options)

    assert (plain.code, ended.code) == (0, 0), ended.errors
    before, told = json.loads(plain.output), json.loads(ended.output)
    run = Path(told["run_folder"])
    for one, image in zip(before["images"], told["images"], strict=True):
        assert one["image"] == image["image"]
        assert len(image["detections"]) == 3 < len(one["detections"])
        stem = Path(image["annotated"]).stem
        for number, (found, crop) in enumerate(zip(image["detections"], image["crops"], strict=True), start=1):
            assert Path(crop) == run / "crops" / found["label"] / f"{stem}-{number}.jpg"
            assert open_image(Path(crop)).width <= image["image_size"][0]
        lines = (run / "labels" / f"{stem}.txt").read_text().splitlines()
        confidences = [found["confidence"] for found in image["detections"]]
        assert [float(line.split()[5]) for line in lines] == pytest.approx(confidences, abs=1e-4)
        assert Path(image["annotated"]).read_bytes() != Path(one["annotated"]).read_bytes()
        assert "crops" not in one


def test_a_class_name_leads_no_crop_out_of_the_run_folder(
    aula: Aula, tiny_models: TinyModels, busy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = yolov5_checkpoint.read_checkpoint

    def renamed(path: Path) -> yolov5_checkpoint.Checkpoint:
        return replace(read(path), labels=dict(enumerate(("../../up", "..", "a/b", "/etc", "con", ""))))

    monkeypatch.setattr(yolov5_checkpoint, "read_checkpoint", renamed)
    before = set(busy.parent.rglob("*"))
    options = (*ANYTHING, "--max-det", "9", "--save-crop", "--image-size", "320", "--json")
    ended = detect(aula, tiny_models.yolov5u(), busy, *options)

    assert ended.code == 0, ended.errors
    run = Path(json.loads(ended.output)["run_folder"])
    new = set(busy.parent.rglob("*")) - before - {run.parent}
    assert all(path.is_relative_to(run) for path in new)
    crops = [path for image in json.loads(ended.output)["images"] for path in image["crops"]]
    assert len(set(crops)) == len(crops) == len(list((run / "crops").glob("*/*.jpg"))) > 3


def test_what_a_list_lacks_is_named_and_the_rest_goes_on(aula: Aula, tiny_models: TinyModels, folder: Path) -> None:
    (folder / "list.txt").write_text("a.jpg\ngone.jpg\n*.tiff\nb.png\n")
    ended = aula("detect", folder / "list.txt", "--model", tiny_models.yolov5u(), "--out", folder / "runs", "--json")

    assert ended.code == 1
    assert "There is no file gone.jpg" in ended.errors
    assert "Nothing fits the pattern *.tiff" in ended.errors
    assert [image["error"] is None for image in json.loads(ended.output)["images"]] == [True, False, True]


def test_a_crop_that_cannot_be_kept_takes_its_picture_back(
    aula: Aula, tiny_models: TinyModels, busy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole = run_folder.write_whole

    def full(path: Path, content: bytes) -> None:
        if path.name == "b-2.jpg":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(path, content)

    monkeypatch.setattr(run_folder, "write_whole", full)
    options = (*ANYTHING, "--max-det", "9", "--save-crop", "--image-size", "320", "--json")
    ended = detect(aula, tiny_models.yolov5u(), busy, *options)

    assert ended.code == 1
    assert "No space left on device. What was done before b.png is kept" in ended.errors
    run = Path(json.loads(ended.output)["run_folder"])
    assert {path.stem.split("-")[0] for path in run.rglob("*.*") if path.suffix not in (".csv", ".json")} == {"a"}


def test_without_a_model_on_this_machine_both_ways_to_get_one_are_told(aula: Aula, folder: Path) -> None:
    ended = aula("detect", folder, "--model", "yolov5su")

    assert (ended.code, ended.output) == (1, "")
    assert "models fetch yolov5su" in ended.errors
    assert ended.errors.count("\n") == 1

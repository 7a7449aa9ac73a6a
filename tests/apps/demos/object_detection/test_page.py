"""The object detection page, driven as a user drives it, with tiny YOLOv5 weights."""

import io
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image
from pillow_heif import from_pillow
from streamlit.testing.v1 import AppTest

from apps.demos.object_detection import pictures
from apps.demos.object_detection.results import Seen, Selection
from apps.ui import visitor
from models.errors import Cancelled
from models.object_detection import ObjectDetector
from models.pictures.yolov5_checkpoint import read_checkpoint
from models.pictures.yolov5_folder import write_folder
from models.weights import hub
from tests.apps.classroom import button, open_page, press

ROOT = Path(__file__).resolve().parents[4]


def seen(page: AppTest) -> list[Seen]:
    return page.session_state["detection-outcome"].items


def choose_source(page: AppTest, name: str) -> AppTest:
    return page.segmented_control(key="detection-source").set_value(name).run()


def jpeg(size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def weights(tiny_models, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalog's default model comes with tiny random weights."""
    monkeypatch.setattr(hub, "EMBEDDED", tmp_path / "embedded")
    write_folder(read_checkpoint(tiny_models.yolov5u()), tmp_path / "embedded" / "yolov5s")


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery of two pictures; the second is the one that is chosen at first."""
    folder = tmp_path / "images"
    folder.mkdir()
    shutil.copy(ROOT / "images" / "chelsea.jpg", folder)
    shutil.copy(ROOT / "images" / "zidane.jpg", folder / "bus.jpg")
    (folder / "ATTRIBUTION.md").write_text(
        "| file | what it shows | attribution | licence |\n| --- | --- | --- | --- |\n"
        "| `chelsea.jpg` | a cat | Stefan van der Walt, https://example.org | CC0 |\n"
    )
    monkeypatch.setattr(pictures, "GALLERY", folder)
    return folder


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The sizes of the pictures that the network was asked about."""
    asked: list[tuple[int, int]] = []
    network = ObjectDetector.candidates

    def counted(self, image, *arguments, **settings):
        asked.append(image.size)
        return network(self, image, *arguments, **settings)

    monkeypatch.setattr(ObjectDetector, "candidates", counted)
    return asked


def test_one_picture_shows_where_the_embedded_model_fails() -> None:
    page = open_page("object_detection")
    assert not any("Goes wrong on purpose" in caption.value for caption in page.caption)
    press(page, "astronaut")
    assert any("Goes wrong on purpose" in caption.value for caption in page.caption)
    page.selectbox(key="object-detection-model").set_value("yolov5su").run()
    assert not any("Goes wrong on purpose" in caption.value for caption in page.caption)


def test_a_picture_of_the_gallery_is_chosen_by_a_click(gallery: Path, weights: None, runs: list) -> None:
    page = open_page("object_detection")
    assert "Stefan van der Walt · CC0" in [caption.value for caption in page.caption]
    press(press(page, "chelsea"), "Detect")
    assert not page.error
    assert [one.picture.name for one in seen(page)] == ["chelsea.jpg"]
    assert runs == [(451, 300)]
    assert any("fp32 on cpu" in caption.value for caption in page.caption)
    assert len(page.dataframe) == 1


def test_the_sliders_act_without_running_the_model_again(gallery: Path, weights: None, runs: list) -> None:
    page = press(open_page("object_detection"), "Detect")
    page.slider(key="detection-confidence").set_value(0.05).run()
    many = page.dataframe[0].value
    page.slider(key="detection-iou").set_value(0.05).run()
    apart = page.dataframe[0].value
    page.slider(key="detection-confidence").set_value(0.5).run()
    few = page.dataframe[0].value
    assert not page.exception
    assert len(many) > len(apart) > len(few) > 0
    assert few["confidence"].min() > 0.5
    label = few["object"].iloc[0]
    page.multiselect(key="detection-classes").set_value([label]).run()
    assert set(page.dataframe[0].value["object"]) == {label}
    assert len(runs) == 1


def test_what_is_changed_more_rarely_acts_at_once_too(gallery: Path, weights: None, runs: list) -> None:
    page = press(open_page("object_detection"), "Detect")
    page.slider(key="detection-confidence").set_value(0.01).run()
    every = page.dataframe[0].value
    page.toggle(key="detection-agnostic").set_value(True).run()
    apart = page.dataframe[0].value
    page.number_input(key="detection-max").set_value(2).run()
    few = page.dataframe[0].value
    page.number_input(key="detection-lines").set_value(9).run()
    page.toggle(key="detection-crops").set_value(True).run()
    page.toggle(key="detection-label-confidence").set_value(True).run()
    assert not page.exception
    assert not page.error
    assert len(every) > len(apart) > len(few) == 2
    assert any("each object as a picture of its own" in caption.value for caption in page.caption)
    assert len(runs) == 1


def test_nothing_above_the_confidence_gets_a_sentence(gallery: Path, weights: None) -> None:
    page = press(open_page("object_detection"), "Detect")
    page.slider(key="detection-confidence").set_value(0.99).run()
    assert not page.dataframe
    assert "Nothing above this confidence" in page.info[0].value


def picture_chooser(page: AppTest):
    return next(chooser for chooser in page.selectbox if chooser.label == "Picture")


def test_the_whole_gallery_can_be_detected_in_and_downloaded(gallery: Path, weights: None, runs: list) -> None:
    page = press(open_page("object_detection"), "Detect in all 2")
    assert len(runs) == 2
    overview = page.dataframe[1].value
    assert list(overview["picture"]) == ["bus.jpg", "chelsea.jpg"]
    picture_chooser(page).set_value(1).run()
    assert len(page.dataframe[0].value) == overview["objects"][1]
    assert [download.label for download in page.download_button] == ["All as ZIP", "CSV", "COCO JSON"]
    assert len(runs) == 2


def test_a_smaller_run_after_a_larger_one_shows_its_first_picture(gallery: Path, weights: None) -> None:
    page = press(open_page("object_detection"), "Detect in all 2")
    picture_chooser(page).set_value(1).run()
    press(page, "Detect")
    assert len(seen(page)) == 1
    assert len(page.dataframe) == 1


def test_stop_keeps_what_was_done(gallery: Path, weights: None, runs: list, monkeypatch: pytest.MonkeyPatch) -> None:
    network = ObjectDetector.candidates

    def stopped_after_the_first(self, *arguments):
        if runs:
            raise Cancelled
        return network(self, *arguments)

    monkeypatch.setattr(ObjectDetector, "candidates", stopped_after_the_first)
    page = press(open_page("object_detection"), "Detect in all 2")
    assert [one.picture.name for one in seen(page)] == ["bus.jpg"]
    assert "What was computed until then is kept" in page.info[0].value
    assert page.download_button


def test_the_image_size_is_the_models(gallery: Path, weights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    network = ObjectDetector.candidates

    def noted(self, image, image_size, cancelled=None):
        sizes.append(image_size)
        return network(self, image, image_size, cancelled)

    monkeypatch.setattr(ObjectDetector, "candidates", noted)
    page = open_page("object_detection")
    page.select_slider(key="detection-image-size").set_value(320).run()
    press(page, "Detect")
    assert sizes == [320]


def test_a_broken_upload_is_named_and_the_rest_goes_on(gallery: Path, weights: None) -> None:
    page = choose_source(open_page("object_detection"), "Upload")
    assert button(page, "Detect").disabled
    files = [("one.jpg", jpeg(), "image/jpeg"), ("bro_ken.jpg", b"\xff\xd8no", "image/jpeg"), ("two.jpg", jpeg(), "")]
    page.file_uploader(key="detection-upload").set_value(files).run()
    press(page, "Detect in 3 pictures")
    assert [one.error is None for one in seen(page)] == [True, False, True]
    assert len(page.warning) == 1
    assert "bro_ken.jpg" in page.warning[0].value
    page.slider(key="detection-confidence").set_value(0.01).run()
    assert not page.exception


def test_only_broken_uploads_leave_the_page_whole(gallery: Path, weights: None) -> None:
    page = choose_source(open_page("object_detection"), "Upload")
    page.file_uploader(key="detection-upload").set_value([("notes.txt", b"no picture", "text/plain")]).run()
    press(page, "Detect")
    assert "notes.txt" in page.warning[0].value
    assert not page.download_button


def test_a_folder_of_this_machine(gallery: Path, weights: None) -> None:
    page = choose_source(open_page("object_detection"), "Folder")
    page.text_input(key="detection-folder").set_value(str(gallery)).run()
    press(page, "Detect in the folder")
    assert [one.picture.name for one in seen(page)] == ["bus.jpg", "chelsea.jpg"]


def test_a_pattern_or_a_list_instead_of_a_folder(gallery: Path, weights: None, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(f"{gallery / 'bus.jpg'}\n{gallery / 'gone.jpg'}\n{gallery / '*.tiff'}\n")
    page = choose_source(open_page("object_detection"), "Folder")
    page.text_input(key="detection-folder").set_value(str(gallery / "*.jpg")).run()
    press(page, "Detect in the folder")
    assert [one.picture.name for one in seen(page)] == ["bus.jpg", "chelsea.jpg"]
    page.text_input(key="detection-folder").set_value(str(tmp_path / "list.txt")).run()
    press(page, "Detect in the folder")
    assert [one.picture.name for one in seen(page)] == ["bus.jpg", "gone.jpg"]
    assert "There is no file" in page.warning[0].value
    assert "Nothing fits the pattern" in page.info[0].value


def test_a_folder_as_it_comes_from_elsewhere(gallery: Path, weights: None, tmp_path: Path) -> None:
    folder = tmp_path / "telephone"
    folder.mkdir()
    (folder / os.fsdecode(b"ca\xf1\xf3n.jpg")).write_bytes(jpeg())
    (folder / "two\nlines.jpg").write_bytes(jpeg())
    from_pillow(Image.new("RGB", (64, 48), "teal")).save(folder / "IMG_1.HEIC", quality=90)
    ramp = numpy.linspace(0, 4095, 64 * 48).reshape(48, 64).astype(numpy.uint16)
    Image.fromarray(ramp).save(folder / "deep.png")
    (folder / "film.mov").touch()
    page = choose_source(open_page("object_detection"), "Folder")
    page.text_input(key="detection-folder").set_value(str(folder)).run()
    press(page, "Detect in the folder")
    assert not page.exception
    assert [one.error for one in seen(page)] == [None] * 4
    assert "1 film (film.mov). To look at one, choose Film above." in page.info[0].value
    assert "ca\\xf1\\xf3n.jpg" in [one.picture.name for one in seen(page)]
    assert any("12 bits" in remark for remark in page.dataframe[-1].value["remark"])
    picture_chooser(page).set_value(1).run()
    assert any("12 bits" in caption.value for caption in page.caption)
    assert {one.select(Selection()).path for one in seen(page)} == set(folder.iterdir()) - {folder / "film.mov"}


@pytest.mark.parametrize(
    "names",
    [
        ("1", "2", "3", "4", "5", "6"),
        ("Dog", "dog", "dog ", " dog", "DOG", "dog  "),
        ("crack", "crack", "crack (#1)", "#0", "", "a, b"),
    ],
)
def test_each_class_can_be_chosen_whatever_it_is_called(
    gallery: Path, weights: None, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    network = ObjectDetector.candidates

    def renamed(self, *arguments):
        found = network(self, *arguments)
        return replace(found, labels=dict(enumerate(names)), class_ids=torch.arange(len(found.class_ids)) % len(names))

    monkeypatch.setattr(ObjectDetector, "candidates", renamed)
    page = press(open_page("object_detection"), "Detect")
    page.slider(key="detection-confidence").set_value(0.01).run()
    options = page.multiselect(key="detection-classes").options
    assert len(set(options)) == len(names)
    labels = set()
    for option in options:
        page.multiselect(key="detection-classes").set_value([option]).run()
        assert not page.exception
        assert not page.error
        labels |= set(page.dataframe[0].value["object"])
        assert page.dataframe[0].value["object"].nunique() == 1
    assert len(labels) == len(names)


def test_a_picture_that_is_gone_by_now_gets_a_sentence(gallery: Path, weights: None, tmp_path: Path) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "beach.jpg").write_bytes(jpeg())
    page = choose_source(open_page("object_detection"), "Folder")
    page.text_input(key="detection-folder").set_value(str(folder)).run()
    press(page, "Detect in the folder")
    (folder / "beach.jpg").unlink()
    page.slider(key="detection-confidence").set_value(0.05).run()
    assert not page.exception
    assert "There is no file" in page.error[0].value


@pytest.mark.parametrize(
    ("folder", "sentence"),
    [
        ("", "No folder was given"),
        ("/no/such/folder", "There is no file or folder"),
        ("/no/such/*.jpg", "Nothing fits the pattern"),
    ],
)
def test_a_folder_that_is_not_there_gets_a_sentence(gallery: Path, weights: None, folder: str, sentence: str) -> None:
    page = choose_source(open_page("object_detection"), "Folder")
    page.text_input(key="detection-folder").set_value(folder).run()
    press(page, "Detect in the folder")
    assert sentence in page.error[0].value


def test_the_camera_says_what_it_needs(gallery: Path, weights: None) -> None:
    page = choose_source(open_page("object_detection"), "Camera")
    assert any("HTTPS or from localhost" in caption.value for caption in page.caption)


def test_a_stranger_cannot_choose_a_folder(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = open_page("object_detection")
    assert page.segmented_control(key="detection-source").options == ["Gallery", "Upload", "Camera", "Film"]


def test_a_stranger_can_detect(gallery: Path, weights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = press(open_page("object_detection"), "Detect")
    assert len(seen(page)) == 1


def test_a_broken_file_in_the_gallery_gets_a_sentence(gallery: Path, weights: None) -> None:
    (gallery / "aged.png").write_bytes(b"not a picture")
    page = open_page("object_detection")
    assert "aged.png" in page.warning[0].value
    press(press(page, "aged"), "Detect")
    assert "aged.png" in seen(page)[0].error


def test_an_empty_gallery_says_what_to_do(weights: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "GALLERY", tmp_path / "nothing")
    page = open_page("object_detection")
    assert "Put JPEG or PNG files there" in page.info[0].value
    assert button(page, "Detect").disabled

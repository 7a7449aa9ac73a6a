"""The page on which pictures teach: each step, what cannot be learned from, and a training of a tiny model."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.teach_pictures.classes import OwnClass, Shot, name_key
from apps.demos.teach_pictures.mistakes import by_cell, caption_of, cell_text
from apps.demos.teach_pictures.results import csv_of_tested, zipped
from apps.ui import visitor
from models.folders import trained_folder
from tests.apps.classroom import button, go_to, open_page, press, sentences
from tests.conftest import TinyModels
from tests.training.here import run_here, wait_to_be_run
from tests.training.pictures.drawn import files, picture
from tests.training.pictures.drawn import zipped as zip_of
from training.job_folders import PICTURES, Job, find, jobs_folder, look, process_of
from training.job_folders import jobs as every_job
from training.pictures.packing import pack
from training.pictures.reading import read_archive, read_uploads

PAGE = "teach_pictures"
TESTED = [
    {"name": "red/0.png", "label": "red", "predicted": "red", "probability": 0.9},
    {"name": "red/1.png", "label": "red", "predicted": "green", "probability": 0.8},
    {"name": "green/0.png", "label": "green", "predicted": "green", "probability": 0.7},
    {"name": "green/gone.png", "label": "green", "predicted": "green", "probability": 0.95},
]
RESULT = {
    "accuracy": 0.75, "macro_f1": 0.7333, "majority_accuracy": 0.5, "nearest_accuracy": 0.25,
    "labels": ["green", "red"], "confusion": [[2, 0], [1, 1]], "mistakes": [TESTED[1]], "tested": TESTED,
    "settings": {"base": "aula/efficientnet-lite0", "method": "head"},
    "data": {"name": "colours", "train": 8, "validation": 2, "test": 4, "classes": {"green": 7, "red": 7}},
    "trainable_parameters": 2562, "total_parameters": 3_373_000, "seconds": 12.0,
    "remarks": ["With 4 test pictures, the accuracy is known to ± 30 % only."],
}  # fmt: skip
LOOKING = {"event": "preparation", "time": 0.0, "step": 0, "done": 6, "total": 12, "fraction": 0.4, "seconds_left": 5}


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process outlives its test."""
    yield
    for job in every_job():
        if (process := process_of(job)) is not None:
            process.kill()


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)


def fabricated(*events: dict, result: dict | None = None, name: str = "20260101-120000-abc", **more: str) -> Job:
    """A training on pictures whose process has ended, as its folder would tell of it."""
    folder = jobs_folder() / name
    (folder / "model").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "data" / "colours.zip").write_bytes(pack(read_archive(zip_of(), "colours.zip")))
    if result is not None:
        (folder / "result.json").write_text(json.dumps(result))
        (folder / "model" / "config.json").write_text("{}")
        (folder / "model" / "README.md").write_text("# Card")
    told = {"kind": PICTURES, "data": "colours.zip", "settings": {}, "created": 0.0}
    contents = {"job.json": json.dumps(told), "process.json": '{"pid": 0, "created": 0}', **more}
    for file, content in contents.items():
        (folder / file).write_text(content, encoding="utf-8")
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    job = find(name, PICTURES)
    assert job is not None
    return job


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def chosen(page: AppTest, source: str) -> AppTest:
    page.button_group(key="teach-source").set_value(source).run()
    assert not page.exception
    return page


def with_zip(contents: bytes, name: str = "mine.zip") -> AppTest:
    """The page after this file was uploaded."""
    page = open_page(PAGE)
    page.session_state["teach-zip"] = (name, name, contents)
    return chosen(page, "ZIP")


def by_hand(**pictures: int) -> AppTest:
    """The page with classes of these names and so many pictures each."""
    page = open_page(PAGE)
    own = []
    for number, (name, count) in enumerate(pictures.items(), start=1):
        given = [(f"{one}.png", picture(seed=100 * number + one)) for one in range(count)]
        read = read_uploads({name: given}).pictures
        own.append(OwnClass(number, tuple(Shot(str(place), one, "data:,") for place, one in enumerate(read))))
        page.session_state[name_key(number)] = name
    page.session_state["teach-classes"] = own
    return chosen(page, "My own classes")


def images(page: AppTest) -> int:
    """How many pictures the page shows."""
    return sum(1 for element in page.main if element.type == "image")


# Data


def test_the_sample_is_explored_at_once_and_is_ready() -> None:
    page = open_page(PAGE)
    assert (metrics(page)["Pictures"], metrics(page)["Classes"]) == ("120", "5")
    assert "120 pictures in 5 classes" in sentences(page)
    assert "MIT licence" in sentences(page)
    assert not button(page, "Next").disabled


def test_the_seed_of_the_split_is_the_seed_of_the_training(tiny_models: TinyModels) -> None:
    page = open_page(PAGE)
    page.session_state["teach-base"] = str(tiny_models.timm())
    page.number_input(key="teach-seed").set_value(7).run()
    page.button_group(key="teach-step").set_value("Model").run()
    assert not page.exception
    assert page.number_input(key="teach-seed").value == 7


def test_classes_by_hand_can_be_taught_as_soon_as_there_are_enough_pictures() -> None:
    page = by_hand(mug=4, pen=3)
    assert "7 pictures in 2 classes" in sentences(page)
    assert (metrics(page)["Pictures"], metrics(page)["Classes"]) == ("7", "2")
    press(page, "Next")
    assert button(page, "Start training")


@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        ({"mug": 5, "pen": 0}, "are of the class “mug”. Add pictures of a second class"),
        ({"mug": 5, "pen": 1}, "The class “pen” has only one picture"),
        ({"mug": 5, "Mug": 5}, "are of the class “Mug”"),
    ],
)
def test_classes_that_cannot_be_taught_say_what_is_missing_beside_the_button(pictures: dict, says: str) -> None:
    page = by_hand(**pictures)
    assert says in sentences(page)
    assert button(page, "Next").disabled


def test_a_class_without_a_name_is_asked_for_one() -> None:
    page = by_hand(mug=3, pen=3)
    page.text_input(key=name_key(2)).set_value(" ").run()
    assert "A class with pictures has no name" in page.error[0].value
    assert "teach-pictures" not in page.session_state or page.session_state["teach-pictures"] is None


def test_a_class_can_be_added_emptied_and_deleted() -> None:
    page = by_hand(mug=3, pen=3)
    press(page, "Add a class")
    assert [field.value for field in page.text_input if field.label == "Name of the class"][-1] == "Class 3"
    press(page, "Remove all")
    assert "0 pictures" in sentences(page)
    press(page, "Delete the class")
    assert len([field for field in page.text_input if field.label == "Name of the class"]) == 2


def test_a_zip_is_read_once_and_forgotten_for_what_was_in_it() -> None:
    page = with_zip(zip_of(files(5) | {"red/broken.jpg": b"no", "red/read me.txt": b"hello"}))
    assert (metrics(page)["Pictures"], metrics(page)["Files left out"]) == ("10", "2")
    assert not isinstance(page.session_state["teach-zip"][2], bytes)
    page.button_group(key="teach-step").set_value("Result").run()
    page.button_group(key="teach-step").set_value("Data").run()
    assert metrics(page)["Pictures"] == "10"


def bomb() -> bytes:
    """A ZIP of some hundred kilobytes that says that it holds 250 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("red/0.png", bytes(250_000_000))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda: b"hello", "is not a ZIP file"),
        (bomb, "at most 200 MB are read"),
        (lambda: zip_of({"../red/0.png": picture()}), "outside of its folder"),
        (lambda: zip_of({"0.png": picture()}), "lie in no folders"),
        (lambda: zip_of({"red/a.txt": b"hello"}), "There is no picture in"),
    ],
)
def test_an_archive_that_cannot_be_used_gets_a_sentence(content, says: str) -> None:
    page = with_zip(content())
    assert says in page.error[0].value
    assert not [found for found in page.button if found.label.startswith("Next") and not found.disabled]


def test_a_folder_of_this_machine_is_read_again_when_asked(tmp_path) -> None:
    for name, content in files(4).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    page = chosen(open_page(PAGE), "Folder")
    page.text_input(key="teach-folder").set_value(str(tmp_path)).run()
    assert metrics(page)["Pictures"] == "8"
    (tmp_path / "red" / "new.png").write_bytes(picture(seed=99))
    press(page, "Read again")
    assert metrics(page)["Pictures"] == "9"
    page.text_input(key="teach-folder").set_value(str(tmp_path / "nowhere")).run()
    assert "There is no folder or ZIP file" in page.error[0].value


def test_a_stranger_is_offered_neither_folders_nor_the_hub(stranger: None) -> None:
    assert open_page(PAGE).button_group(key="teach-source").options == ["Sample", "My own classes", "ZIP"]


# Model


def test_without_pictures_the_model_step_points_back() -> None:
    page = open_page(PAGE)
    page.button_group(key="teach-step").set_value("Train").run()
    page.session_state["teach-pictures"] = None
    page.button_group(key="teach-step").set_value("Model").run()
    assert "There are no pictures to learn from yet" in page.info[0].value
    press(page, "To the data")
    assert metrics(page)["Pictures"] == "120"


def test_a_base_that_is_not_here_is_offered_and_nothing_can_start() -> None:
    page = press(by_hand(mug=3, pen=3), "Next")
    page.selectbox(key="teach-base").set_value("google/vit-base-patch16-224-in21k").run()
    assert not page.exception
    assert "is not on this machine yet" in page.info[0].value
    assert button(page, "Start training").disabled


def test_altered_copies_are_shown_where_the_method_learns_from_them(tiny_models: TinyModels) -> None:
    page = by_hand(mug=3, pen=3)
    page.session_state["teach-base"] = str(tiny_models.timm())
    press(page, "Next")
    assert images(page) == 0
    page.toggle(key="teach-augment-head").set_value(True).run()
    assert not page.exception
    assert "altered copies of them" in sentences(page)
    assert images(page) == 12  # two classes, each with one picture and five altered copies
    press(page, "Others")
    assert images(page) == 12


# Train and result


def test_a_training_is_taught_followed_tried_and_kept(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_to_be_run(monkeypatch)
    page = with_zip(zip_of(files(8)))
    page.session_state["teach-base"] = str(tiny_models.timm())
    press(page, "Next")
    assert metrics(page)["Parameters that learn"]
    press(page, "Start training")
    [job] = every_job(PICTURES)
    assert not look(job).is_over
    run_here(job)
    assert look(job).state == "done", look(job).problem
    page.button_group(key="teach-step").set_value("Result").run()
    assert not page.exception
    assert metrics(page)["Accuracy"] == "100.0%"
    assert "None: every test picture got its class" in sentences(page)
    page.text_input(key="teach-keep-name").set_value("colours")
    press(page, "Save")
    assert "Kept as `trained/colours`" in page.success[0].value
    assert (trained_folder() / "colours" / "config.json").is_file()
    go_to(page, "image_classification")
    assert "trained/colours · on this machine" in page.selectbox(key="image-classification-model").options


def test_while_the_base_looks_at_pictures_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    job = fabricated(LOOKING, **{"begun": ""})
    monkeypatch.setattr("training.job_folders.is_alive", lambda job: True)
    page = open_page(PAGE)
    assert "Looking at the pictures · 6 of 12 · about 5 s left" in next(bar.text for bar in page.get("progress"))
    assert not button(page, "Stop").disabled
    assert find(job.name) is not None


def result_page() -> AppTest:
    job = fabricated({"event": "end", "time": 2.0, "reason": "budget", "step": 10, "figures": {}}, result=RESULT)
    page = open_page(PAGE)
    page.session_state["teach-job"] = job.name
    page.button_group(key="teach-step").set_value("Result").run()
    assert not page.exception
    return page


def test_a_result_shows_figures_mistakes_and_the_pictures_of_a_cell() -> None:
    page = result_page()
    assert metrics(page) == {"Accuracy": "75.0%", "Macro F1": "0.73"}
    assert "± 30 %" in page.warning[0].value
    cells = page.selectbox(key="teach-cell-20260101-120000-abc")
    assert cells.options[0] == "red, taken for green · 1"
    assert ":red[green · 80%]  \nit is red" in sentences(page)
    cells.set_value(cells.options[1]).run()
    assert not page.exception
    assert "green · 95%" in sentences(page)  # its picture has gone, and the rest is shown


def test_a_text_training_is_not_this_page_s() -> None:
    job = fabricated(result=RESULT, name="20260101-130000-abc")
    told = {"data": "a.csv", "settings": {"text_column": "a", "label_column": "b"}, "created": 0.0}
    (job.folder / "job.json").write_text(json.dumps(told))
    page = open_page(PAGE)
    page.button_group(key="teach-step").set_value("Result").run()
    assert "There is no result yet" in page.info[0].value


def test_the_pictures_of_a_cell_are_those_of_which_the_model_was_surest() -> None:
    cells = by_cell(RESULT)
    assert [one["name"] for one in cells[0, 0]] == ["green/gone.png", "green/0.png"]
    assert cells.keys() == {(0, 0), (1, 0), (1, 1)}
    assert cell_text(["green", "red"], (1, 0)) == "red, taken for green"
    assert caption_of(TESTED[0]) == "red · 90%"


def test_no_name_of_a_tested_picture_is_a_formula_in_a_spreadsheet() -> None:
    tested = [{"name": "=1+1.png", "label": "-a", "predicted": "@b", "probability": 0.5}]
    [row] = csv.DictReader(io.StringIO(csv_of_tested({"tested": tested})))
    assert list(row.values()) == ["'=1+1.png", "'-a", "'@b", "0.5"]


def test_results_can_be_taken_along() -> None:
    assert list(csv.DictReader(io.StringIO(csv_of_tested(RESULT))))[1]["predicted"] == "green"
    job = fabricated(result=RESULT)
    with zipfile.ZipFile(io.BytesIO(zipped(job.model_folder))) as archive:
        assert archive.namelist() == ["model/README.md", "model/config.json"]

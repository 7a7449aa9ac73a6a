"""The image classification page, driven as a user drives it, with tiny models and the embedded one."""

import io
import json
import shutil
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from apps.demos.image_classification.results import Map, Seen
from models import image_classification
from models.errors import OutOfMemory
from models.folders import trained_folder
from models.pictures.looked_at import GRAD_CAM, ROLLOUT
from tests.apps.classroom import button, go_to, open_page, press, put_in_cache, sentences
from tests.conftest import TinyModels

NAME = "image-classification"
VIT, RESNET = "google/vit-base-patch16-224", "microsoft/resnet-50"


def items(page: AppTest, kind: type, model: int = 0) -> list:
    """What the page keeps of one of the models asked, of one kind."""
    return [item for item in page.session_state[f"{NAME}-{model}-outcome"].items if isinstance(item, kind)]


def choose_source(page: AppTest, name: str) -> AppTest:
    return page.segmented_control(key="detection-source").set_value(name).run()


def choose_model(page: AppTest, model_id: str) -> AppTest:
    return page.selectbox(key="image-classification-model").set_value(model_id).run()


@pytest.fixture
def weights(tiny_models: TinyModels) -> None:
    """Two of the catalog's full models are on this machine, with tiny random weights."""
    put_in_cache(VIT, tiny_models.vit())
    put_in_cache(RESNET, tiny_models.resnet())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, a broken one, and something else."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for name, colour in (("a.jpg", "red"), ("c.png", "green")):
        Image.new("RGB", (96, 64), colour).save(folder / name)
    (folder / "b.jpg").write_text("not a picture", encoding="utf-8")
    (folder / "notes.docx").write_text("notes", encoding="utf-8")
    return folder


def test_the_embedded_model_names_the_photograph_and_shows_where_it_looked() -> None:
    page = press(press(open_page("image_classification"), "coffee"), "Classify")
    assert not page.error
    [seen], [found] = items(page, Seen), items(page, Map)
    assert seen.classification.label == "espresso"
    assert (found.looked.method, seen.classification.labels[found.looked.class_id]) == (GRAD_CAM, "espresso")
    assert "**espresso**" in sentences(page)
    assert any("fp32 on cpu" in caption.value for caption in page.caption)
    assert not any(box.label == "Picture" for box in page.selectbox)


def test_another_label_has_a_map_of_its_own() -> None:
    page = press(press(open_page("image_classification"), "coffee"), "Classify")
    [chooser] = [box for box in page.selectbox if box.label == "For the label"]
    assert chooser.options[:2] == ["espresso", "cup"]
    chooser.set_value(968).run()
    press(page, "What it looked at")
    maps = page.session_state[f"{NAME}-maps"]
    [made] = maps.values()
    assert made.looked.class_id == 968
    assert made.looked.heat != items(page, Map)[0].looked.heat
    assert not [found for found in page.button if found.label == "What it looked at"]


def test_it_says_that_imagenet_has_no_person() -> None:
    page = open_page("image_classification")
    assert "gets one label for all of it" in sentences(page)  # the bus
    press(page, "zidane")
    assert "no one who wears them" in sentences(page)
    press(page, "coffee")
    assert "A person is not among them" in sentences(page)


def test_models_stand_side_by_side(weights: None) -> None:
    page = choose_model(open_page("image_classification"), VIT)
    page.multiselect(key=f"{NAME}-beside").set_value([RESNET, "aula/efficientnet-lite0"]).run()
    press(page, "Classify")
    assert not page.error
    assert [items(page, Map, number)[0].looked.method for number in range(3)] == [ROLLOUT, GRAD_CAM, GRAD_CAM]
    assert {f"##### {name}" for name in ("google/vit-base-patch16-224", "microsoft/resnet-50")} <= {
        text.value.replace("\\", "") for text in page.markdown
    }
    # Rollout is the same for every label, so there is none to choose.
    assert len([box for box in page.selectbox if box.label == "For the label"]) == 2


def test_the_whole_gallery_fills_a_table_with_files(downloads: dict, weights: None) -> None:
    page = choose_model(open_page("image_classification"), VIT)
    press(page, "Classify all")
    assert len(items(page, Seen)) == 6
    table = page.dataframe[0].value
    assert list(table.columns) == ["picture", "name", "label", "score"]
    assert all(cell.startswith("data:image/jpeg;base64,") for cell in table["picture"])
    assert downloads["classification.csv"].count("\n") == 1 + 6 * 3
    assert len(json.loads(downloads["classification.json"]())[VIT]) == 6


def test_of_several_pictures_the_map_of_another_one_is_made_when_asked_for(weights: None) -> None:
    page = press(choose_model(open_page("image_classification"), VIT), "Classify all")
    [chooser] = [box for box in page.selectbox if box.label == "Picture"]
    chooser.set_value(3).run()
    press(page, "What it looked at")
    assert {found.number for found in page.session_state[f"{NAME}-maps"].values()} == {3}


def test_a_broken_picture_is_named_and_the_rest_goes_on(folder: Path, weights: None) -> None:
    page = choose_source(choose_model(open_page("image_classification"), VIT), "Folder")
    page.text_input(key="detection-folder").set_value(str(folder)).run()
    press(page, "Classify the folder")
    assert [one.error is None for one in items(page, Seen)] == [True, False, True]
    assert ["b.jpg" in warning.value for warning in page.warning] == [True]
    assert any("notes" in info.value for info in page.info)
    assert ["b.jpg" in problem for problem in page.dataframe[0].value["problem"]] == [False, True, False]
    assert "one colour" in page.dataframe[0].value["problem"][0]


def test_a_folder_without_pictures_says_so_and_drops_what_was_found(tmp_path: Path, weights: None) -> None:
    page = press(choose_model(open_page("image_classification"), VIT), "Classify")
    page = choose_source(page, "Folder")
    page.text_input(key="detection-folder").set_value(str(tmp_path)).run()
    press(page, "Classify the folder")
    assert "There is no picture in" in page.error[0].value
    assert not page.subheader


def test_uploads_are_classified(weights: None) -> None:
    page = choose_source(choose_model(open_page("image_classification"), VIT), "Upload")
    assert button(page, "Classify").disabled
    file = io.BytesIO()
    Image.new("RGB", (1, 1), "teal").save(file, "PNG")
    page.file_uploader(key="detection-upload").set_value([("one.png", file.getvalue(), "image/png")]).run()
    press(page, "Classify")
    assert "do not believe what the model sees" in sentences(page)


def test_a_model_of_which_it_cannot_be_shown_says_so(tmp_path: Path) -> None:
    from tests.tiny.image_classification import save_timm

    save_timm(trained_folder() / "maxvit", "test_maxvit", labels=("mug", "pen"), stored="float32")
    page = choose_model(open_page("image_classification"), "trained/maxvit")
    assert "A person is not among them" not in sentences(page)  # it may well be
    press(page, "Classify")
    assert "cannot be shown here what it looks at" in " ".join(info.value for info in page.info)
    assert "**mug**" in sentences(page) or "**pen**" in sentences(page)


def test_one_picture_that_does_not_fit_does_not_stop_the_others(weights: None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = image_classification.ImageClassifier.classify

    def cramped(self: object, images: list[Image.Image], **more: object) -> object:
        if images[0].size == (810, 1080):
            raise OutOfMemory("There is not enough memory.")
        return whole(self, images, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(image_classification.ImageClassifier, "classify", cramped)
    page = press(choose_model(open_page("image_classification"), VIT), "Classify all")
    assert len(items(page, Seen)) == 6
    assert [warning.value for warning in page.warning] == ["bus.jpg: There is not enough memory."]


def test_a_trained_model_is_in_the_chooser(tiny_models: TinyModels) -> None:
    shutil.copytree(tiny_models.vit(), trained_folder() / "mine")
    page = open_page("image_classification")
    assert any("trained/mine" in name for name in page.selectbox(key="image-classification-model").options)


def test_films_are_not_offered_where_nothing_looks_at_them_and_the_way_to_them_is_told(tmp_path: Path) -> None:
    page = open_page("image_classification")
    assert "Film" not in page.segmented_control(key="detection-source").options
    (tmp_path / "film.mp4").write_bytes(b"")
    page = choose_source(page, "Folder")
    page.text_input(key="detection-folder").set_value(str(tmp_path)).run()
    press(page, "Classify the folder")
    assert "For films there is Object detection" in page.error[0].value


def test_a_film_chosen_on_another_page_leads_back_to_the_gallery() -> None:
    page = go_to(choose_source(open_page("object_detection"), "Film"), "image_classification")
    assert page.segmented_control(key="detection-source").value == "Gallery"


def test_of_a_model_outside_the_catalog_it_is_told_what_it_knows(tiny_models: TinyModels) -> None:
    shutil.copytree(tiny_models.vit(), trained_folder() / "things")
    page = press(choose_model(open_page("image_classification"), "trained/things"), "Classify")
    assert "of whatever it is shown, it says one of them" in sentences(page)

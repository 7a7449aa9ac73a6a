"""How a name becomes a card."""

from pathlib import Path

import pytest

from models.catalog import CATALOG, Task, models_for
from models.errors import UnknownModel
from models.folders import trained_folder
from models.precision import write_saved
from models.weights import card_file
from models.weights.cards import find_card, trained_path


def test_a_second_task_may_be_asked_for() -> None:
    assert find_card("aula/extractive", Task.TEXT_TO_TEXT, Task.SUMMARIZATION).task == Task.SUMMARIZATION
    with pytest.raises(UnknownModel, match="is a model for summarization"):
        find_card("aula/extractive", Task.TEXT_TO_TEXT)


def test_a_model_trained_here_is_found_by_its_name(own_caches: Path) -> None:
    (trained_folder() / "reviews-1").mkdir(parents=True)
    card = find_card("trained/reviews-1", Task.TEXT_CLASSIFICATION)
    assert card.path == (trained_folder() / "reviews-1").resolve()
    assert card.summary == "Trained on this machine."


@pytest.mark.parametrize("name", ["trained/gone", "trained/../up", "trained/", "trained/a/b"])
def test_a_model_that_was_not_trained_here_is_never_looked_for_on_the_hub(name: str, own_caches: Path) -> None:
    with pytest.raises(UnknownModel):
        find_card(name, Task.TEXT_CLASSIFICATION)


def test_only_plain_names_are_folders_of_trained_models() -> None:
    assert trained_path("trained/reviews-1") == trained_folder() / "reviews-1"
    assert trained_path("trained/../reviews") is None
    assert trained_path("reviews") is None


def test_catalog_id_is_found() -> None:
    assert find_card("google-t5/t5-small", Task.TEXT_TO_TEXT) in CATALOG


def test_any_other_hub_id_is_taken_as_it_is() -> None:
    card = find_card("school/our-gpt2", Task.TEXT_GENERATION)
    assert (card.repository, card.path, card.answers_no_answer) == ("school/our-gpt2", None, None)


def test_folder_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "school" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    card = find_card("school/model", Task.TEXT_GENERATION)  # a folder that is here wins over the hub
    assert (card.path, card.repository) == (tmp_path / "school" / "model", None)
    assert find_card(card.model_id, card.task) == card


@pytest.mark.parametrize(("base", "knows"), [("aula/qa-minilm", True), ("aula/minilm", None), ("none/such", None)])
def test_a_kept_model_can_do_what_the_catalog_says_of_its_base(tmp_path: Path, base: str, knows: bool | None) -> None:
    (tmp_path / card_file.NAME).write_text(f"---\nbase_model: {base}\n---\n")
    assert find_card(str(tmp_path), Task.QUESTION_ANSWERING).answers_no_answer is None  # trained, not kept
    write_saved(tmp_path, "int8", quantized=True)
    card = find_card(str(tmp_path), Task.QUESTION_ANSWERING)
    assert (card.answers_no_answer, card.languages) == (knows, ("English",) if knows else ())


def test_detector_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "best.pt").touch()
    assert find_card(str(tmp_path / "best.pt"), Task.OBJECT_DETECTION).path == tmp_path / "best.pt"


def test_detector_folder_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()
    with pytest.raises(UnknownModel, match=r"nor a folder with config\.json and model\.safetensors"):
        find_card(str(tmp_path), Task.OBJECT_DETECTION)
    (tmp_path / "model.safetensors").touch()
    assert find_card(str(tmp_path), Task.OBJECT_DETECTION).path == tmp_path


@pytest.mark.parametrize("task", list(Task))
def test_unknown_names_are_refused_with_the_choices(task: Task) -> None:
    with pytest.raises(UnknownModel) as refusal:
        find_card("nonsense", task)
    assert all(card.model_id in str(refusal.value) for card in models_for(task))


def test_a_slip_of_the_pen_gets_a_suggestion() -> None:
    with pytest.raises(UnknownModel, match="Did you mean “yolov5su”"):
        find_card("yolo5su", Task.OBJECT_DETECTION)
    with pytest.raises(UnknownModel, match="Did you mean “google-t5/t5-small”"):
        find_card("t5-small", Task.TEXT_TO_TEXT)


def test_model_of_another_task_is_refused() -> None:
    with pytest.raises(UnknownModel, match="is a model for text generation, not for question answering"):
        find_card("openai-community/gpt2", Task.QUESTION_ANSWERING)


@pytest.mark.parametrize("name", ["school/detector", "../up", "a/b/c", "", "owner/", "/", "~nobody/x y"])
def test_detection_takes_no_repository_and_no_task_takes_a_broken_name(name: str) -> None:
    with pytest.raises(UnknownModel):
        find_card(name, Task.OBJECT_DETECTION)


def test_a_file_is_not_a_text_model_and_a_folder_is_not_a_detector(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").touch()
    with pytest.raises(UnknownModel, match=r"needs a folder with a config\.json"):
        find_card(str(tmp_path / "weights.bin"), Task.TEXT_GENERATION)
    with pytest.raises(UnknownModel, match=r"ends in \.pt"):
        find_card(str(tmp_path), Task.OBJECT_DETECTION)


def test_a_picture_model_is_a_folder_or_a_repository(picture_task: Task, tmp_path: Path) -> None:
    assert find_card(str(tmp_path), picture_task).path == tmp_path
    assert find_card("school/vit", picture_task).repository == "school/vit"

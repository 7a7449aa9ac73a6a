"""What holds on every page, the next ones included: it opens, explains itself, and a stranger can do no harm on it."""

import pytest
from streamlit.testing.v1 import AppTest

from apps.pages import PAGES, Page
from apps.ui import visitor
from apps.ui.explain import KEY
from models.catalog import ModelCard, models_for
from tests.apps.classroom import ROOT, button, open_page, press

# The buttons that start a page's work.
STARTS = ("Answer", "Translate", "Classify", "Detect", "Draw", "Read the layers", "Run")
# What only the person at this machine may press, or write into.
OWN_BUTTONS = ("Add", "Delete", "Download", "Fetch", "Free", "Keep", "Unload")
OWN_FIELDS = ("folder", "file", "path")
# The files that are about what the page's sentences explain. A page need not be named here.
EXPLAINED = {
    "question_answering": {
        "models/question_answering.py",
        "models/text/context_windows.py",
        "models/text/answer_spans.py",
        "models/text/answers.py",
    },
    "translate_summarize": {
        "models/text_to_text.py",
        "models/text/task_settings.py",
        "models/text/segmentation.py",
        "models/text/second_attempts.py",
        "models/text/verbatim.py",
    },
    "text_classification": {"models/text_classification.py", "models/text/occlusion.py"},
    "step_by_step": {"models/step_by_step.py", "models/steps/recipes.py", "models/steps/next_token.py"},
    "object_detection": {
        "models/object_detection.py",
        "models/pictures/detections.py",
        "models/pictures/images.py",
        "models/pictures/yolov5_network.py",
    },
    "image_classification": {
        "models/image_classification.py",
        "models/pictures/looked_at.py",
        "models/pictures/prepared.py",
    },
    "text_to_image": {"models/text_to_image.py", "models/pictures/points_from_noise.py"},
    "datasets": {
        "training/exploration/near_texts.py",
        "training/exploration/picture_hash.py",
        "training/exploration/leaks.py",
    },
    "transfer_learning": {"training/text_classification.py", "training/trainer.py"},
    "teach_pictures": {"training/image_classification.py", "training/pictures/bases.py"},
    "model_memory": {
        "quantization/predict/plan.py",
        "quantization/predict/kept.py",
        "quantization/predict/stored_bytes.py",
        "quantization/predict/weight_bytes.py",
    },
    "number_formats": {"quantization/see/number_formats.py", "quantization/see/number_codes.py"},
    "tensor_quantization": {"quantization/mapping.py", "quantization/see/tensor_study.py"},
    "gpt2_quantization": {
        "quantization/int8/quantize.py",
        "quantization/measure/agreement.py",
        "models/text/perplexity.py",
    },
    "layer_sensitivity": {
        "quantization/experiments/sensitivity.py",
        "quantization/mapping.py",
        "models/text/perplexity.py",
    },
    "task_quality": {
        "quantization/experiments/task_quality.py",
        "quantization/measure/bootstrap.py",
        "quantization/measure/exams.py",
        "models/text/answer_scores.py",
    },
    "memory_freed": {"quantization/experiments/memory_cycle.py", "models/device.py"},
    "speed_here": {"quantization/race/run.py", "quantization/race/plain.py", "quantization/race/ours.py"},
}


def full_models(row: Page) -> list[ModelCard]:
    """The models of the page's first task to be downloaded; none for a page with a chooser of its own."""
    return [card for card in models_for(row.tasks[0]) if card.embedded is None] if row.tasks else []


def has_embedded(row: Page) -> bool:
    """Whether one of the full models of the page's first task has a small one beside it that is always here."""
    return bool(full_models(row)) and any(card.embedded for card in models_for(row.tasks[0]))


every_page = pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
every_page_with_full_models = pytest.mark.parametrize(
    "row", [row for row in PAGES if full_models(row)], ids=lambda row: row.name
)


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody at another machine."""
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)


def open_without_weights(row: Page) -> AppTest:
    """The page with its first full model chosen, which is not on this machine."""
    opened = open_page(row.name)
    [chooser] = [box for box in opened.selectbox if box.label == "Model"]
    chooser.set_value(full_models(row)[0].model_id).run()
    assert not opened.exception
    return opened


def enabled(page: AppTest, beginnings: tuple[str, ...]) -> list[str]:
    """The labels of the buttons that begin so and can be pressed."""
    return [found.label for found in page.button if found.label.startswith(beginnings) and not found.disabled]


def own_fields(page: AppTest) -> list[str]:
    """The labels of the fields for a path on this machine."""
    return [field.label for field in page.text_input if any(word in field.label.lower() for word in OWN_FIELDS)]


@every_page
def test_a_page_opens_at_its_address_under_its_title(row: Page) -> None:
    opened = open_page(row.name)

    assert [title.value for title in opened.title] == [row.title]


@every_page
def test_a_page_shows_the_files_that_it_explains(row: Page) -> None:
    page = open_page(row.name)
    page.session_state[KEY] = True
    [explanation] = [expander for expander in page.run().expander if expander.label == "How it works"]
    shown = {tab.label.strip("`"): [code.value for code in tab.code] for tab in explanation.tabs}

    assert 1 <= len(shown) <= 5
    assert shown.keys() >= EXPLAINED.get(row.name, set())
    for file, sources in shown.items():
        assert sources == [(ROOT / file).read_text(encoding="utf-8").rstrip()]


@pytest.mark.parametrize("row", [row for row in PAGES if has_embedded(row)], ids=lambda row: row.name)
def test_with_its_embedded_model_a_page_is_ready(row: Page) -> None:
    assert enabled(open_page(row.name), STARTS)


@every_page_with_full_models
def test_without_weights_a_page_offers_the_download_and_starts_nothing(row: Page) -> None:
    opened = open_without_weights(row)

    assert f"{full_models(row)[0].model_id} is not on this machine yet" in opened.info[0].value
    assert not button(opened, "Download").disabled
    assert enabled(opened, STARTS) == []


@every_page_with_full_models
def test_a_download_without_a_network_says_so(row: Page) -> None:
    assert "offline" in press(open_without_weights(row), "Download").error[0].value.lower()


@every_page_with_full_models
def test_the_person_at_this_machine_may_name_another_model(row: Page) -> None:
    assert own_fields(open_page(row.name)) == ["Hugging Face id, folder or file"]


@every_page
def test_a_stranger_sees_no_path_field_and_nothing_to_fetch_or_delete(row: Page, stranger: None) -> None:
    opened = open_page(row.name)

    assert own_fields(opened) == []
    assert enabled(opened, OWN_BUTTONS) == []


@every_page_with_full_models
def test_a_stranger_is_told_that_the_weights_are_not_on_the_teacher_s_machine(row: Page, stranger: None) -> None:
    opened = open_without_weights(row)

    assert f"{full_models(row)[0].model_id} is not on the teacher's machine yet" in opened.info[0].value
    assert own_fields(opened) == []
    assert enabled(opened, (*OWN_BUTTONS, *STARTS)) == []

"""Setting a page as a step wishes: what it writes, what it may not, and what it says when something cannot be."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.course.folders import VARIABLE
from apps.course.forbidden import is_forbidden
from apps.course.setting import alike
from apps.pages import PAGES
from apps.ui import visitor
from tests.apps.classroom import open_page
from tests.apps.course.walking import open_walkthrough, set_page, step_of

SHORT = "---\ntitle: Short\nminutes: 1\n---\n\nSee.\n\n## Do\n\nThis.\n"


@pytest.fixture(autouse=True)
def a_walkthrough_of_each_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en").mkdir()
    for row in PAGES:
        (tmp_path / "en" / f"{row.name}.md").write_text(SHORT, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path))


@pytest.fixture
def formats() -> AppTest:
    return open_walkthrough("number_formats")


def test_an_example_and_widgets_are_set_before_the_page_is_drawn(formats: AppTest) -> None:
    result = set_page(formats, "number_formats", step_of({"scale": 0.01, "saturate": True}, example="300"))

    assert result.problems == ()
    assert formats.text_input(key="number").value == "300"
    assert formats.select_slider(key="scale").value == 0.01
    assert formats.toggle(key="saturate").value is True
    assert formats.session_state["number-example"] == "300"


def test_values_of_a_step_win_over_those_of_its_example(formats: AppTest) -> None:
    set_page(formats, "number_formats", step_of({"number": "7"}, example="300"))

    assert formats.text_input(key="number").value == "7"


def test_a_number_becomes_the_text_of_a_field_for_text(formats: AppTest) -> None:
    assert set_page(formats, "number_formats", step_of({"number": 0.3})).problems == ()
    assert formats.text_input(key="number").value == "0.3"


def test_an_example_that_is_not_there_is_said_with_those_that_are(formats: AppTest) -> None:
    result = set_page(formats, "number_formats", step_of({"number": "5"}, example="0.2"))

    assert result.too_early
    assert "no example “0.2”" in result.problems[0]
    assert "“0.1”, “2049”" in result.problems[0]
    assert formats.text_input(key="number").value == "5"


def test_a_key_that_is_not_there_is_said_with_those_that_are(formats: AppTest) -> None:
    result = set_page(formats, "number_formats", step_of({"nummer": 5}))

    assert "no widget “nummer”" in result.problems[0]
    assert "“saturate”, “scale”, “zero-point”" in result.problems[0]
    assert "nummer" not in formats.session_state


@pytest.mark.parametrize(
    "settings",
    [
        {"scale": 0.03}, {"scale": "x"}, {"scale": [1]}, {"zero-point": 1000}, {"zero-point": 0.5},
        {"zero-point": True}, {"saturate": "yes"}, {"saturate": 1}, {"number": True}, {"number": [1]},
        {"magnitudes": "Nowhere"}, {"magnitudes": 5}, {"magnitudes": ["Around 1"]},
    ],
)  # fmt: skip
def test_a_value_that_a_widget_does_not_take_is_said_and_the_page_lives(formats: AppTest, settings: dict) -> None:
    before = {key: formats.session_state[key] for key in ("scale", "zero-point", "saturate", "number")}
    result = set_page(formats, "number_formats", step_of(settings))

    [key] = settings
    assert [f"“{key}”" in problem for problem in result.problems] == [True]
    assert {key: formats.session_state[key] for key in before} == before
    assert not formats.exception


def test_what_is_drawn_only_in_another_view_is_set_with_it() -> None:
    page = open_walkthrough("tokenizers")
    set_page(page, "tokenizers", step_of({"tokenizers-view": "Languages"}))
    result = set_page(page, "tokenizers", step_of({"tokenizers-view": "Compare", "tokenizers-ids": False}, "Emoji"))

    assert result.problems == ()
    assert page.session_state["tokenizers-view"] == "Compare"
    assert page.toggle(key="tokenizers-ids").value is False
    assert "👍" in page.text_area(key="tokenizers-text").value


def test_outcomes_and_other_keys_of_the_session_cannot_be_set() -> None:
    page = open_walkthrough("question_answering")
    result = set_page(page, "question_answering", step_of({"qa-outcome": "x", "qa": 1, "course-is-open": False}))

    assert len(result.problems) == 1
    assert not [key for key in ("qa-outcome", "qa") if key in page.session_state]
    assert page.session_state["course-is-open"] is True


def test_a_button_is_not_pressed() -> None:
    page = open_walkthrough("object_detection")
    result = set_page(page, "object_detection", step_of({"choose-bus.jpg": True}))

    assert len(result.problems) == 1
    assert not page.exception


@pytest.mark.parametrize(
    ("former", "value", "expected"),
    [
        ("a", 3, "3"), (1, 2.0, 2), (1.5, 2, 2.0), ((0.1, 0.9), [0, 1], (0.0, 1.0)), ([], ["a"], ["a"]),
        (None, "x", "x"), (True, False, False),
    ],
)  # fmt: skip
def test_a_value_takes_the_form_of_the_former_one(former: object, value: object, expected: object) -> None:
    found = alike(former, value)  # type: ignore[arg-type]

    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("former", "value"),
    [(True, 1), (1, True), (1, 1.5), (1, "1"), (1.0, "1"), ("a", ["a"]), ([], "a"), ((1, 2), [1]), (object(), 1)],
)
def test_a_value_of_another_kind_is_refused(former: object, value: object) -> None:
    with pytest.raises(TypeError):
        alike(former, value)  # type: ignore[arg-type]


def keys_of(page: AppTest) -> set[str]:
    """The keys of the fields of a page that hold a value."""
    kinds = (page.text_input, page.text_area, page.selectbox, page.multiselect, page.toggle, page.button)
    return {field.key for kind in kinds for field in kind if field.key}


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_no_course_sets_what_only_the_person_at_this_machine_sees(row, monkeypatch: pytest.MonkeyPatch) -> None:
    own = keys_of(open_page(row.name))
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    strangers = keys_of(open_page(row.name))

    assert [key for key in own - strangers if not is_forbidden(key)] == []


@pytest.mark.parametrize(
    "key",
    [
        "detection-folder", "teach-folder", "datasets-path", "tokenizers-path", "datasets-hub-id", "memory-own-id",
        "question-answering-own-id", "tokenizers-upload", "free-x", "delete-1", "download-x", "qa-example",
        "qa-outcome", "language", "course-set-1", "", "a\nfolder", "-",
    ],
)  # fmt: skip
def test_forbidden_keys(key: str) -> None:
    assert is_forbidden(key)


@pytest.mark.parametrize("key", ["example", "task-text", "tokenizers-view", "qa-context", "number", "scale", "profile"])
def test_keys_that_may_be_set(key: str) -> None:
    assert not is_forbidden(key)

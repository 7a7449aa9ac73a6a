"""The page “Courses”: the courses in order, how far one is, and a teacher's own files."""

from pathlib import Path

import pytest

from apps.course.course_list import read_courses
from apps.course.folders import OF_THE_SUITE, VARIABLE
from apps.ui import visitor
from tests.apps.classroom import go_to, open_page, press, sentences

YAML = """- title: Mine
  about: Two pages.
  pages: [number_formats, tokenizers]
"""


def own_courses(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    file = folder / "en" / "courses.yaml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(folder))
    return file


def test_a_walkthrough_is_started_and_gone_on_with() -> None:
    page = open_page("courses")
    assert [heading.value for heading in page.subheader][:3] == [
        "Run models on your own machine", "Transfer learning", "Quantization",
    ]  # fmt: skip
    start = next(button for button in page.button if button.key == "course-start-2-2")
    start.click().run()
    assert [title.value for title in page.title] == ["Number formats"]
    press(page, "Next")

    go_to(page, "courses")
    assert "step 2 of 7" in sentences(page)
    assert page.button(key="course-start-2-2").label == "Go on"


def test_the_other_language() -> None:
    page = open_page("courses")
    page.session_state["language"] = "es"
    page.run()

    assert page.subheader[1].value == "Aprendizaje por transferencia"


def test_a_teacher_s_courses_replace_those_of_the_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_courses(tmp_path, monkeypatch, YAML)
    page = open_page("courses")

    assert page.subheader[0].value == "Mine"
    assert "The number that cannot be stored" in sentences(page)


def test_a_broken_course_is_said_and_the_others_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_courses(tmp_path, monkeypatch, f"{YAML}- title: Other\n  about: x\n  pages: [juggling]\n")
    page = open_page("courses")

    assert page.subheader[0].value == "Mine"
    assert "line 6: There is no page “juggling”" in page.error[0].value.replace("\\", "")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "list of courses"), ("title: x", 1, "list of courses"), ("- title: x", 1, "“about: ”"),
        ("- title: x\n  about: y\n  pages: tokenizers", 3, "a list of pages"),
        ("- title: x\n  about: y\n  extra: z", 3, "“extra” means nothing"), ("- [", 1, "not YAML"),
        ("- title: x\n  about: y\n  pages: [[]]", 3, "no page"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_list_is_said_with_its_line(tmp_path: Path, text: str, line: int, reason: str) -> None:
    (tmp_path / "courses.yaml").write_text(text, encoding="utf-8")
    courses, [problem] = read_courses(tmp_path / "courses.yaml")

    assert courses == ()
    assert (problem.line, reason in problem.reason) == (line, True)


def test_only_the_person_at_this_machine_sees_its_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(OF_THE_SUITE) in sentences(open_page("courses"))
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    assert str(OF_THE_SUITE) not in sentences(open_page("courses"))

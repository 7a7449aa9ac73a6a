"""The page with the map of the tasks."""

from streamlit.testing.v1 import AppTest

from apps.course.tasks.field import FIELD
from tests.apps.classroom import open_page, sentences


def cards(page: AppTest) -> str:
    """The HTML of all cards."""
    return "\n".join(element.proto.body for element in page.get("html"))


def choose(page: AppTest, key: str, value: object) -> AppTest:
    """Click one of the filters."""
    next(group for group in page.get("button_group") if group.key == key).set_value(value).run()
    assert not page.exception
    return page


def test_all_tasks_are_there_and_a_link_for_each_that_a_page_shows() -> None:
    page = open_page("tasks")

    assert all(f"</span> {task.title}</h4>" in cards(page) for task in FIELD)
    links = [link.proto.page for link in page.get("page_link") if link.proto.label.endswith("shows it")]
    assert links == [task.pages[0].name for area in page_order() for task in area if task.is_here]


def page_order() -> list[list]:
    """The tasks part by part, as the map draws them."""
    areas = dict.fromkeys(task.area for task in FIELD)
    return [[task for task in FIELD if task.area == area] for area in areas]


def test_filters_leave_what_fits() -> None:
    page = choose(choose(open_page("tasks"), "tasks-in", ["sound"]), "tasks-out", ["text"])

    assert "1 task, 0 of them on pages of Aula" in sentences(page)
    assert "Speech recognition" in cards(page)
    assert "Translation" not in cards(page)


def test_what_no_task_has_is_said() -> None:
    page = choose(choose(open_page("tasks"), "tasks-in", ["situation"]), "tasks-out", ["text"])

    assert "No task has all of this" in page.info[0].value


def test_only_those_with_a_page() -> None:
    page = choose(open_page("tasks"), "tasks-where", "On a page of Aula")

    assert "No page of Aula shows it." not in cards(page)

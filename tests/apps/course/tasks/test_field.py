"""The map of the field: what it says of the suite follows from the suite's own tables."""

import pytest

from apps.course.tasks.field import FIELD, Area, FieldTask, Thing, chosen
from apps.course.tasks.results import AREA_ICONS, COLOURS, task_html
from apps.pages import PAGES
from models.catalog import card_of, is_repository_id
from models.tasks import ROWS

every_task = pytest.mark.parametrize("task", FIELD, ids=lambda task: task.name)


def test_names_are_unique_and_every_part_of_the_field_has_some() -> None:
    assert len({task.name for task in FIELD}) == len(FIELD) >= 25
    assert {task.area for task in FIELD} == set(Area) == set(COLOURS) == set(AREA_ICONS)


@pytest.mark.parametrize("task", ROWS)
def test_every_task_of_the_suite_is_on_the_map_with_the_pages_that_run_it(task) -> None:
    [on_map] = [each for each in FIELD if each.name == task.pipeline]

    assert {page.name for page in PAGES if task in page.tasks} <= {page.name for page in on_map.pages}


@every_task
def test_a_task_is_here_where_a_page_runs_its_models_and_nowhere_else(task: FieldTask) -> None:
    runs = any(own.pipeline == task.name for page in PAGES for own in page.tasks)

    assert task.is_here == (runs or task.page is not None)
    assert task.page is None or not runs  # said once


def test_the_page_that_is_about_fewest_tasks_comes_first() -> None:
    first = {task.name: task.pages[0].name for task in FIELD if task.is_here}

    assert first["text-generation"] == "gpt2_quantization"
    assert first["question-answering"] == "question_answering"
    assert first["translation"] == first["summarization"] == "translate_summarize"


@every_task
def test_a_model_is_of_the_catalog_or_of_the_hub_and_its_licence_is_said_once(task: FieldTask) -> None:
    card = card_of(task.model)

    assert (card is None) == is_repository_id(task.model) or card is not None
    assert card is None or task.licence is None
    assert card is None or task.known_licence == card.licence


@every_task
def test_a_card_says_what_goes_in_and_out_and_where_it_is(task: FieldTask) -> None:
    html = task_html(task)

    assert all(f" {thing}</span>" in html for thing in (*task.takes, *task.gives))
    assert ("No page of Aula shows it." in html) is not task.is_here
    assert task.sentence.endswith(".")
    assert task.as_dict()["here"] is task.is_here


def test_choosing_is_one_of_each_and_all_where_nothing_is_chosen() -> None:
    assert chosen((), (), None) == list(FIELD)
    assert {task.name for task in chosen([Thing.SOUND], [Thing.TEXT], None)} == {"automatic-speech-recognition"}
    assert all(task.is_here for task in chosen((), (), True))
    assert len(chosen((), (), True)) + len(chosen((), (), False)) == len(FIELD)
    assert chosen([Thing.SITUATION], [Thing.TEXT], None) == []

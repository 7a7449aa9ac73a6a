"""aula.py tasks."""

import json

from apps.course.tasks.field import FIELD
from tests.apps.commands import Aula


def test_all_tasks_as_json(aula: Aula) -> None:
    ended = aula("tasks", "--json")
    found = json.loads(ended.output)

    assert ended.code == 0
    assert [task["task"] for task in found] == [task.name for task in FIELD]
    assert found[0]["pages"][0] == "image_classification"


def test_tasks_by_what_goes_in_and_comes_out(aula: Aula) -> None:
    lines = aula("tasks", "--in", "sound", "--out", "text").output.splitlines()

    assert [line.split()[0] for line in lines] == ["TASK", "automatic-speech-recognition", "1"]


def test_what_no_task_has_is_said(aula: Aula) -> None:
    ended = aula("tasks", "--in", "situation", "--out", "text")

    assert (ended.code, ended.output) == (1, "")
    assert "No task has all of this" in ended.errors


def test_a_thing_that_does_not_exist_is_said(aula: Aula) -> None:
    ended = aula("tasks", "--in", "smell")

    assert ended.code == 2
    assert "smell" in ended.errors

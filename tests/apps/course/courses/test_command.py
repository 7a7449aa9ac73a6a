"""The command courses: the list, one walkthrough, and what is wrong in a folder."""

import json
import os
from pathlib import Path

import pytest

from apps.course.folders import OF_THE_SUITE
from tests.apps.commands import Aula


def test_courses_lists_them_with_their_walkthroughs(aula: Aula) -> None:
    ended = aula("courses", "--language", "es")

    assert ended.code == 0
    assert "Cuantización" in ended.output
    assert "El número que no se puede guardar" in ended.output
    assert "glossary" not in ended.output  # a page, and a file of its own kind


def test_json_is_the_list(aula: Aula) -> None:
    courses = json.loads(aula("courses", "--json").output)
    found = {each["page"]: each for course in courses for each in course["walkthroughs"]}

    assert found["number_formats"] == {
        "page": "number_formats", "title": "The number that cannot be stored", "minutes": 20, "steps": 7,
        "questions": 5,
    }  # fmt: skip


def test_a_walkthrough_is_printed_as_its_file_says_it(aula: Aula) -> None:
    source = (OF_THE_SUITE / "en" / "number_formats.md").read_text(encoding="utf-8")

    assert aula("courses", "number_formats").output == source
    walkthrough = json.loads(aula("courses", "number_formats", "--json").output)
    assert walkthrough["questions"][0]["right"] == 1


def test_what_is_not_there_is_said_with_what_is(aula: Aula) -> None:
    for arguments, said in ((("juggling",), "There are: "), (("--language", "fr"), "en, es")):
        ended = aula("courses", *arguments)
        assert ended.code == 1
        assert said in ended.errors
    assert aula("courses", "number_formats", "folder").code == 1


def test_check_finds_nothing_wrong_in_those_of_the_suite(aula: Aula) -> None:
    assert aula("courses", "check").code == 0


def test_check_names_file_line_and_reason(aula: Aula, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "tokenisers.md").write_text("Hello", encoding="utf-8")
    ended = aula("courses", "check", tmp_path)

    assert ended.code == 1
    assert "en/tokenisers.md, line 1: There is no page “tokenisers”" in ended.output
    assert "en/tokenisers.md, line 1: The front matter is missing" in ended.output
    found = json.loads(aula("courses", "check", tmp_path, "--json").output)
    assert {each["line"] for each in found} == {1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
def test_check_does_not_wait_for_what_is_not_a_file(aula: Aula, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    os.mkfifo(tmp_path / "en" / "tokenizers.md")
    ended = aula("courses", "check", tmp_path)
    assert ended.code == 1
    assert "en/tokenizers.md" in ended.output
    assert "is not a file" in ended.output


def test_check_of_nothing_is_no_success(aula: Aula, tmp_path: Path) -> None:
    assert aula("courses", "check", tmp_path).code == 1
    assert aula("courses", "check", tmp_path / "nowhere").code == 1

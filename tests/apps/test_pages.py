"""The table of pages: whatever it says is there, and whatever is there it says."""

from importlib import import_module
from pathlib import Path

import pytest

from apps.pages import PAGES, Page, page_named

APPS = Path(__file__).resolve().parents[2] / "apps"

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def test_every_room_with_a_page_has_a_row() -> None:
    rooms = {file.parent.relative_to(APPS).as_posix() for file in APPS.glob("*/*/page.py")}

    assert {page.room for page in PAGES} == rooms


def test_names_and_titles_are_unique() -> None:
    assert len({page.name for page in PAGES}) == len({page.title for page in PAGES}) == len(PAGES)


@every_page
def test_a_page_is_found_by_its_name(page: Page) -> None:
    assert page_named(page.name) is page
    assert (APPS / page.file).is_file()


@every_page
def test_the_commands_of_a_page_stand_in_its_room(page: Page) -> None:
    for name in page.commands:
        command = getattr(import_module(f"apps.{page.room.replace('/', '.')}.command"), name)

        assert command.__module__.startswith(f"apps.{page.room.replace('/', '.')}")
        assert command.__doc__


def test_a_page_that_does_not_exist_has_no_row() -> None:
    with pytest.raises(KeyError, match="juggling"):
        page_named("juggling")

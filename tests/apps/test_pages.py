"""The table of pages: whatever it says is there, and whatever is there it says."""

from importlib import import_module
from pathlib import Path

import pytest

from apps.pages import PAGES, Page, page_named

APPS = Path(__file__).resolve().parents[2] / "apps"

every_page = pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)


def test_every_room_with_a_page_has_a_row() -> None:
    rooms = {file.parent.relative_to(APPS).as_posix() for file in APPS.glob("*/*/page.py")}

    assert {row.room for row in PAGES} == rooms


def test_names_and_titles_are_unique() -> None:
    assert len({row.name for row in PAGES}) == len({row.title for row in PAGES}) == len(PAGES)


@every_page
def test_a_page_is_found_by_its_name(row: Page) -> None:
    assert page_named(row.name) is row
    assert (APPS / row.file).is_file()


@every_page
def test_the_commands_of_a_page_stand_in_its_room(row: Page) -> None:
    for name in row.commands:
        command = getattr(import_module(f"{row.package}.command"), name.replace("-", "_"))

        assert command.__module__.startswith(row.package)
        assert command.__doc__


def test_a_page_that_does_not_exist_has_no_row() -> None:
    with pytest.raises(KeyError, match="juggling"):
        page_named("juggling")

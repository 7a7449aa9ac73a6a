"""A teacher looks at two files of her class, sees what leaks between them, and sends the rows to be learned from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, clean_environment
from tests.journeys.test_pages import open_demo
from tests.journeys.test_training import STREAMLIT


@pytest.fixture
def aula(tmp_path: Path) -> Iterator[Server]:
    """A server with nothing but what comes with the suite."""
    server = Server(tmp_path, clean_environment(tmp_path), STREAMLIT)
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text()


def test_two_files_are_explored_and_their_rows_sent_to_transfer_learning(
    page: Page, aula: Server, tmp_path: Path
) -> None:
    for name, count in (("train.csv", 12), ("test.csv", 2)):
        lines = [f"a {kind} thing to say about number{n},{kind}" for n in range(count) for kind in ("good", "bad")]
        (tmp_path / name).write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    open_demo(page, aula, "Datasets")
    expect(page.get_by_text("180 English, 177 Spanish")).to_be_visible()  # the sample, at once
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files([tmp_path / "train.csv", tmp_path / "test.csv"])
    expect(page.get_by_text("4 of 4 in test.csv stand in train.csv, too")).to_be_visible()
    page.get_by_role("button", name="Send to Transfer learning").click()
    expect(page.get_by_role("heading", name="Transfer learning", exact=True)).to_be_visible()
    expect(page.get_by_text("Near-duplicates", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Next: the model")).to_be_enabled()

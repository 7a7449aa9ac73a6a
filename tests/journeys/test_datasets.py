"""A teacher looks at two files of her class, sees what leaks between them, and sends the rows to be learned from."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server
from tests.journeys.test_pages import open_demo


def test_two_files_are_explored_and_their_rows_sent_to_transfer_learning(
    page: Page, plain: Server, tmp_path: Path
) -> None:
    for name, count in (("train.csv", 12), ("test.csv", 2)):
        lines = [f"a {kind} thing to say about number{n},{kind}" for n in range(count) for kind in ("good", "bad")]
        (tmp_path / name).write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    open_demo(page, plain, "Datasets")
    expect(page.get_by_text("180 English, 177 Spanish")).to_be_visible()  # the sample, at once
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files([tmp_path / "train.csv", tmp_path / "test.csv"])
    expect(page.get_by_text("4 of 4 in test.csv stand in train.csv, too")).to_be_visible()
    page.get_by_role("button", name="Send to Transfer learning").click()
    expect(page.get_by_role("heading", name="Transfer learning", exact=True)).to_be_visible()
    expect(page.get_by_text("Near-duplicates", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Next: the model")).to_be_enabled()

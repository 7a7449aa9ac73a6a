"""Speed here in the browser: stopped and to its end, a file for another machine, and one that is damaged."""

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, wait_until_drawn

SLOW = 300_000  # milliseconds


def choose_only(page: Page, model: str) -> None:
    """Of all models that are chosen at first, this one."""
    page.get_by_role("button", name="Clear all").click()
    wait_until_drawn(page)
    page.get_by_role("combobox", name="Models").fill(model)
    page.get_by_role("option", name=model, exact=True).click()
    page.keyboard.press("Escape")
    wait_until_drawn(page)


def run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()


def test_a_race_is_stopped_run_again_and_taken_to_another_machine(page: Page, plain: Server, tmp_path: Path) -> None:
    page.goto(f"{plain.url}/speed_here")
    expect(page.get_by_role("heading", name="Speed here", exact=True)).to_be_visible()
    run(page)
    expect(page.get_by_text(re.compile(r"round \d of 9")).first).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped before the end")).to_be_visible()
    wait_until_drawn(page)

    choose_only(page, "aula/minilm")
    run(page)
    expect(page.get_by_role("button", name="Markdown")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("instruction sets")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON, to compare two machines").click()
    file = Path(download.value.path())
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["finished"] is True
    assert [(row["model_id"], row["precision"]) for row in told["rows"]] == [
        ("aula/minilm", "fp32"), ("aula/minilm", "int8"),
    ]  # fmt: skip
    assert all(row["ratio"] > 0 and row["rounds"] > 0 for row in told["rows"])

    faster = tmp_path / "faster.json"
    twice = [row | {"here_per_second": 2 * row["here_per_second"]} for row in told["rows"]]
    faster.write_text(json.dumps(told | {"processor": "a faster one", "rows": twice}), encoding="utf-8")
    page.get_by_text("Two machines", exact=True).click()
    first, second = page.locator("input[type=file]").first, page.locator("input[type=file]").last
    second.set_input_files({"name": "b.json", "mimeType": "application/json", "buffer": file.read_bytes()[:-40]})
    expect(page.get_by_text("“b.json” is no JSON file, or only a part of one")).to_be_visible()
    wait_until_drawn(page)
    first.set_input_files(faster)
    expect(page.get_by_text("Choose the file of the other machine too")).to_be_visible()
    expect(page.get_by_text("Machine B is what you")).to_have_count(0)  # nothing stands in for the damaged one
    page.get_by_role("button", name="Remove b.json").click()
    expect(page.get_by_text("Machine B is what you have measured on this machine")).to_be_visible()
    expect(page.get_by_text("How many times as fast B does the same work as A").first).to_be_attached()

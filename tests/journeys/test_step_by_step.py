"""From text to answer, step by step, in the browser; and the notebook, run elsewhere."""

from pathlib import Path

from playwright.sync_api import Page, expect

from models.folders import EMBEDDED
from tests.journeys.conftest import Server, choose_model, open_page, wait_until_drawn
from tests.models.steps.test_steps import executed


def test_steps_run_are_looked_into_and_taken_home_as_a_notebook(page: Page, aula: Server, tmp_path: Path) -> None:
    open_page(page, f"{aula.url}/step_by_step")
    page.get_by_role("radio", name="Generation").click()
    choose_model(page, "aula/gpt2-mini-es")
    wait_until_drawn(page)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("IndexError: index out of range in self")).to_be_visible()
    wait_until_drawn(page)

    page.get_by_role("slider", name="Temperature").press("ArrowRight")
    page.get_by_role("slider", name="Top-k").press("ArrowRight")
    expect(page.get_by_text("1 of 8,000 tokens can be drawn")).to_be_visible()
    page.get_by_role("slider", name="Head").press("ArrowRight")
    wait_until_drawn(page)
    expect(page.get_by_text("IndexError: index out of range in self")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("button", name="Notebook").click()
    for name in ("gpt2-mini-es", "minilm"):
        target = tmp_path / "models" / "embedded"
        target.mkdir(parents=True, exist_ok=True)
        (target / name).symlink_to(EMBEDDED / name)
    [answer] = executed({tmp_path: Path(download.value.path()).read_text(encoding="utf-8")})
    assert answer.strip().split()[0] in page.get_by_test_id("stMain").inner_text()

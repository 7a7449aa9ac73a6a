"""From the name of a model to the memory that it will need."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, choose_model


def open_page(page: Page, aula: Server) -> None:
    page.goto(f"{aula.url}/model_memory")
    expect(page.get_by_role("heading", name="Model memory", exact=True)).to_be_visible()
    expect(page.get_by_text("124,439,808 parameters")).to_be_visible(timeout=120_000)


def test_llama_is_predicted_beside_the_reading_and_a_longer_context_needs_more(page: Page, aula: Server) -> None:
    open_page(page, aula)
    choose_model(page, "Meta-Llama-3-8B")
    expect(page.get_by_text("6.06089267 GB")).to_be_visible()
    expect(page.get_by_text("6.02778013 GB")).to_be_visible()
    verdict = page.get_by_text(re.compile(r"bnb-nf4 needs [\d.]+ GB: (fits|tight|does not fit) in RAM"))
    expect(verdict).to_contain_text("bnb-nf4 needs 6.3 GB")
    context = page.get_by_role("spinbutton", name="Context in tokens")
    context.fill("8192")
    context.press("Enter")
    expect(verdict).to_contain_text("bnb-nf4 needs 8.1 GB")
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()


def test_a_wrong_name_is_a_sentence_and_an_unknown_id_can_be_fetched(page: Page, aula: Server) -> None:
    open_page(page, aula)
    page.get_by_role("button", name="Another model").click()
    field = page.get_by_role("textbox", name="Hugging Face id or folder")
    field.fill("nonsense")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("There is no model or folder “nonsense”")).to_be_visible()
    field.fill("owner/model")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("The configuration of owner/model is not on this machine")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Fetch its configuration").click()
    expect(page.get_by_text("Offline mode is on")).to_be_visible()

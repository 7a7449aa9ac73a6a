"""A walkthrough in the browser: it sets the page beside it, and its quiz explains an answer at once."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_page, wait_until_drawn


def test_a_walkthrough_sets_the_page_and_ends_in_a_quiz(page: Page, aula: Server) -> None:
    open_page(page, f"{aula.url}/number_formats")
    page.get_by_role("button", name="Walkthrough").click()
    expect(page.get_by_text("Step 1 of 7")).to_be_visible()
    for _ in range(2):
        wait_until_drawn(page)
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Step 3 of 7")).to_be_visible()
    wait_until_drawn(page)
    page.get_by_role("button", name="Set the page so").click()
    expect(page.get_by_text("The page is set.")).to_be_visible()
    expect(page.get_by_label("Number", exact=True)).to_have_value("65520")

    for place in ("Step 4", "Step 5", "Step 6", "Step 7"):
        wait_until_drawn(page)
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_text(f"{place} of 7")).to_be_visible()
    wait_until_drawn(page)
    page.get_by_role("button", name="Quiz").click()
    page.get_by_text("Its binary digits never end").click()
    expect(page.get_by_text("One tenth in binary is like one third in decimal")).to_be_visible()


def test_a_course_opens_a_page_with_its_walkthrough(page: Page, aula: Server) -> None:
    open_page(page, f"{aula.url}/courses")
    page.get_by_text("Español", exact=True).click()
    expect(page.get_by_role("heading", name="Cuantización")).to_be_visible()
    wait_until_drawn(page)
    row = page.get_by_test_id("stHorizontalBlock").filter(has_text="El número que no se puede guardar")
    row.get_by_role("button", name="Empezar").click()
    expect(page.get_by_role("heading", name="Number formats")).to_be_visible()
    expect(page.get_by_text("Una décima que no está")).to_be_visible()

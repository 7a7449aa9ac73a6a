"""The page with the words of the field."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.apps.classroom import LAUNCHER, open_page, sentences


def open_at(word: str) -> AppTest:
    """The page at a word that its address names."""
    page = AppTest.from_file(str(LAUNCHER), default_timeout=600)
    page._page_hash = calc_hash("glossary")
    page.query_params["word"] = word
    page.run()
    assert not page.exception
    return page


def in_spanish(page: AppTest) -> AppTest:
    """The same page after a click on Español."""
    next(group for group in page.get("button_group") if group.label == "Language").set_value("es").run()
    assert not page.exception
    return page


def test_the_page_begins_with_the_first_letter() -> None:
    page = open_page("glossary")

    assert "**accuracy**" in sentences(page)
    assert "**perplexity**" not in sentences(page)


def test_an_address_opens_a_word_and_its_letter() -> None:
    page = open_at("Perplexity")

    assert "### perplexity" in sentences(page)
    assert "**parameter**" in sentences(page)


def test_searching_leaves_the_word_of_the_address() -> None:
    page = open_at("perplexity")
    page.text_input(key="glossary-search").set_value("overfit").run()

    assert not page.exception
    assert "### perplexity" not in sentences(page)
    assert "**overfitting**" in sentences(page)


@pytest.mark.parametrize("word", ["perplexty", "<b>x</b>", "🦙" * 500, "x" * 100_000, "../../etc/passwd", "\u202eabc"])
def test_an_address_with_no_word_says_so(word: str) -> None:
    page = open_at(word)

    assert "There is no word" in page.info[0].value
    assert "**accuracy**" in sentences(page)


def test_a_search_without_a_find_says_what_to_do() -> None:
    page = open_page("glossary")
    page.text_input(key="glossary-search").set_value("zzzz").run()

    assert "No word has this" in page.info[0].value


def test_words_are_there_in_spanish() -> None:
    page = in_spanish(open_at("overfitting"))

    assert "### sobreajuste" in sentences(page)


def test_a_broken_file_is_told_with_its_line_and_the_rest_works(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("AULA_COURSES", str(tmp_path))
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "glossary.md").write_text("## one\n\n## two\n\nText.\n", encoding="utf-8")
    page = open_page("glossary")

    assert "line 1: Nothing explains “one”" in page.warning[0].value
    assert str(tmp_path) not in page.warning[0].value
    assert "**two**" in sentences(page)

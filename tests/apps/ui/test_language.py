"""The language of the course: chosen, asked for by the address, or the browser's."""

from streamlit.testing.v1 import AppTest


def shown(page: AppTest) -> str:
    assert not page.exception
    return page.markdown[0].value


def reader() -> AppTest:
    def script() -> None:
        import streamlit as st

        from apps.ui.language import choose_language, language

        choose_language()
        st.markdown(language())

    return AppTest.from_function(script)


def test_it_is_english_where_nothing_says_otherwise() -> None:
    assert shown(reader().run()) == "en"


def test_the_address_may_ask_for_one() -> None:
    page = reader()
    page.query_params["lang"] = "es-MX"

    assert shown(page.run()) == "es"


def test_one_that_does_not_exist_is_english() -> None:
    page = reader()
    page.query_params["lang"] = "tlh"

    assert shown(page.run()) == "en"


def test_what_is_chosen_here_counts_more_than_the_address() -> None:
    page = reader()
    page.query_params["lang"] = "es"
    page.run()

    assert shown(page.button_group[0].set_value("en").run()) == "en"

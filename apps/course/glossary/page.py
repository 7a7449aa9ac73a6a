"""The words of the field: a glossary in the reader's language. `?word=perplexity` opens it at that word."""

from collections.abc import Sequence

import streamlit as st

from apps.course.glossary.entries import Glossary, Word, glossary
from apps.course.glossary.results import show_problems, show_word, show_words
from apps.course.glossary.words import EXPLANATION, LINKS, SEARCH, SOURCES
from apps.ui.explain import how_it_works
from apps.ui.language import choose_language
from apps.ui.markdown import escape
from models.wording import count_text

PARAMETER = "word"
TEXT, LETTER = "glossary-search", "glossary-letter"
ALL = "All"


def leave_word() -> None:
    """Who searches or leafs on is done with the word that the address named."""
    st.query_params.pop(PARAMETER, None)


def open_word(words: Glossary) -> Word | None:
    """The word that the address names, or a sentence with those that look like it."""
    wanted = st.query_params.get(PARAMETER, "").strip()
    word = words.find(wanted)
    if word is not None:
        show_word(word)
    elif wanted:
        close = " · ".join(map(escape, words.close_to(wanted)))
        st.info(f"There is no word “{escape(wanted[:80])}” here. {f'Perhaps: {close}.' if close else 'Search below.'}")
    return word


def choose_words(words: Glossary, opened: Word | None) -> Sequence[Word]:
    """The search and the alphabet, which begins at the word that is open; the words that are left.

    Not at all words: a browser draws hundreds of elements for long seconds.
    """
    letters = sorted({word.letter for word in words.words})
    letter_now = opened.letter if opened is not None else st.session_state.get(LETTER)
    st.session_state[LETTER] = letter_now if letter_now in (ALL, *letters) else next(iter(letters), ALL)
    text = st.text_input(
        "Search", key=TEXT, placeholder=SEARCH, icon=":material/search:", on_change=leave_word, max_chars=100,
        label_visibility="collapsed",
    )  # fmt: skip
    letter = st.pills(
        "Letter", [*letters, ALL], key=LETTER, on_change=leave_word, label_visibility="collapsed", required=True
    )
    return words.search(text) if text.strip() else [word for word in words.words if letter in (ALL, word.letter)]


def show_found(found: Sequence[Word]) -> None:
    """The words that are left, or the sentence that says that none is."""
    if not found:
        st.info("No word has this. Try fewer letters, or leave the search empty and choose a letter.")
        return
    st.caption(count_text(len(found), "word"))
    show_words(found)


title, languages = st.columns([4, 1], vertical_alignment="bottom")
title.title("Words of the field")
with languages:
    chosen = choose_language()
st.markdown("What the words mean that you meet on the pages, and where to see it.")
every = glossary(chosen)
show_problems(every)
show_found(choose_words(every, open_word(every)))
how_it_works(EXPLANATION, SOURCES, LINKS)

"""Words of the glossary on the page: one at a time, or many in a grid."""

from collections.abc import Iterator, Sequence

import streamlit as st

from apps.course.glossary.entries import Glossary, Word, plain
from apps.pages import page_named
from apps.ui.markdown import escape, message

NARROWEST = 340  # pixels of a column that reads well


def show_problems(glossary: Glossary) -> None:
    """What is wrong in the file, for the teacher who changed it."""
    if glossary.problems:
        lines = "".join(f"\n- {message(str(problem))}" for problem in glossary.problems)
        st.warning(f"The file of these words needs a look; the other words are here.\n{lines}", icon=":material/edit:")


def show_word(word: Word) -> None:
    """One word as large as a projector wants it."""
    with st.container(border=True):
        st.markdown(f"### {escape(word.name)}{_others(word)}")
        _show_below(word)


def show_words(words: Sequence[Word]) -> None:
    """Words side by side, as many as the screen is wide for."""
    grid = st.grid(min_column_width=NARROWEST, border=True)
    for word in words:
        with grid.cell():
            st.markdown(f"**{escape(word.name)}**{_others(word)}")
            _show_below(word)


def _show_below(word: Word) -> None:
    source = f"\n\n:material/menu_book: {word.source}" if word.source else ""
    st.markdown(word.text + source)
    if word.pages:
        with st.container(horizontal=True, gap="small"):
            for page in map(page_named, word.pages):
                st.page_link(page.file, label=page.title, icon=page.symbol)


def _others(word: Word) -> str:
    """The other names behind the first one, in Markdown."""
    names = ", ".join(map(escape, other_names(word)))
    return f" :small[:gray[{names}]]" if names else ""


def other_names(word: Word) -> tuple[str, ...]:
    """The spellings that a reader does not guess from the first one: not its plural, and not with a hyphen."""
    return tuple(_unlike(word.spellings))


def _unlike(spellings: Sequence[str]) -> Iterator[str]:
    beginnings: list[str] = []
    for spelling in spellings:
        letters = plain(spelling).replace(" ", "")
        if not any(letters.startswith(begin) or begin.startswith(letters) for begin in beginnings):
            if beginnings:
                yield spelling
            beginnings.append(letters[: max(4, len(letters) - 3)])

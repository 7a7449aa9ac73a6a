"""The walkthrough beside a page: its steps one after another, then its quiz.

It is a fragment, so that a click in it neither draws the page anew nor stops what the page computes just now.
"""

from functools import partial

import streamlit as st

from apps.course import quiz
from apps.course.folders import walkthrough_of
from apps.course.progress import Progress, last_place, progress_of, set_open
from apps.course.reading import Reading
from apps.course.setting import ask_for, was_set
from apps.course.walkthrough import Problem, Walkthrough
from apps.course.words import word
from apps.ui.language import choose_language, language
from apps.ui.markdown import escape, message


@st.fragment
def offer_panel() -> None:
    """The small button that opens the walkthrough."""
    label, hint = word(language(), "walkthrough"), word(language(), "open")
    with st.container(horizontal=True, horizontal_alignment="right"):
        clicked = st.button(label, key="course-open", icon=":material/school:", help=hint)
    if clicked:
        set_open(True)
        st.rerun()


@st.fragment
def show_panel(page: str) -> None:
    """The walkthrough of a page at the place where the visitor is, or what is wrong with its file."""
    reading = walkthrough_of(page, language())
    if reading is None:  # its file was deleted just now
        _show_head(word(language(), "walkthrough"))
    elif reading.walkthrough is None:
        _show_head(word(language(), "walkthrough"))
        show_problems(reading)
    else:
        _show_walkthrough(reading.walkthrough, progress_of(page))


def _show_walkthrough(walkthrough: Walkthrough, progress: Progress) -> None:
    progress.place = min(progress.place, last_place(walkthrough))  # the file may have become shorter
    _show_head(walkthrough.title)
    _show_place(walkthrough, progress)
    # A key of its own for each place: the text of the next one begins at its top.
    with st.container(key=f"course-text-{progress.place}"):
        if progress.place < len(walkthrough.steps):
            _show_step(walkthrough, progress.place)
        else:
            quiz.show(walkthrough, progress)
    _show_foot(walkthrough, progress)


def _show_head(title: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{title}**", width="stretch")
        hint = word(language(), "close")
        if st.button("", key="course-close", icon=":material/close:", help=hint, type="tertiary"):
            set_open(False)
            st.rerun()


def _show_place(walkthrough: Walkthrough, progress: Progress) -> None:
    """Which step or question of how many."""
    say, steps, questions = partial(word, language()), len(walkthrough.steps), len(walkthrough.questions)
    number, count, name = progress.place + 1, steps, "step"
    if progress.place >= steps:
        number, count, name = min(progress.place - steps + 1, questions), questions, "question"
    if progress.place == steps + questions:
        name = "result"
    minutes = f" · {say('minutes', count=walkthrough.minutes)}" if progress.place == 0 else ""
    st.progress(number / count, text=f"{say(name, number=number, count=count)}{minutes}")


def show_problems(reading: Reading) -> None:
    """What is wrong with a file, in place of what it should hold."""
    st.error(word(language(), "broken"), icon=":material/edit_document:")
    for problem in reading.problems[:20]:
        st.markdown(problem_text(problem))


def problem_text(problem: Problem) -> str:
    """A problem as Markdown."""
    return f"- `{problem.file}`, line {problem.line}: {escape(problem.reason)}"


def _show_step(walkthrough: Walkthrough, number: int) -> None:
    step, say = walkthrough.steps[number], partial(word, language())
    if number == 0:
        choose_language()
        st.markdown(walkthrough.about)
    st.markdown(f"##### {step.title}")
    if step.before:
        st.markdown(step.before)
    if step.sets:
        if st.button(say("set"), key=f"course-set-{walkthrough.page}-{number}", icon=":material/tune:", type="primary"):
            ask_for(walkthrough.page, number, step)
            st.rerun()
        _show_result(walkthrough, number)
    if step.after:
        st.markdown(step.after)


def _show_result(walkthrough: Walkthrough, number: int) -> None:
    result, say = was_set(walkthrough.page, number), partial(word, language())
    if result is None:
        return
    if not result.problems:
        st.caption(f":material/check: {say('is_set')}")
        return
    title = escape(walkthrough.steps[number].title)
    reasons = "\n".join(f"- {message(problem)}" for problem in result.problems)
    what = say("not_set", number=number + 1, title=title)
    if not result.too_early:
        st.warning(f"{what}\n\n{reasons}", icon=":material/edit_document:")
        return
    st.warning(f"{what} {say('too_early')}", icon=":material/edit_document:")
    with st.expander(say("reasons")):  # the keys of the page's code: for whoever wrote the step
        st.markdown(reasons)


def _show_foot(walkthrough: Walkthrough, progress: Progress) -> None:
    """Back and on; at the score, the quiz once more."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            word(language(), "back"), key="course-back", icon=":material/arrow_back:", disabled=progress.place == 0,
            on_click=progress.go, args=(-1,),
        )  # fmt: skip
        if progress.place < last_place(walkthrough):
            name = _name_of_next(walkthrough, progress)
            st.button(
                word(language(), name), key="course-next", icon=":material/arrow_forward:", icon_position="right",
                type="tertiary" if name == "skip" else "secondary", on_click=progress.go, args=(1,),
            )  # fmt: skip
        elif walkthrough.questions:
            st.button(
                word(language(), "again"), key="course-again", icon=":material/replay:", on_click=progress.again,
                args=(language(), len(walkthrough.steps)),
            )  # fmt: skip


def _name_of_next(walkthrough: Walkthrough, progress: Progress) -> str:
    question = progress.place - len(walkthrough.steps)
    if question == -1 and walkthrough.questions:
        return "to_quiz"
    if question >= 0 and question not in progress.answers(language()):
        return "skip"
    return "score_next" if question == len(walkthrough.questions) - 1 else "next"

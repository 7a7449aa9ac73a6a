"""The quiz of a walkthrough: an answer is followed at once by its explanation, and the last one by the score."""

from functools import partial

import streamlit as st

from apps.course.computed import Look, look_at
from apps.course.progress import Given, Progress
from apps.course.walkthrough import Question, Walkthrough
from apps.course.words import word
from apps.ui.language import language
from apps.ui.markdown import escape

_LOOK = "course-look"


def show(walkthrough: Walkthrough, progress: Progress) -> None:
    """The question where the visitor is, or the score behind the last one."""
    number, count = progress.place - len(walkthrough.steps), len(walkthrough.questions)
    if number >= count:
        _show_score(walkthrough, progress)
        return
    _show_question(walkthrough, progress, number)


def results_have_changed() -> bool:
    """Whether the page has computed something that the question shown is about, since it was drawn."""
    shown = st.session_state.pop(_LOOK, None)
    return shown is not None and look_at(shown[0], st.session_state, language()) != shown[1]


def _show_question(walkthrough: Walkthrough, progress: Progress, number: int) -> None:
    question, answers = walkthrough.questions[number], progress.answers(language())
    st.markdown(f"##### {question.title}")
    if question.text:
        st.markdown(question.text)
    if number in answers:
        _show_given(question, _look(question), answers[number])
        return
    look = _look(question)
    if question.computed is not None:
        st.session_state[_LOOK] = (question.computed, look)
    if look.missing is not None:
        st.info(look.missing, icon=":material/science:")
        return
    key = f"course-answer-{walkthrough.page}-{number}-{language()}-{progress.attempt}"

    def give() -> None:
        chosen = st.session_state.get(key)
        if chosen is not None:
            answers[number] = Given(look.options[chosen], look.options[look.right])

    st.radio(
        word(language(), "choose"), range(len(look.options)), index=None, key=key, on_change=give,
        format_func=lambda option: look.options[option], label_visibility="collapsed",
    )  # fmt: skip


def _look(question: Question) -> Look:
    """The options and the right one: as the file has them, or as the page's results say."""
    if question.computed is not None:
        return look_at(question.computed, st.session_state, language())
    return Look(question.options, question.right or 0)


def _show_given(question: Question, look: Look, given: Given) -> None:
    """The options, with what was answered and what is right marked; the explanation."""
    options = look.options if {given.answer, given.right} <= set(look.options) else (given.answer, given.right)
    for option in dict.fromkeys(options):
        st.markdown(f"{_mark(option, given)} {option}")
    show, name = (st.success, "right") if given.is_right else (st.warning, "wrong")
    show(f"**{word(language(), name)}** {question.explanation}")


def _mark(option: str, given: Given) -> str:
    if option == given.right:
        return ":green[:material/check_circle:]"
    return ":red[:material/cancel:]" if option == given.answer else ":material/radio_button_unchecked:"


def _show_score(walkthrough: Walkthrough, progress: Progress) -> None:
    say, answers = partial(word, language()), progress.answers(language())
    count, right = len(walkthrough.questions), progress.right_answers(language())
    st.metric(say("quiz"), say("score", right=right, count=count), border=True)
    st.markdown(say("score_all" if right == count else "score_some"))
    for number, question in enumerate(walkthrough.questions):
        given = answers.get(number)
        mark = ":material/remove:" if given is None else _mark(given.answer, given)
        missing = f" · *{escape(say('open_answer'))}*" if given is None else ""
        st.markdown(f"{mark} {question.title}{missing}")

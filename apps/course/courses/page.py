"""The courses: ordered lists of walkthroughs, how far one is with each, and how to write one's own."""

from functools import partial

import streamlit as st

from apps.course.course_list import courses_in, with_others
from apps.course.courses.words import EXPLANATION, LINKS, OWN, SOURCES
from apps.course.folders import OF_THE_SUITE, VARIABLE, own_folder, walkthrough_of
from apps.course.panel import problem_text
from apps.course.progress import Progress, has_begun, is_done, progress_of, set_open
from apps.course.walkthrough import Course, Walkthrough
from apps.course.words import word
from apps.pages import PAGES, Page, page_named
from apps.ui import visitor
from apps.ui.downloads import show_download
from apps.ui.explain import how_it_works
from apps.ui.language import choose_language, language


def show_course(number: int, course: Course) -> None:
    """A course: what it is about, how much of it is done, and its walkthroughs in their order."""
    with st.container(border=True):
        st.subheader(course.title)
        st.markdown(course.about)
        readings = {name: walkthrough_of(name, language()) for name in course.pages}
        there = [reading.walkthrough for reading in readings.values() if reading and reading.walkthrough]
        if there:
            done = sum(is_done(walkthrough) for walkthrough in there)
            minutes = sum(walkthrough.minutes for walkthrough in there)
            text = word(language(), "whole", done=done, count=len(there), minutes=minutes)
            st.progress(done / len(there), text=text)
        for place, name in enumerate(course.pages, start=1):
            show_walkthrough(f"{number}-{place}", place, page_named(name))


def show_walkthrough(key: str, place: int, page: Page) -> None:
    """One line of a course; a walkthrough whose file is broken, with what is wrong."""
    reading = walkthrough_of(page.name, language())
    name, about, action = st.columns([6, 4, 2], vertical_alignment="center")
    if reading is None or reading.walkthrough is None:
        name.markdown(f"{place}. {page.symbol} {page.title}")
        if reading is None:
            about.caption(word(language(), "no_file"))
        else:
            st.error("\n".join(map(problem_text, reading.problems)), icon=":material/edit_document:")
        with action:
            st.page_link(page.file, label=page.title)
        return
    walkthrough = reading.walkthrough
    name.markdown(f"{place}. {page.symbol} **{walkthrough.title}** · {page.title}")
    about.caption(standing_text(walkthrough))
    label = word(language(), "go_on" if has_begun(page.name) else "start")
    if action.button(label, key=f"course-start-{key}", icon=":material/play_arrow:"):
        set_open(True)
        st.switch_page(page.file)


def standing_text(walkthrough: Walkthrough) -> str:
    """How far one is with a walkthrough, or how long it takes."""
    say = partial(word, language())
    if not has_begun(walkthrough.page):
        return say("minutes", count=walkthrough.minutes)
    progress = progress_of(walkthrough.page)
    if is_done(walkthrough):
        right, count = progress.right_answers(language()), len(walkthrough.questions)
        return f":material/check: {say('done', right=right, count=count) if count else say('read')}"
    return _place_text(walkthrough, progress)


def _place_text(walkthrough: Walkthrough, progress: Progress) -> str:
    steps = len(walkthrough.steps)
    if progress.place >= steps:
        return word(language(), "in_quiz")
    return word(language(), "begun", number=progress.place + 1, count=steps)


def show_own() -> None:
    """How a teacher writes a walkthrough: for the person at this machine, who has its folders."""
    with st.expander("Write your own", icon=":material/edit:"):
        folder = own_folder()
        st.markdown(OWN.format(variable=VARIABLE, example=folder or "FOLDER"))
        st.caption(f"Those of the suite are in `{OF_THE_SUITE}`.")
        if folder is not None:
            st.caption(f"`{VARIABLE}` is `{folder}`" + ("." if folder.is_dir() else ", which is not a folder."))
        readings = {page.name: walkthrough_of(page.name, language()) for page in PAGES}
        sources = {
            name: reading.walkthrough.source for name, reading in readings.items() if reading and reading.walkthrough
        }
        if sources:
            left, right = st.columns([3, 2], vertical_alignment="bottom")
            name = left.selectbox("A walkthrough as a beginning, or to print", list(sources), key="course-to-take")
            with right:
                show_download("Markdown", sources[name], f"{name}.md", "text/markdown")


st.title("Courses")
st.markdown("Three ways through the pages, step by step, each step beside the page that it is about.")
choose_language()
courses, problems = courses_in(language())
for problem in problems:
    st.error(problem_text(problem), icon=":material/edit_document:")
titles = (word(language(), "others"), word(language(), "others_about"))
for number, course in enumerate(with_others(courses, language(), *titles)):
    show_course(number, course)
if visitor.is_at_this_machine():
    show_own()
how_it_works(EXPLANATION, SOURCES, LINKS)

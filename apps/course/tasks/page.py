"""The tasks of the field as a map: what each does, what goes in and comes out, and which page shows it."""

import streamlit as st

from apps.course.tasks.field import FIELD, THING_ICONS, Thing, chosen
from apps.course.tasks.results import show_map
from apps.course.tasks.words import EXPLANATION, LINKS, SOURCES
from apps.ui.explain import how_it_works
from models.wording import count_text

EVERYWHERE, HERE, ELSEWHERE = "All", "On a page of Aula", "Elsewhere"
WHERE = {EVERYWHERE: None, HERE: True, ELSEWHERE: False}
TAKES, GIVES, PLACE = "tasks-in", "tasks-out", "tasks-where"


def thing_text(thing: Thing) -> str:
    """A thing with its pictogram."""
    return f":material/{THING_ICONS[thing]}: {thing}"


def choose_things(label: str, key: str, things: set[Thing]) -> list[Thing]:
    """Some of the things that go in or come out of any task."""
    options = [thing for thing in Thing if thing in things]
    return st.pills(label, options, selection_mode="multi", key=key, format_func=thing_text, persist_state="session")


def choose_place() -> bool | None:
    """Whether the tasks have a page here; None: all of them."""
    place = st.segmented_control(
        "Where", list(WHERE), default=EVERYWHERE, required=True, key=PLACE, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    return WHERE[place]


def show_tasks(here: bool | None) -> None:
    """The filters, and the tasks that they leave."""
    takes = choose_things("Goes in", TAKES, {thing for task in FIELD for thing in task.takes})
    gives = choose_things("Comes out", GIVES, {thing for task in FIELD for thing in task.gives})
    tasks = chosen(takes, gives, here)
    on_pages = sum(task.is_here for task in tasks)
    st.caption(f"{count_text(len(tasks), 'task')}, {on_pages} of them on pages of Aula")
    if not tasks:
        st.info("No task has all of this. Choose less, or nothing: then all of them come back.")
    show_map(tasks)


title, right = st.columns([3, 2], vertical_alignment="bottom")
title.title("The tasks")
with right.container(horizontal=True, horizontal_alignment="right"):
    chosen_place = choose_place()
st.markdown("What models can do: what goes in, what comes out, and where you can try it.")
show_tasks(chosen_place)
how_it_works(EXPLANATION, SOURCES, LINKS)

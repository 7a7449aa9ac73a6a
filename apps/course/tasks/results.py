"""The map of the tasks on the page: a card for each, under the part of the field that it belongs to.

A card is HTML of ours: as Markdown with its badges and pictograms, 35 of them took a browser several times as long.
"""

from collections.abc import Sequence
from html import escape

import streamlit as st

from apps.course.tasks.field import THING_ICONS, Area, FieldTask, Thing

NARROWEST = 250  # pixels of a card
# Readable on light and on dark.
COLOURS = {
    Area.VISION: "#3a86c8", Area.LANGUAGE: "#8e62cf", Area.AUDIO: "#cf7d28", Area.MULTIMODAL: "#cf5a63",
    Area.TABULAR: "#3d9a5f", Area.REINFORCEMENT: "#a98c1d",
}  # fmt: skip
AREA_ICONS = {
    Area.VISION: "image", Area.LANGUAGE: "notes", Area.AUDIO: "graphic_eq", Area.MULTIMODAL: "hub",
    Area.TABULAR: "table", Area.REINFORCEMENT: "sports_esports",
}  # fmt: skip
STYLE = """<style>
.aula-task { line-height: 1.45 } .aula-task p { margin: 0 0 0.5rem }
.aula-task h4, .aula-area { font-size: 1.05rem; font-weight: 600; margin: 0 0 0.4rem; padding: 0 }
.aula-area { font-size: 1.3rem; margin: 0.6rem 0 0 } .aula-area small { font-weight: 400; opacity: 0.7 }
.aula-task small { font-size: 0.85rem } .aula-task code { font-size: 0.75rem; overflow-wrap: anywhere }
.aula-icon { font-family: "Material Symbols Rounded"; font-weight: 400; font-feature-settings: "liga";
  line-height: 1; vertical-align: -0.14em; display: inline-block; overflow: hidden; white-space: nowrap;
  width: 1em; direction: ltr }
.aula-thing { display: inline-block; padding: 0 0.4em; border-radius: 0.3em; font-size: 0.85rem; white-space: nowrap;
  background: color-mix(in srgb, var(--tint) 16%, transparent) }
</style>"""


def show_map(tasks: Sequence[FieldTask]) -> None:
    """The tasks, part by part; parts without any are left out."""
    st.html(STYLE)
    for area in Area:
        of_area = [task for task in tasks if task.area == area]
        if of_area:
            st.html(area_html(area, of_area))
            grid = st.grid(min_column_width=NARROWEST, border=True)
            for task in of_area:
                with grid.cell():
                    show_task(task)


def show_task(task: FieldTask) -> None:
    """One task: what it does, an example, a model, and where it is to be seen."""
    st.html(task_html(task))
    for page in task.pages[:1]:
        st.page_link(page.file, label=f"**{page.title}** shows it", icon=page.symbol)


def area_html(area: Area, tasks: Sequence[FieldTask]) -> str:
    """The heading of a part of the field."""
    here = sum(task.is_here for task in tasks)
    icon = _icon(AREA_ICONS[area], COLOURS[area])
    return f'<h3 class="aula-area">{icon} {area} <small>{here} of {len(tasks)} on pages of Aula</small></h3>'


def task_html(task: FieldTask) -> str:
    """A task's card, without the link to its page; what no page shows has less colour, and the way to the hub."""
    colour = COLOURS[task.area] if task.is_here else "#888888"
    arrow = _icon("arrow_forward", "inherit")
    before, after = map(escape, task.example)
    lines = [
        escape(task.sentence),
        f"{_things(task.takes)} {arrow} {_things(task.gives)}",
        f"<small>{before} {arrow} <b>{after}</b></small>",
        f"<small><code>{escape(task.model)}</code> {escape(task.known_licence or 'no licence stated')}</small>",
    ]
    if not task.is_here:
        link = f'<a href="{escape(task.hub_address)}" target="_blank" rel="noopener noreferrer">On the hub</a>'
        lines.append(f"<small>No page of Aula shows it. {link}</small>")
    body = "".join(f"<p>{line}</p>" for line in lines)
    title = f"<h4>{_icon(task.icon, colour)} {escape(task.title)}</h4>"
    return f'<div class="aula-task" style="--tint:{colour}">{title}{body}</div>'


def _things(things: Sequence[Thing]) -> str:
    return " ".join(
        f'<span class="aula-thing">{_icon(THING_ICONS[thing], "inherit")} {thing}</span>' for thing in things
    )


def _icon(name: str, colour: str) -> str:
    return f'<span class="aula-icon" style="color:{colour}" aria-hidden="true">{name}</span>'

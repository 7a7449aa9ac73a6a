"""Shows what was found in pictures. The sliders choose among the boxes that the model proposed; it does not run again."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd
import streamlit as st
from PIL import Image

from apps.ui.pictures import Picture
from apps.wording import count_text, seconds_text
from models.images import class_colour, draw

if TYPE_CHECKING:
    from models.object_detection import Candidates, Detections

LARGEST_SHOWN = 1600  # pixels of the longer side: more would only make the page slow


@dataclass(frozen=True)
class Seen:
    """What the model proposed for one picture, or the sentence that says why there is nothing."""

    picture: Picture
    candidates: "Candidates | None"
    error: str | None
    seconds: float


@dataclass(frozen=True)
class Found:
    """What the sliders leave of the proposals for one picture."""

    picture: Picture
    detections: "Detections"
    seconds: float


def select(seen: list[Seen], confidence: float, iou: float, classes: list[str]) -> list[Found]:
    """The detections of every readable picture at these settings."""
    return [
        Found(one.picture, one.candidates.select(confidence, iou, classes), one.seconds)
        for one in seen
        if one.candidates is not None
    ]


@st.fragment
def show_results(seen: list[Seen]) -> None:
    """Everything about the pictures, redrawn without the rest of the page when a slider moves."""
    for one in seen:
        if one.error is not None:
            st.warning(f"**{escape(one.picture.name)}**: {escape(one.error)}", icon=":material/broken_image:")
    readable = [one for one in seen if one.candidates is not None]
    if not readable:
        return
    found = select(readable, *choose_settings(readable[0].candidates.labels))
    shown = found[choose_one(found)]
    show_pair(shown)
    show_detections(shown.detections)
    if len(found) > 1:
        show_all(found)
    show_downloads(found, shown)


def choose_settings(labels: dict[int, str]) -> tuple[float, float, list[str]]:
    """The sliders and the filter, which act at once."""
    confidence, iou, classes = st.columns([2, 2, 3])
    return (
        confidence.slider(
            "Confidence", 0.01, 0.99, 0.25, 0.01, key="detection-confidence", help="Boxes below it are left out."
        ),
        iou.slider(
            "IoU",
            0.05,
            0.95,
            0.45,
            0.05,
            key="detection-iou",
            help="Of two boxes of one class that overlap by more than this, the less certain one is left out.",
        ),
        classes.multiselect(
            "Classes", list(dict.fromkeys(labels.values())), key="detection-classes", placeholder="All classes"
        ),
    )


def choose_one(found: list[Found]) -> int:
    """The place of the picture to show; a chooser only where there are several."""
    if len(found) == 1:
        return 0
    names = [f"{place}. {one.picture.name} · {objects_text(one.detections)}" for place, one in enumerate(found, 1)]
    return st.selectbox("Picture", range(len(found)), format_func=names.__getitem__, key="detection-shown")


def objects_text(detections: "Detections") -> str:
    """How many objects, in words."""
    return count_text(len(detections.detections), "object")


def show_pair(found: Found) -> None:
    """The picture, and beside it the same with boxes."""
    image = found.picture.open()
    before, after = st.columns(2)
    before.image(reduced(image), caption=escape(found.picture.name), width="stretch")
    after.image(
        reduced(draw(image, found.detections)),
        caption=f"{objects_text(found.detections)} · looked at in {seconds_text(found.seconds)}",
        width="stretch",
    )


def reduced(image: Image.Image) -> Image.Image:
    """The picture, made smaller where it is larger than a screen shows."""
    copy = image.copy()
    copy.thumbnail((LARGEST_SHOWN, LARGEST_SHOWN))
    return copy


def show_detections(detections: "Detections") -> None:
    """Each object in a table, and how many there are of each class."""
    if not detections.detections:
        st.info("Nothing above this confidence. Move the slider to the left to see what the model is less sure of.")
        return
    table, chart = st.columns([3, 2], gap="medium")
    table.dataframe(
        detection_table(detections),
        hide_index=True,
        width="stretch",
        height=320,
        column_config={"confidence": st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.2f")},
    )
    chart.altair_chart(counts_chart([detections]), width="stretch")


def detection_table(detections: "Detections") -> pd.DataFrame:
    """One row an object, most certain first; the box in whole pixels of the picture."""
    return pd.DataFrame(
        [
            {"object": one.label, "confidence": one.confidence}
            | dict(zip(("x1", "y1", "x2", "y2"), map(round, one.box), strict=True))
            for one in detections.detections
        ],
        columns=["object", "confidence", "x1", "y1", "x2", "y2"],
    )


def counts_chart(every: list["Detections"]) -> alt.Chart:
    """How many of each class in all these pictures; each bar in the colour of its boxes."""
    counts = counts_table(every)
    return (
        alt.Chart(counts)
        .mark_bar()
        .encode(
            x=alt.X("count:Q", title="objects", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("object:N", sort="-x", title=None),
            color=alt.Color("colour:N", scale=None),
            tooltip=["object:N", "count:Q"],
        )
        .properties(height=max(120, min(320, 32 * len(counts) + 40)))
    )


def counts_table(every: list["Detections"]) -> pd.DataFrame:
    """Class, count and colour (#rrggbb), the most frequent first."""
    counts: dict[tuple[str, int], int] = {}
    for one in (one for detections in every for one in detections.detections):
        counts[one.label, one.class_id] = counts.get((one.label, one.class_id), 0) + 1
    rows = [
        {"object": label, "count": count, "colour": "#{:02x}{:02x}{:02x}".format(*class_colour(class_id))}
        for (label, class_id), count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    return pd.DataFrame(rows, columns=["object", "count", "colour"])


def show_all(found: list[Found]) -> None:
    """The sum over several pictures."""
    every = [one.detections for one in found]
    total = sum(len(detections.detections) for detections in every)
    st.markdown(f"#### All pictures: {count_text(total, 'object')} in {count_text(len(found), 'picture')}")
    table, chart = st.columns([3, 2], gap="medium")
    table.dataframe(pictures_table(found), hide_index=True, width="stretch", height=320)
    if total:
        chart.altair_chart(counts_chart(every), width="stretch")


def pictures_table(found: list[Found]) -> pd.DataFrame:
    """One row a picture: its size, what is on it, and the seconds it took."""
    return pd.DataFrame(
        [
            {
                "picture": one.picture.name,
                "width": one.detections.image_size[0],
                "height": one.detections.image_size[1],
                "objects": len(one.detections.detections),
                "what": ", ".join(f"{count} {label}" for label, count in one.detections.counts().items()),
                "seconds": round(one.seconds, 3),
            }
            for one in found
        ]
    )


def escape(text: str) -> str:
    """A file's name as Markdown that shows it as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]()#+!|~$:<>" else character for character in text)


def jpeg(image: Image.Image) -> bytes:
    """The picture as a JPEG file."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()

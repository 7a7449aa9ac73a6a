"""Shows what was found in pictures. The sliders choose among what the model proposed; it does not run again."""

import io
import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd
import streamlit as st
from PIL import Image

from apps.demos.object_detection.extras import NO_EXTRAS, Extras
from apps.demos.object_detection.pictures import Picture
from apps.ui import messages
from apps.ui.downloads import show_download
from apps.ui.markdown import escape, message
from apps.words.amounts import count_text, seconds_text
from models.errors import UnreadableImage
from models.pictures.class_names import tidy, told_apart
from models.pictures.crops import class_folders, crop_names, crops
from models.pictures.file_names import shown_name
from models.pictures.images import class_colour, draw, jpeg
from models.pictures.limits import MOST_DETECTIONS, THICKNESSES

if TYPE_CHECKING:  # they bring torch, which is there once something was found, and not before
    from models.pictures.detections import Candidates, Detections, ImageResult

LARGEST_SHOWN = 1600  # pixels of the longer side: more would only make the page slow


@dataclass(frozen=True)
class Selection:
    """What is chosen among the proposals: the arguments of `Candidates.select`."""

    confidence: float = 0.25
    iou: float = 0.45
    classes: tuple[int, ...] = ()
    max_detections: int = MOST_DETECTIONS
    class_agnostic: bool = False


@dataclass(frozen=True)
class Seen:
    """What the model proposed for one picture, or the sentence that says why there is nothing."""

    picture: Picture
    candidates: "Candidates | None"
    error: str | None
    seconds: float

    def select(self, selection: Selection) -> "ImageResult":
        """What is left of the proposals, as the files to download want it."""
        from models.pictures.detections import ImageResult

        chosen = self.candidates.select(**vars(selection)) if self.candidates is not None else None
        return ImageResult(self.picture.path, chosen, self.error, self.seconds)


def boxes_of(result: "ImageResult") -> "Detections":
    """The detections of a picture that was read; those that could not be are sorted out before anything is drawn."""
    assert result.detections is not None, result.path
    return result.detections


@st.fragment
def show_results(seen: list[Seen]) -> None:
    """Everything about the pictures, redrawn without the rest of the page when a slider moves."""
    for one in seen:
        if one.error is not None:
            st.warning(message(one.error), icon=":material/broken_image:")
    readable = [one for one in seen if one.candidates is not None]
    labels = next((one.candidates.labels for one in seen if one.candidates is not None), None)
    if labels is None:
        return
    selection, extras = choose_settings(labels)
    results = [one.select(selection) for one in readable]
    shown = choose_one(results)
    with messages.shown():  # a file of a folder may be gone by now
        show_pair(readable[shown].picture, results[shown], extras.line_thickness)
    show_detections(boxes_of(results[shown]))
    if len(results) > 1:
        show_all(results)
    show_downloads([one.picture for one in readable], results, labels, extras)


def choose_settings(labels: dict[int, str]) -> tuple[Selection, Extras]:
    """The sliders and the filter, which act at once; classes by their ids, since names may be alike."""
    confidence, iou, classes, more = st.columns([4, 4, 5, 2], vertical_alignment="bottom")
    by_name = {name: class_id for class_id, name in told_apart(labels, alike=tidy).items()}
    selection = Selection(
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
        tuple(
            by_name[name]
            for name in classes.multiselect(
                "Classes", list(by_name), key="detection-classes", placeholder="All classes"
            )
        ),
    )
    with more.popover("More", icon=":material/tune:", width="stretch"):
        return choose_more(selection)


def choose_more(selection: Selection) -> tuple[Selection, Extras]:
    """What is changed more rarely, under the names that detect.py has for it."""
    most, agnostic = choose_selection("detection")
    lines = choose_thickness("detection")
    crops = st.toggle(
        "Crops in the ZIP", key="detection-crops", help="Each object as a picture of its own, by class (save_crop)."
    )
    confidence = st.toggle(
        "Confidence in label files", key="detection-label-confidence", help="As a sixth number (save_conf)."
    )
    chosen = replace(selection, max_detections=most, class_agnostic=agnostic)
    return chosen, Extras(crops, confidence, lines)


def choose_selection(name: str) -> tuple[int, bool]:
    """At most how many objects, and whether boxes of different classes compete; `name` begins the fields' keys."""
    most = st.number_input(
        "Max detections", 1, None, MOST_DETECTIONS, key=f"{name}-max", help="At most so many in a picture (max_det)."
    )
    agnostic = st.toggle(
        "Class-agnostic",
        key=f"{name}-agnostic",
        help="Of boxes that overlap, only the best stays, whatever their classes are (agnostic_nms).",
    )
    return most or MOST_DETECTIONS, agnostic


def choose_thickness(name: str) -> int | None:
    """The thickness of the boxes' lines in pixels; None for what suits the picture."""
    return st.number_input(
        "Line thickness",
        *THICKNESSES,
        None,
        key=f"{name}-lines",
        placeholder="suits the picture",
        help="Of the boxes, in pixels (line_thickness). Empty: what suits the size of the picture.",
    )


def choose_one(results: list["ImageResult"]) -> int:
    """The index of the picture to show; a chooser only where there are several."""
    if len(results) == 1:
        return 0
    names = [
        f"{number}. {shown_name(one.path.name)} · {objects_text(boxes_of(one))}"
        for number, one in enumerate(results, 1)
    ]
    # The names are the key: a chooser kept from other pictures would go on showing one of theirs.
    key = f"detection-shown-{hash(tuple(one.path.name for one in results))}"
    return st.selectbox("Picture", range(len(results)), format_func=names.__getitem__, key=key)


def objects_text(detections: "Detections") -> str:
    """How many objects, in words."""
    return count_text(len(detections.detections), "object")


def show_pair(picture: Picture, result: "ImageResult", line_thickness: int | None) -> None:
    """The picture, and beside it the same with boxes."""
    image = picture.open()
    before, after = st.columns(2)
    width, height = image.size
    before.image(reduced(image), caption=f"{escape(picture.name)} · {width} × {height} pixels", width="stretch")
    after.image(
        reduced(draw(image, boxes_of(result), line_thickness)),
        caption=f"{objects_text(boxes_of(result))} · {seconds_text(result.seconds)}",
        width="stretch",
    )
    if remark := boxes_of(result).remark:
        st.caption(f":material/contrast: {message(remark)}")


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
            tooltip=[alt.Tooltip("object:N"), alt.Tooltip("count:Q")],
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


def show_all(results: list["ImageResult"]) -> None:
    """The sum over several pictures."""
    every = [boxes_of(one) for one in results]
    total = sum(len(detections.detections) for detections in every)
    st.markdown(f"#### All pictures: {count_text(total, 'object')} in {count_text(len(results), 'picture')}")
    table, chart = st.columns([3, 2], gap="medium")
    table.dataframe(pictures_table(results), hide_index=True, width="stretch")
    if total:
        chart.altair_chart(counts_chart(every), width="stretch")


def pictures_table(results: list["ImageResult"]) -> pd.DataFrame:
    """One row a picture: what is on it, the seconds it took, and what had to be assumed to read some of them."""
    has_remarks = any(boxes_of(one).remark for one in results)
    return pd.DataFrame(
        [
            {
                "picture": shown_name(one.path.name),
                "objects": len(boxes_of(one).detections),
                "what": ", ".join(f"{count} {label}" for label, count in boxes_of(one).counts().items()),
                "seconds": round(one.seconds, 3),
            }
            | ({"remark": boxes_of(one).remark or ""} if has_remarks else {})
            for one in results
        ]
    )


def show_downloads(
    pictures: list[Picture], results: list["ImageResult"], labels: dict[int, str], extras: Extras
) -> None:
    """Everything as a ZIP, and two tables alone; each is made when it is asked for, not at each move of a slider."""
    from models.pictures.detection_export import to_coco, to_csv

    with st.container(horizontal=True):
        for label, data, file_name, kind in (
            ("All as ZIP", lambda: archive(pictures, results, labels, extras), "detections.zip", "application/zip"),
            ("CSV", lambda: to_csv(results), "detections.csv", "text/csv"),
            ("COCO JSON", lambda: json.dumps(to_coco(results, labels)), "coco.json", "application/json"),
        ):
            show_download(label, data, file_name, kind)
        besides = ", each object as a picture of its own" if extras.crops else ""
        st.caption(
            f"The ZIP holds the pictures with boxes{besides}, the CSV, the COCO JSON and a YOLO label file for each "
            "picture."
        )


def archive(
    pictures: list[Picture],
    results: list["ImageResult"],
    labels: dict[int, str],
    extras: Extras = NO_EXTRAS,
) -> bytes:
    """A ZIP with `pictures/*.jpg`, `crops/LABEL/*.jpg` where they are wanted, and the files of `export_files`.

    A picture that is gone by now is named in `problems.txt`, with the reason.
    """
    from models.pictures.detection_export import export_files, unique_names

    file, folders = io.BytesIO(), class_folders(labels)
    problems: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in export_files(results, labels, extras.label_confidence).items():
            target.writestr(name, text)
        names = unique_names(result.path for result in results)
        for name, picture, result in zip(names, pictures, results, strict=True):
            try:
                image = picture.open()
            except UnreadableImage:
                problems.append(f"pictures/{Path(name).stem}.jpg is missing: {picture.name} can be opened no more.\n")
                continue
            stem, found = Path(name).stem, boxes_of(result)
            drawn = draw(image, found, extras.line_thickness)
            target.writestr(f"pictures/{stem}.jpg", jpeg(drawn, quality=90), zipfile.ZIP_STORED)
            if extras.crops:
                for crop, content in zip(crop_names(stem, found, folders), crops(image, found), strict=True):
                    target.writestr(f"crops/{crop}", content, zipfile.ZIP_STORED)
        if problems:
            target.writestr("problems.txt", "".join(problems))
    return file.getvalue()

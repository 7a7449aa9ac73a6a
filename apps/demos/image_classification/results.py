"""Shows what picture classifiers found: bars of the likeliest labels, what was looked at, a table of all pictures."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd
import streamlit as st
from PIL import Image

from apps.demos.image_classification.words import METHOD_HELP
from apps.demos.object_detection.pictures import Picture
from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from apps.ui.downloads import show_download
from apps.ui.markdown import escape, message
from apps.words.amounts import count_text, seconds_text
from apps.words.model_names import short_names
from models.pictures.class_names import tidy, told_apart
from models.pictures.file_names import shown_name
from models.pictures.heat_map import overlay
from models.pictures.label_export import to_csv, to_json

if TYPE_CHECKING:  # they bring torch, which is there once something was found, and not before
    from models.image_classification import Classification, FileResult
    from models.pictures.looked_at import LookedAt

LARGEST_SHOWN = 900  # pixels of the longer side
THUMBNAIL_SIDE = 96
LONGEST_LABEL = 48  # signs: ImageNet gives some things five names


@dataclass(frozen=True)
class Seen:
    """What a model made of one picture, or the sentence that says why there is nothing; `thumbnail` is a JPEG."""

    picture: Picture
    classification: "Classification | None"
    error: str | None
    seconds: float
    thumbnail: bytes = b""

    def as_result(self, top_k: int) -> "FileResult":
        """The same, as the files to download want it."""
        from models.image_classification import FileResult

        found = replace(self.classification, top_k=top_k) if self.classification is not None else None
        return FileResult(self.picture.path, found, self.error, self.seconds)


@dataclass(frozen=True)
class Map:
    """Where a model looked in the picture `number` (from 0) for a label, or the sentence that says why that is unknown.

    `class_id` is the label that was asked for; None the likeliest.
    """

    number: int
    class_id: int | None
    looked: "LookedAt | None"
    error: str | None = None


Found = Mapping[str, Sequence[Seen]]  # by model id


def show_failures(found: Found) -> None:
    """Which pictures could not be read, each once, whichever models were asked."""
    for error in dict.fromkeys(one.error for seen in found.values() for one in seen if one.error is not None):
        st.warning(message(error), icon=":material/broken_image:")


def readable(found: Found) -> list[int]:
    """The numbers, from 0, of the pictures that some model has classified."""
    longest = max((len(seen) for seen in found.values()), default=0)
    return [
        number
        for number in range(longest)
        if any(number < len(seen) and seen[number].classification is not None for seen in found.values())
    ]


def choose_one(found: Found, numbers: Sequence[int], key: str) -> int:
    """The picture to show; a chooser only where there are several."""
    if len(numbers) == 1:
        return numbers[0]
    names = {number: f"{number + 1}. {_name(found, number)} · {_best(found, number)}" for number in numbers}
    return st.selectbox("Picture", numbers, format_func=names.__getitem__, key=key)


def _of(found: Found, number: int) -> dict[str, Seen]:
    """What each model that came so far has seen of one picture."""
    return {model_id: seen[number] for model_id, seen in found.items() if number < len(seen)}


def _name(found: Found, number: int) -> str:
    return next(shown_name(one.picture.name) for one in _of(found, number).values())


def _best(found: Found, number: int) -> str:
    labels = [one.classification.label for one in _of(found, number).values() if one.classification is not None]
    return " / ".join(dict.fromkeys(short(label) for label in labels))


def short(label: str) -> str:
    """A label's first name, and no more of it than fits beside a bar."""
    first = label.split(",")[0].strip() or label
    return first if len(first) <= LONGEST_LABEL else f"{first[: LONGEST_LABEL - 1]}…"


def show_picture(one: Seen, image: Image.Image) -> None:
    """The picture with its name and size."""
    st.image(
        reduced(image),
        caption=f"{escape(one.picture.name)} · {image.width:,} × {image.height:,} pixels",
        width="stretch",
    )
    if one.classification is not None and one.classification.remark:
        st.caption(f":material/contrast: {message(one.classification.remark)}")


def show_bars(result: "Classification", top_k: int, key: str) -> None:
    """The likeliest labels and how likely they are."""
    best = result.best
    st.markdown(f"**{escape(best.label)}** &nbsp; {best.score:.3f}")
    st.altair_chart(bars(result, top_k), width="stretch", key=key)


def bars(result: "Classification", top_k: int) -> alt.LayerChart:
    """One bar for each of the likeliest labels, best first; the tooltip has the whole name and the number."""
    table = bar_table(result, top_k)
    base = alt.Chart(table).encode(
        y=alt.Y("shown:N", sort=None, title=None, axis=alt.Axis(labelLimit=170, ticks=False, domain=False)),
        x=alt.X("score:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1.3])),
        tooltip=[
            alt.Tooltip("label:N"),
            alt.Tooltip("class_id:Q", title="number"),
            alt.Tooltip("score:Q", format=".4f"),
        ],
    )
    text = base.mark_text(align="left", dx=4, color=BASELINE_COLOUR).encode(text=alt.Text("score:Q", format=".3f"))
    return layered(base.mark_bar(color=COLOUR, cornerRadiusEnd=3), text).properties(height=26 * len(table) + 10)


def bar_table(result: "Classification", top_k: int) -> pd.DataFrame:
    """`shown` (no two alike), `label`, `class_id`, `score`, best first."""
    top = replace(result, top_k=top_k).top
    names = told_apart({entry.class_id: short(entry.label) for entry in top}, alike=tidy)
    rows = [
        {"shown": names[entry.class_id], "label": entry.label, "class_id": entry.class_id, "score": entry.score}
        for entry in top
    ]
    return pd.DataFrame(rows)


def label_options(result: "Classification", top_k: int) -> dict[int, str]:
    """The likeliest labels by number, best first, no two alike: whose map can be asked for."""
    return dict(zip((table := bar_table(result, top_k))["class_id"], table["shown"], strict=True))


def show_map(found: Map, image: Image.Image, labels: Sequence[str]) -> None:
    """The picture with the heat over it, or why there is none."""
    looked = found.looked
    if looked is None:
        st.info(message(found.error or ""), icon=":material/visibility_off:")
        return
    about = f"{looked.method} · {short(labels[looked.class_id])}" if looked.class_id is not None else looked.method
    small = reduced(image)
    scale = small.width / image.width
    x1, y1, x2, y2 = (side * scale for side in looked.part)
    st.image(
        overlay(small, replace(looked, part=(x1, y1, x2, y2))),
        caption=f"What it looked at: {escape(about)}",
        width="stretch",
    )
    dark = not any(number for row in looked.heat for number in row)
    if dark:
        st.caption(":material/visibility_off: Nothing in the picture speaks for this label.")
    st.caption(METHOD_HELP[looked.method])


def reduced(image: Image.Image) -> Image.Image:
    """The picture, made smaller where it is larger than a screen shows."""
    copy = image.copy()
    copy.thumbnail((LARGEST_SHOWN, LARGEST_SHOWN))
    return copy


def thumbnail(image: Image.Image) -> bytes:
    """A JPEG of at most 96 pixels each way, for a row of the table."""
    small, file = image.copy(), io.BytesIO()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    small.save(file, "JPEG", quality=80)
    return file.getvalue()


def show_table(found: Found) -> None:
    """A row for each picture: what each model says of it."""
    total = max(len(seen) for seen in found.values())
    st.markdown(f"#### All pictures: {count_text(total, 'picture')}")
    score = st.column_config.ProgressColumn(min_value=0, max_value=1, format="%.3f", width="small")
    st.dataframe(
        pictures_table(found),
        hide_index=True,
        width="stretch",
        column_config={"picture": st.column_config.ImageColumn(width="small", pinned=True)}
        | {of_score: score for _, of_score in _headings(found).values()},
        row_height=52,
    )


def pictures_table(found: Found) -> pd.DataFrame:
    """One row a picture: thumbnail, name, label and score of each model, and what is wrong with some of them."""
    total, headings = max(len(seen) for seen in found.values()), _headings(found)
    table = pd.DataFrame([_row(_of(found, number), headings) for number in range(total)])
    return table if table["problem"].any() else table.drop(columns="problem")


def _row(seen: Mapping[str, Seen], headings: Mapping[str, tuple[str, str]]) -> dict[str, object]:
    first = next(iter(seen.values()))
    row: dict[str, object] = {"picture": _data_url(first.thumbnail), "name": shown_name(first.picture.name)}
    for model_id, one in seen.items():
        result, (of_label, of_score) = one.classification, headings[model_id]
        row[of_label] = short(result.label) if result is not None else ""
        row[of_score] = result.score if result is not None else None
    return row | {"problem": first.error or next(filter(None, map(_remark, seen.values())), "")}


def _remark(one: Seen) -> str | None:
    return one.classification.remark if one.classification is not None else None


def _headings(found: Found) -> dict[str, tuple[str, str]]:
    """What stands above each model's label and score: its name before it where there are several, no two alike."""
    if len(found) == 1:
        return dict.fromkeys(found, ("label", "score"))
    return {model_id: (f"{name} · label", f"{name} · score") for model_id, name in short_names(list(found)).items()}


def _data_url(jpeg: bytes) -> str | None:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" if jpeg else None


def show_downloads(found: Found, top_k: int) -> None:
    """The table for a spreadsheet, and everything for a program; each is made when it is asked for."""
    results = {model_id: [one.as_result(top_k) for one in seen] for model_id, seen in found.items()}
    with st.container(horizontal=True):
        show_download("CSV", lambda: to_csv(results), "classification.csv", "text/csv")
        show_download("JSON", lambda: to_json(results), "classification.json", "application/json")
        st.caption(f"The {top_k} likeliest labels of each picture.")


def speed_text(seen: Sequence[Seen]) -> str:
    """How long one picture took, in the middle."""
    times = sorted(one.seconds for one in seen if one.classification is not None)
    return f"{seconds_text(times[len(times) // 2])} a picture" if times else ""

"""Shows what was found in a film: the film with boxes, how many of each class at which time, and files to take home."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import altair as alt
import pandas as pd
import streamlit as st

from apps.demos.object_detection.film_run import FilmProgress, FilmRun
from apps.ui.downloads import show_download
from apps.ui.markdown import message
from apps.words.amounts import count_text, left_text, seconds_text
from models.pictures.film_results import FilmResult
from models.pictures.images import class_colour

MOST_POINTS = 300  # of a line: as many as a chart has room for
MOST_LABELS = 8  # areas that can be told apart
PATIENCE = 60.0  # seconds in which a film that was stopped is put together


def progress_text(progress: FilmProgress) -> str:
    """How far a film is: 120 frames · 4.0 of 12.0 s · About 25 s left."""
    done = count_text(progress.frames, "frame")
    if progress.duration is None or progress.fraction is None:
        return f"{done} · {progress.film_seconds:.1f} s of the film, which does not say how long it is"
    left = left_text(progress.seconds, progress.fraction)
    return f"{done} · {progress.film_seconds:.1f} of {progress.duration:.1f} s · {left}"


@st.fragment
def show_film_result(run: FilmRun) -> None:
    """Everything about one film, also where it broke off or was stopped."""
    if run.started:
        run.ended.wait(PATIENCE)  # Stop came between two frames, and the file is being closed
    result = run.result
    if result.error is not None:
        st.warning(message(result.error), icon=":material/broken_image:")
    if result.annotated is None or not result.annotated.is_file():
        return
    film, table = st.columns([3, 2], gap="medium")
    film.video(str(result.annotated), muted=True)
    film.caption(summary(result, run.every))
    with table:
        show_most(result)
    if result.most_at_once:
        show_counts(result, run.class_ids)
    show_film_downloads(result)


def summary(result: FilmResult, every: int) -> str:
    """What was looked at, in a sentence."""
    done = f"{count_text(result.frames, 'frame')}, {result.film_seconds:.1f} s"
    taken = f"It took {seconds_text(result.seconds)}."
    if every == 1:
        return f"{done}. {taken}"
    looked_at = count_text(result.looked_at, "frame")
    return f"{done}; {looked_at} were looked at, and the boxes of each stay until the next one. {taken}"


def show_most(result: FilmResult) -> None:
    """How many of each class were seen at once, at most."""
    if not result.most_at_once:
        st.info("Nothing above this confidence in any frame. Set it lower, and detect again.")
        return
    table = pd.DataFrame(result.most_at_once.items(), columns=["object", "most at once"])
    st.dataframe(table, hide_index=True, width="stretch", height="content" if len(table) <= MOST_LABELS else 320)


def show_counts(result: FilmResult, class_ids: Mapping[str, int]) -> None:
    """How many of each class at which time."""
    labels = list(result.most_at_once)
    table = counts_over_time(result.folder / "counts.csv", labels[:MOST_LABELS], result.film_seconds)
    st.altair_chart(counts_chart(table, {label: class_ids[label] for label in labels[:MOST_LABELS]}), width="stretch")
    if len(labels) > MOST_LABELS:
        st.caption(f"The {MOST_LABELS} classes of which most were seen at once, of {len(labels)}.")


def counts_over_time(table: Path, labels: Sequence[str], end: float, most: int = MOST_POINTS) -> pd.DataFrame:
    """`time`, `object`, `count` for a chart, from `counts.csv`; the last frame looked at holds until `end`.

    Of a film with more than `most` lines, neighbours become one: what was seen most at once in any of them.
    """
    lines = _lines(table)
    together = 1 + (lines - 1) // most
    rows: list[tuple[float, str, int]] = []
    with table.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for index, (_, time, _, *counts) in enumerate(reader):
            found = dict(zip(labels, map(int, counts), strict=False))
            if index % together == 0:
                rows.extend((float(time), label, found[label]) for label in labels)
                continue
            before = rows[-len(labels) :]
            rows[-len(labels) :] = [(start, label, max(count, found[label])) for start, label, count in before]
    rows.extend((end, label, count) for _, label, count in rows[-len(labels) :])
    return pd.DataFrame(rows, columns=["time", "object", "count"])


def _lines(table: Path) -> int:
    with table.open(encoding="utf-8", newline="") as file:
        return max(1, sum(1 for _ in file) - 1)


def counts_chart(table: pd.DataFrame, class_ids: Mapping[str, int]) -> alt.Chart:
    """An area for each class, in the colour of its boxes, on top of each other: together all objects of a frame.

    Each holds its number until the next frame looked at.
    """
    colours = ["#{:02x}{:02x}{:02x}".format(*class_colour(class_id)) for class_id in class_ids.values()]
    return (
        alt.Chart(table, title=alt.Title("Objects over time", anchor="start"))
        .mark_area(interpolate="step-after", opacity=0.85)
        .encode(
            x=alt.X("time:Q", title="seconds of the film"),
            y=alt.Y("count:Q", title="objects in a frame", stack="zero", axis=alt.Axis(tickMinStep=1, format="d")),
            color=alt.Color(
                "object:N",
                scale=alt.Scale(domain=list(class_ids), range=colours),
                legend=alt.Legend(orient="right", title=None),
            ),
            tooltip=[alt.Tooltip("time:Q", format=".2f"), alt.Tooltip("object:N"), alt.Tooltip("count:Q")],
        )
        .properties(height=280)
    )


def show_film_downloads(result: FilmResult) -> None:
    """The film and its tables, each read when it is asked for."""
    stem = result.annotated.stem if result.annotated is not None else "film"
    with st.container(horizontal=True):
        for label, path, name, kind in (
            ("Film", result.annotated, f"{stem}-detected.mp4", "video/mp4"),
            ("CSV", result.folder / "detections.csv", f"{stem}-detections.csv", "text/csv"),
            ("Counts as CSV", result.folder / "counts.csv", f"{stem}-counts.csv", "text/csv"),
            ("JSON lines", result.folder / "frames.jsonl", f"{stem}-frames.jsonl", "application/jsonl"),
        ):
            if path is not None and path.is_file():
                show_download(label, path.read_bytes, name, kind)
        st.caption(
            "One line for each object, for each frame, and for each frame with all that is known of its objects."
        )

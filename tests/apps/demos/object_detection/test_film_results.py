"""What the page shows of a film: words, the table behind the chart, the chart's colours."""

from pathlib import Path

import pandas as pd
import pytest

from apps.demos.object_detection.film_results import counts_chart, counts_over_time, progress_text, summary
from apps.demos.object_detection.film_run import FilmProgress
from models.pictures.film_results import FilmResult
from models.pictures.images import class_colour


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Seven frames with cars and dogs."""
    counts = [(0, 1), (2, 0), (1, 1), (0, 0), (3, 0), (0, 0), (0, 5)]
    rows = [f"{1 + index},{index / 10:.3f},{cars + dogs},{cars},{dogs}" for index, (cars, dogs) in enumerate(counts)]
    (tmp_path / "counts.csv").write_text("\n".join(["frame,time,objects,car,dog", *rows, ""]), encoding="utf-8")
    return tmp_path / "counts.csv"


def of(table: pd.DataFrame, label: str) -> list[tuple[float, int]]:
    rows = table[table["object"] == label]
    return list(zip(rows["time"], rows["count"], strict=True))


def test_a_short_film_has_each_frame_in_its_chart(table: Path) -> None:
    shown = counts_over_time(table, ["car", "dog"], 0.7)
    assert [count for _, count in of(shown, "car")] == [0, 2, 1, 0, 3, 0, 0, 0]
    assert of(shown, "dog")[-2:] == [(0.6, 5), (0.7, 5)]  # the last one holds until the film ends


def test_of_a_long_film_neighbours_show_what_was_most(table: Path) -> None:
    shown = counts_over_time(table, ["car"], 0.7, most=3)
    assert of(shown, "car") == [(0.0, 2), (0.3, 3), (0.6, 0), (0.7, 0)]


def test_areas_have_the_colours_of_the_boxes(table: Path) -> None:
    colour = counts_chart(counts_over_time(table, ["dog"], 0.7), {"dog": 4}).to_dict()["encoding"]["color"]["scale"]
    assert colour == {"domain": ["dog"], "range": ["#{:02x}{:02x}{:02x}".format(*class_colour(4))]}


def test_progress_tells_the_time_left_only_where_the_film_says_how_long_it_is() -> None:
    assert progress_text(FilmProgress(120, 4.0, 12.0, 10.0)) == "120 frames · 4.0 of 12.0 s · About 20 s left"
    unknown = progress_text(FilmProgress(1, 0.1, None, 10.0))
    assert unknown == "1 frame · 0.1 s of the film, which does not say how long it is"


def test_the_summary_says_what_stands_on_the_frames_between() -> None:
    result = FilmResult(Path("a.mp4"), Path("a"), Path("a/a.mp4"), None, True, 72, 24, 6.0, {}, 12.0)
    assert summary(result, 1) == "72 frames, 6.0 s. It took 12 s."
    assert "24 frames were looked at, and the boxes of each stay until the next one" in summary(result, 3)

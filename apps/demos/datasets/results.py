"""Shows what was found in a dataset. Takes a report and nothing else; Transfer learning shows texts with it, too."""

from collections import Counter
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from apps.demos.datasets import charts
from apps.demos.datasets.sentences import (
    how_read,
    languages_text,
    leak_texts,
    no_leak_text,
    parts_text,
    sizes_text,
)
from apps.demos.transfer_learning.reading import doubts, left_out_texts
from apps.ui.markdown import escape, message
from apps.ui.tiles import show_tiles
from apps.words.amounts import count_text, digits_text
from training.text_cells import Fault

if TYPE_CHECKING:
    from models.text.labelled_row import Row
    from training.exploration.columns import ColumnFacts
    from training.exploration.pictures import PictureReport
    from training.exploration.tables import TableReport
    from training.exploration.texts import TextReport
    from training.pictures.data import Picture

MOST_ROWS_LISTED = 200
MOST_CLASSES_SHOWN = 12
PICTURES_A_CLASS = 8
MOST_PAIRS_SHOWN = 12
THUMBNAIL = 88  # pixels


# Tables


def show_table(report: "TableReport", prefix: str = "datasets") -> None:
    """All that is known of a table, or of several."""
    for data in report.data:
        st.caption(escape(how_read(data)))
        for doubt in doubts(data):
            st.warning(message(doubt), icon=":material/help:")
    for remark in report.remarks:
        st.info(message(remark), icon=":material/info:")
    faults = [fault for data in report.data for fault in data.faults]
    if report.texts is not None:
        show_texts(report.texts, faults, prefix)
    else:
        show_tiles({"Rows": f"{report.records:,}", "Columns": f"{len(report.facts)}"})
    st.subheader("Columns")
    st.dataframe(columns_table(report.facts), hide_index=True, key=f"{prefix}-columns")
    if report.problem:
        st.info(f"To train on it: {message(report.problem)}", icon=":material/model_training:")


def columns_table(facts: Sequence["ColumnFacts"]) -> pd.DataFrame:
    """A row for each column of the data."""
    rows = [
        (
            one.name,
            one.kind,
            one.missing,
            one.distinct,
            _span_text(one),
            " · ".join(f"{value} ({count:,})" for value, count in one.commonest.items()),
        )
        for one in facts
    ]
    names = ["column", "type", "missing", "different", "from – median – to", "the commonest values (rows)"]
    return pd.DataFrame(rows, columns=names)


def _span_text(one: "ColumnFacts") -> str:
    if one.low is None:
        return ""
    span = " – ".join(digits_text(value, 6) for value in (one.low, one.middle, one.high))
    return f"{span} characters" if one.kind == "text" else span


# Texts


def show_texts(report: "TextReport", faults: Sequence[Fault], prefix: str) -> None:
    """Counts, charts, the parts and what they have in common, and the rows that deserve a look."""
    _show_text_tiles(report, faults)
    grid = st.grid(2, min_column_width=320, gap="large")
    balance, lengths = grid.cell(), grid.cell()
    if report.facts.classes:
        counts = {part: dict(Counter(row.label for row in rows)) for part, rows in _parts_in_order(report).items()}
        balance.altair_chart(charts.balance_chart(counts), key=f"{prefix}-balance")
    else:
        balance.caption("There are no labels to count.")
    lengths.altair_chart(charts.length_chart(report.words), key=f"{prefix}-lengths")
    if report.parts is not None:
        st.caption(escape(parts_text(report.parts)))
    for leak in leak_texts(report.leaks):
        st.warning(message(leak), icon=":material/water_drop:")
    languages = languages_text(report)
    calm = no_leak_text(report)
    st.caption(escape("  ".join(sentence for sentence in (calm, languages) if sentence)))
    for remark in report.remarks:
        st.info(message(remark), icon=":material/balance:")
    _show_rows(report, faults, prefix)


def _show_text_tiles(report: "TextReport", faults: Sequence[Fault]) -> None:
    tiles = {
        "Rows": f"{report.facts.rows:,}",
        "Labels": f"{len(report.facts.classes)}",
        "Words, median": f"{report.facts.words.median:.0f}",
        "Duplicates": f"{len(report.facts.duplicates):,}",
    }
    if report.near is not None:
        tiles["Near-duplicates"] = f"{len({place for pair in report.near.pairs for place in (pair.second,)}):,}"
    show_tiles(tiles | {"Lines left out": f"{len(faults):,}"}, beside=3)  # six would cut their names


def _parts_in_order(report: "TextReport") -> dict[str, list["Row"]]:
    parts = report.places_of()
    usual = ("train", "validation", "test")
    return dict(sorted(parts.items(), key=lambda pair: usual.index(pair[0]) if pair[0] in usual else len(usual)))


def _show_rows(report: "TextReport", faults: Sequence[Fault], prefix: str) -> None:
    """Tables behind tabs: only those with something in them."""
    conflicts = [row for group in report.facts.conflicts for row in group]
    pairs = [(p.first, p.second, f"{p.similarity:.2f}") for p in report.near.pairs] if report.near else []
    leaks = [(*pair, f"{leak.first} / {leak.second}") for leak in report.leaks for pair in leak.examples]
    others = report.languages.others if report.languages else ()
    tables: dict[str, tuple[Sequence[Any], Callable[[Sequence[Any]], pd.DataFrame]]] = {
        "Rows": (range(len(report.rows)), lambda places: places_table(report, places)),
        "Duplicates": (report.facts.duplicates, rows_table),
        "Near-duplicates": (pairs, lambda found: pairs_table(report, found, "similarity")),
        "Same text, different labels": (conflicts, rows_table),
        "In two parts": (leaks, lambda found: pairs_table(report, found, "parts")),
        "Other languages": (others, lambda places: places_table(report, places)),
        "Lines left out": (faults, faults_table),
    }
    filled = {name: filling for name, filling in tables.items() if filling[0]}
    for tab, (name, (rows, table)) in zip(st.tabs(list(filled)), filled.items(), strict=True):
        if name == "Lines left out":
            tab.caption(escape(" ".join(left_out_texts(faults))))
        tab.dataframe(table(rows[:MOST_ROWS_LISTED]), hide_index=True, height=240, key=f"{prefix}-table-{name}")
        if len(rows) > MOST_ROWS_LISTED:
            tab.caption(f"The first {MOST_ROWS_LISTED} of {count_text(len(rows), 'row')}")


def places_table(report: "TextReport", places: Sequence[int]) -> pd.DataFrame:
    """Line, label and text of each row; its part and its language where these are known."""
    table = rows_table([report.rows[place] for place in places])
    if report.parts is not None:
        table["part"] = [report.parts.names[place] for place in places]
    if report.languages is not None:
        names = dict(zip(report.languages.places, report.languages.names, strict=True))
        table["language"] = [names.get(place) or "" for place in places]
    return table


def rows_table(rows: Sequence["Row"]) -> pd.DataFrame:
    """Line, label and text of each row."""
    return pd.DataFrame([(row.line, row.label, row.text) for row in rows], columns=["line", "label", "text"])


def pairs_table(report: "TextReport", pairs: Sequence[tuple[int, int, str]], what: str) -> pd.DataFrame:
    """Two rows beside each other, and `what` there is to say of both."""
    rows = [
        (about, *(value for place in pair for value in (report.rows[place].line, report.rows[place].label)),
         *(report.rows[place].text for place in pair))
        for *pair, about in pairs
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=[what, "line", "label", "line 2", "label 2", "text", "text 2"])


def faults_table(faults: Sequence[Fault]) -> pd.DataFrame:
    """Each line that was left out, and why."""
    return pd.DataFrame([(fault.line, fault.reason) for fault in faults], columns=["line", "why it was left out"])


# Pictures


def show_pictures(report: "PictureReport", prefix: str = "datasets") -> None:
    """Counts, the classes with some of their pictures, those that come again, and files that cannot be read."""
    show_tiles(
        {
            "Pictures": f"{len(report.data.pictures):,}",
            "Classes": f"{len(report.classes)}",
            "Duplicates": f"{report.duplicates:,}",
            "Near-duplicates": f"{len({pair.second for pair in report.near}):,}",
            "Files left out": f"{len(report.data.left_out):,}",
        }
    )
    _show_picture_sentences(report)
    if report.classes:
        st.altair_chart(
            charts.balance_chart(_class_counts(report), "Pictures", 160 + 24 * min(len(report.classes), 8)),
            key=f"{prefix}-balance",
        )
        _show_classes(report)
    _show_picture_tabs(report, prefix)
    if report.problem:
        st.info(f"To train on it: {message(report.problem)}", icon=":material/model_training:")


def _show_picture_sentences(report: "PictureReport") -> None:
    about = [parts_text(report.parts).split(". Each label")[0] if report.parts else None, sizes_text(report)]
    about.append(no_leak_text(report))
    st.caption(escape("  ".join(sentence.rstrip(".") + "." for sentence in about if sentence)))
    for leak in leak_texts(report.leaks):
        st.warning(message(leak), icon=":material/water_drop:")
    for remark in report.remarks:
        st.info(message(remark), icon=":material/info:")


def _class_counts(report: "PictureReport") -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for place, picture in enumerate(report.data.pictures):
        counts.setdefault(report.part_of(place), Counter())[picture.label] += 1
    usual = ("train", "validation", "test")
    return {part: dict(counts[part]) for part in (*(p for p in usual if p in counts), *(counts.keys() - {*usual}))}


def _show_classes(report: "PictureReport") -> None:
    """Some pictures of each class, in rows with its name."""
    for label in list(report.classes)[:MOST_CLASSES_SHOWN]:
        places = [place for place, picture in enumerate(report.data.pictures) if picture.label == label]
        st.markdown(f"**{escape(label)}** · {count_text(len(places), 'picture')}")
        step = max(1, len(places) // PICTURES_A_CLASS)
        _show_thumbnails(report, places[::step])
    if len(report.classes) > MOST_CLASSES_SHOWN:
        st.caption(f"The {MOST_CLASSES_SHOWN} most frequent of {len(report.classes)} classes")


def _show_picture_tabs(report: "PictureReport", prefix: str) -> None:
    groups: dict[str, Sequence[tuple[tuple[int, ...], str]]] = {
        "Duplicates": [(group, "equal pixels") for group in report.copies],
        "Same picture, different labels": [(group, "equal pixels") for group in report.conflicts],
        "Near-duplicates": [((p.first, p.second), f"{count_text(p.bits, 'bit')} of 64 differ") for p in report.near],
        "In two parts": [(pair, f"{leak.first} / {leak.second}") for leak in report.leaks for pair in leak.examples],
    }
    filled = {name: found for name, found in groups.items() if found}
    names = [*filled, *(["Files left out"] if report.data.left_out else [])]
    if not names:
        return
    for tab, name in zip(st.tabs(names), names, strict=True):
        with tab:
            if name == "Files left out":
                table = pd.DataFrame([(one.name, one.reason) for one in report.data.left_out], columns=["file", "why"])
                st.dataframe(table, hide_index=True, key=f"{prefix}-left-out")
            else:
                _show_groups(report, filled[name])


def _show_groups(report: "PictureReport", groups: Sequence[tuple[tuple[int, ...], str]]) -> None:
    for places, about in groups[:MOST_PAIRS_SHOWN]:
        names = [report.data.pictures[place].name for place in places[:PICTURES_A_CLASS]]
        st.caption(escape(f"{about}: {', '.join(names)}"))
        _show_thumbnails(report, places)
    if len(groups) > MOST_PAIRS_SHOWN:
        st.caption(f"The first {MOST_PAIRS_SHOWN} of {len(groups):,}; the report has more of them.")


def _show_thumbnails(report: "PictureReport", places: Sequence[int]) -> None:
    with st.container(horizontal=True, gap="small"):
        for place in places[:PICTURES_A_CLASS]:
            st.image(thumbnail(report, place), width=THUMBNAIL)


def thumbnail(report: "PictureReport", place: int) -> bytes:
    """A small JPEG of a picture: 30 browsers must not fetch all of it."""
    picture = report.data.pictures[place]
    return _thumbnail(picture.digest, picture)


@st.cache_data(max_entries=2000, show_spinner=False)  # of some 5 kB each
def _thumbnail(digest: str, _picture: "Picture") -> bytes:
    """For everybody who looks at this file."""
    image = _picture.open()
    image.thumbnail((2 * THUMBNAIL, 2 * THUMBNAIL))
    out = BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()

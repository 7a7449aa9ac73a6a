"""A model against gold labels: which file, which model, which labels count as the same, and how good it is."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.text_classification.classify import labels_of
from apps.demos.text_classification.gold_data import NAME, choose_gold
from apps.demos.text_classification.gold_results import show_grade
from apps.demos.text_classification.grade_words import cut_text, matching_text, require_gold
from apps.ui import messages
from apps.ui.doubts import choose_unreadable
from apps.ui.experiment_page import time_left
from apps.ui.markdown import escape, message
from apps.ui.model_choice import choose_model, show_misfit
from apps.ui.run import Outcome, forget_outcome, last_outcome, run_with_model, show_end
from models.catalog import Task
from models.failures import Failure
from models.text.label_names import BY_HAND, BY_NAME, Matching, told_apart
from models.text.labelled_row import Row
from serving.gold_work import (
    MOST_ROWS,
    Part,
    answer_rows,
    gold_counts,
    graded,
    guessed,
    results_of,
)
from serving.loading import ModelKey
from training.text_data import TextData

if TYPE_CHECKING:
    from models.text_classification import TextClassifier

NOTHING = "– nothing –"
MOST_CHOOSERS = 60  # labels of both sides for which there is a chooser each
MOST_FAILURES = 3


@dataclass(frozen=True)
class RowsToGrade:
    """What was asked: `rows` are the first of `total` in the file called `name`; `digest` tells one file from another.

    `left_out` are lines of the file without a usable text and label.
    """

    model: str
    name: str
    digest: str
    rows: tuple[Row, ...]
    total: int
    left_out: int
    even_if_unreadable: bool = False


def show_gold() -> None:
    """The model, the file, and the grade."""
    key = choose_model(Task.TEXT_CLASSIFICATION)
    with messages.shown():
        gold = choose_gold()
        if gold is not None:
            require_gold(gold.data)
            request = choose_rows(key, gold.data, gold.digest)
            if request is not None and key is not None:
                forget_outcome(NAME)
                compute(key, request)
    outcome = last_outcome(NAME)
    if outcome is not None:
        with messages.shown():
            show_last(outcome)


def choose_rows(key: ModelKey | None, data: TextData, digest: str) -> RowsToGrade | None:
    """How many rows are answered; what was asked, if the button was pressed."""
    if key is not None:
        preview(labels_of(key), data)
        show_misfit(key, *(row.text for row in data.rows[:20]))
    most = min(len(data.rows), MOST_ROWS)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        clicked = st.button("Grade", type="primary", icon=":material/grading:", disabled=key is None)
        count = int(
            st.number_input(
                "Rows", 1, most, most, key=f"{NAME}-rows-{digest}", persist_state="session", width=140,
                help="The first so many of the file.",
            )
        )  # fmt: skip
        even_if_unreadable = choose_unreadable(NAME)
    if len(data.rows) > MOST_ROWS:
        st.caption(f"The file has {len(data.rows):,} usable rows; at most {MOST_ROWS:,} are answered at once.")
    if not clicked or key is None:
        return None
    rows = data.rows[:count]
    return RowsToGrade(
        key.model_id, data.table.name, digest, rows, len(data.rows), len(data.faults), even_if_unreadable
    )


def preview(model_labels: list[str], data: TextData) -> None:
    """How the labels would be matched, before anything is computed; nothing where the model's are not known yet."""
    counts = ", ".join(f"{count:,} “{label}”" for label, count in list(gold_counts(data.rows).items())[:8])
    more = len(gold_counts(data.rows)) - 8
    st.caption(f"{len(data.rows):,} rows: {escape(counts)}{f' and {more} labels more' if more > 0 else ''}.")
    if not model_labels:
        return
    guess = guessed(told_apart(model_labels), data.rows)
    if guess.classes:
        st.caption(f":material/rule: {message(matching_text(guess))}")
    else:
        st.warning(
            message(
                f"{matching_text(guess)} Choose other columns or another model, or say below which counts as which."
            ),
            icon=":material/rule:",
        )


def compute(key: ModelKey, request: RowsToGrade) -> None:
    """Borrow the model and let it answer the rows, part by part."""
    progress, left = st.empty(), time_left()

    def show(items: list[Any]) -> None:
        done = len(results_of(items))
        fraction = done / len(request.rows)
        text = f"{done:,} of {len(request.rows):,} rows"
        progress.progress(fraction, text=f"{text} · {left(fraction)}" if fraction < 1 else text)

    run_with_model(NAME, key, partial(work, request), request, show)
    progress.empty()


def work(request: RowsToGrade, model: "TextClassifier", cancelled: threading.Event) -> Iterator[Part]:
    """The rows in parts."""
    return answer_rows(model, request.rows, cancelled, request.even_if_unreadable)


def show_last(outcome: Outcome) -> None:
    """How the labels are matched, and the grade of what was answered."""
    request: RowsToGrade = outcome.request
    results = results_of(outcome.items)
    st.markdown(f"#### {escape(request.model)} on {escape(request.name)}")
    _show_failures([result for result in results if isinstance(result, Failure)])
    known = next((result for result in results if not isinstance(result, Failure)), None)
    if known is not None:
        matching = choose_matching(guessed(tuple(known.scores), request.rows), request)
        show_end(outcome)
        cut = cut_text(results)
        if cut is not None:
            st.warning(cut, icon=":material/content_cut:")
        show_grade(graded(request.rows, results, matching, request.total), request.left_out)
    else:
        show_end(outcome)


def _show_failures(failures: list[Failure]) -> None:
    for failure in failures[:MOST_FAILURES]:
        st.warning(f"Line {failure.number}: {message(failure.error)}", icon=":material/error:")
    if len(failures) > MOST_FAILURES:
        st.caption(f"{len(failures) - MOST_FAILURES:,} more rows could not be read; the CSV names them.")


def choose_matching(guess: Matching, request: RowsToGrade) -> Matching:
    """What each label counts as: guessed by name, shown, and to be changed here; the figures follow at once."""
    plain = guess.by == BY_NAME and all(guess.first.values()) and all(guess.second.values())
    with st.expander("Which label counts as which", expanded=not plain, icon=":material/rule:"):
        if len(guess.first) + len(guess.second) > MOST_CHOOSERS:
            st.caption("These are too many labels for choosers; `grade --map` in the terminal changes them.")
            matching = guess
        else:
            matching = chosen_by_hand(guess, request)
        st.caption(message(matching_text(matching)))
    return matching


def chosen_by_hand(guess: Matching, request: RowsToGrade) -> Matching:
    """Choosers for the model's labels and for those of the file."""
    names = [*guess.classes, *guess.second, *guess.first]
    options = [*dict.fromkeys(name for name in names if name is not None), NOTHING]
    sides = []
    for column, title, labels in zip(
        st.columns(2, gap="large"),
        ("The model's labels", "The labels of the file"),
        (guess.first, guess.second),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            sides.append(
                {label: _counts_as(label, own, options, f"{title}-{request.digest}-{request.model}")
                 for label, own in labels.items()}
            )  # fmt: skip
    if (sides[0], sides[1]) == (dict(guess.first), dict(guess.second)):
        return guess
    return Matching(sides[0], sides[1], BY_HAND)


def _counts_as(label: str, own: str | None, options: list[str], key: str) -> str | None:
    # The guess is in the key: that of fewer rows, which lack some labels, must not stand against a later one.
    chosen = st.selectbox(
        f"“{escape(label)}” counts as",
        options,
        options.index(own) if own is not None else len(options) - 1,
        key=f"{NAME}-map-{key}-{label}-{own}",
        persist_state="session",
    )
    return None if chosen == NOTHING else chosen

"""Classes that are made by hand: what is taken in, what is said of the rest, and what a training gets of them."""

import base64

import pytest
import streamlit as st

from apps.demos.teach_pictures import classes
from apps.demos.teach_pictures.browser_parts import decoded
from models.errors import InvalidInput
from tests.training.pictures.drawn import picture


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict:
    """A session without a page."""
    monkeypatch.setattr(st, "session_state", {})
    return st.session_state


def named(*names: str) -> list[classes.OwnClass]:
    """The classes of the session, under these names."""
    while len(classes.own_classes()) < len(names):
        classes.add_class()
    for own, name in zip(classes.own_classes(), names, strict=True):
        st.session_state[classes.name_key(own.number)] = name
    return classes.own_classes()


def shots(count: int, first: int = 0) -> list[tuple[str, bytes]]:
    return [("image.jpg", picture(seed=first + number)) for number in range(count)]


def test_a_session_begins_with_two_classes_that_have_names() -> None:
    assert [own.name for own in classes.own_classes()] == ["Class 1", "Class 2"]


def test_pictures_of_the_same_name_keep_names_of_their_own() -> None:
    first, second = named("mug", "pen")
    classes.add_pictures(first.number, shots(2))
    classes.add_pictures(first.number, shots(1, 5))
    classes.add_pictures(second.number, shots(3, 10))

    data = classes.collected(classes.own_classes())

    assert data.classes == {"mug": 3, "pen": 3}
    assert [one.name for one in data.pictures[:3]] == ["mug/image.jpg", "mug/image.jpg (2)", "mug/image.jpg (3)"]
    assert len({one.name for one in data.pictures}) == 6


def test_what_cannot_be_used_is_named_and_the_rest_is_taken() -> None:
    [first, _] = named("mug", "pen")

    classes.add_pictures(
        first.number, [*shots(2), ("broken.jpg", b"\xff\xd8\xff"), ("text.txt", b"hello"), ("e.png", b"")]
    )

    own = classes.own_classes()[0]
    assert len(own.shots) == 2
    assert [left.reason.split(" is ")[0] for left in own.left_out] == ["broken.jpg", "text.txt", "mug/e.png"]
    assert len(classes.collected(classes.own_classes()).left_out) == 3


def test_a_picture_is_removed_by_its_own_key_and_a_new_one_never_gets_it() -> None:
    [first, _] = named("mug", "pen")
    classes.add_pictures(first.number, shots(3))
    classes.remove_picture(first.number, "0-2")
    classes.add_pictures(first.number, shots(1, 7))
    classes.remove_picture(first.number, "0-2")  # pressed twice

    assert [shot.key for shot in classes.own_classes()[0].shots] == ["0-0", "0-1", "1-0"]

    classes.remove_all(first.number)
    classes.delete_class(classes.own_classes()[1].number)
    assert [own.shots for own in classes.own_classes()] == [()]


def test_names_that_differ_by_case_or_not_at_all_are_one_class_and_that_is_said() -> None:
    for own in named("mug", "Mug ", "pen", "pen", "empty"):
        if own.name != "empty":
            classes.add_pictures(own.number, shots(2, 10 * own.number))

    data = classes.collected(classes.own_classes())

    assert data.classes == {"Mug": 4, "pen": 4}
    assert data.remarks == (
        "“Mug” and “mug” differ only in capital letters, so they were taken for one class, “Mug”.",
        "Two classes are called “pen”, so they were taken for one.",
        "The class “empty” has no picture, so it is left out.",
    )


def test_a_class_with_pictures_needs_a_name() -> None:
    [first, _] = named("  ", "pen")
    classes.add_pictures(first.number, shots(1))

    with pytest.raises(InvalidInput, match="has no name"):
        classes.collected(classes.own_classes())


def test_no_more_pictures_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "MOST_BY_HAND", 3)
    [first, _] = named("mug", "pen")

    classes.add_pictures(first.number, shots(5))

    own = classes.own_classes()[0]
    assert len(own.shots) == 3
    assert own.left_out[0].reason.startswith("At most 3 pictures of 200 MB together can be collected here")


def test_no_more_bytes_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    given = shots(3)
    monkeypatch.setattr(classes, "MOST_BYTES", len(given[0][1]) + len(given[1][1]))
    [first, _] = named("mug", "pen")

    classes.add_pictures(first.number, given)

    own = classes.own_classes()[0]
    assert (len(own.shots), len(own.left_out)) == (2, 1)


def test_of_what_a_browser_sends_only_jpeg_files_are_taken() -> None:
    file = b"\xff\xd8\xff"
    good = f"data:image/jpeg;base64,{base64.b64encode(file).decode()}"

    assert decoded({"number": 0, "pictures": [good, "data:text/html;base64,AAAA", "data:image/jpeg;base64,?", 7]}) == [
        file
    ]
    for nonsense in (None, [], "shots", {"pictures": None}, {"pictures": {"0": good}}):
        assert decoded(nonsense) == []
    assert len(decoded({"pictures": [good] * 1_000})) == 100

"""From what somebody writes to one class: numbers as names, names alike, with commas, twice, and ids."""

import pytest

from models.errors import InvalidInput
from models.pictures.class_names import class_ids, classes_in, id_mark, tidy, told_apart

DICE = dict(enumerate("123456"))
ALIKE = {0: "Dog", 1: "dog", 2: "dog ", 3: "traffic  light", 4: "cat, small", 5: "cat", 6: "Straße"}
TWICE = {0: "crack", 1: "hole", 2: "crack", 3: ""}
HASHES = {0: "#1", 1: "a", 2: "# b", 3: "#"}


def test_a_number_that_is_a_name_is_no_id() -> None:
    assert class_ids(["2"], DICE) == [1]
    assert class_ids(["#2"], DICE) == [2]
    assert class_ids([2], DICE) == [2]
    with pytest.raises(InvalidInput, match=r"“0”.*#0 “1”"):
        class_ids(["0"], DICE)


def test_where_no_name_is_a_number_a_number_is_an_id() -> None:
    assert class_ids(["1", "#4"], ALIKE) == [1, 4]


def test_what_was_looked_up_is_not_looked_up_again() -> None:
    assert class_ids(class_ids(["6", "1"], DICE), DICE) == [0, 5]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [("Dog", 0), ("dog", 1), ("dog ", 2), ("traffic light", 3), ("TRAFFIC LIGHT", 3), ("cat, small", 4), ("cat", 5),
     ("STRASSE", 6), (" Cat", 5)],
)  # fmt: skip
def test_the_strictest_reading_that_fits_counts(wanted: str, number: int) -> None:
    assert class_ids([wanted], ALIKE) == classes_in([wanted], ALIKE) == [number]


@pytest.mark.parametrize("labels", [DICE, ALIKE, TWICE, HASHES, {0: "a, b", 1: "a", 2: " b", 3: "b", 4: "\n"}])
def test_every_class_can_be_chosen_by_its_id_and_by_the_name_that_tells_it_apart(labels: dict[int, str]) -> None:
    for alike in (str, tidy):
        names = told_apart(labels, alike)
        assert len(set(names.values())) == len(labels)
        for number, name in names.items():
            assert class_ids([name], labels) == classes_in([name], labels) == [number]
            assert class_ids([f"{id_mark(labels)}{number}"], labels) == [number]


@pytest.mark.parametrize(
    ("wanted", "labels", "choices"),
    [("DOG", ALIKE, ["#0 “Dog”", "#1 “dog”", "#2 “dog ”"]), ("crack", TWICE, ["#0 “crack”", "#2 “crack”"])],
)
def test_what_fits_several_is_answered_with_the_choices(wanted: str, labels: dict, choices: list[str]) -> None:
    for choose in (class_ids, classes_in):
        with pytest.raises(InvalidInput) as error:
            choose([wanted], labels)
        assert all(choice in str(error.value) for choice in choices)


def test_names_that_begin_with_the_mark_keep_it_for_themselves() -> None:
    assert class_ids(["#1"], HASHES) == [0]
    assert class_ids(["##1"], HASHES) == [1]
    assert class_ids(["#b", "# b", "#"][1:], HASHES) == [2, 3]


def test_a_comma_separates_where_the_whole_is_no_name() -> None:
    assert classes_in(["cat, small"], ALIKE) == [4]
    assert classes_in(["Dog,cat, small"], {0: "Dog", 4: "cat, small"}) == [0, 4]
    assert classes_in(["person , dog,", "car"], {0: "person", 1: "dog", 2: "car"}) == [0, 1, 2]
    with pytest.raises(InvalidInput, match="several ways"):
        classes_in(["Dog,cat, small"], {0: "Dog", 1: "cat", 2: "small", 4: "cat, small"})
    with pytest.raises(InvalidInput, match="“persn”"):
        classes_in(["dog,persn"], {0: "person", 1: "dog"})


@pytest.mark.parametrize("nothing", ["", " ", ","])
def test_a_wish_without_a_name_is_not_all_of_them(nothing: str) -> None:
    with pytest.raises(InvalidInput):
        classes_in([nothing], {0: "person"})
    assert classes_in([], {0: "person"}) == class_ids(None, {0: "person"}) == []


def test_a_name_by_itself_is_not_a_list_of_letters() -> None:
    assert class_ids("dog", ALIKE) == [1]

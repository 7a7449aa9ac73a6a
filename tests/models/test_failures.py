"""One of several things that fails, and what becomes of the rest."""

import json
from collections.abc import Iterator, Sequence

import pytest

from models.errors import Cancelled, InvalidInput, OutOfMemory, UnknownModel
from models.failures import Failure, attempt, attempt_together, do_each, printable


def upper(text: str) -> str:
    if text == "bad":
        raise InvalidInput("It is bad.")
    if text == "large":
        raise OutOfMemory("It does not fit.")
    return text.upper()


def test_what_fails_stands_in_its_place_with_its_number() -> None:
    assert list(attempt(["a", "bad", "large", "b"], upper)) == [
        "A", Failure(2, "bad", "It is bad."), Failure(3, "large", "It does not fit."), "B"
    ]  # fmt: skip


@pytest.mark.parametrize("error", [Cancelled(), UnknownModel("There is no such model."), KeyError("a fault of ours")])
def test_what_concerns_everything_is_raised(error: Exception) -> None:
    def stop(text: str) -> str:
        raise error

    with pytest.raises(type(error)):
        list(attempt(["a"], stop))


def test_neighbours_are_done_together_and_one_that_cannot_be_read_stands_between_them() -> None:
    together = []

    def do(read: Sequence[str]) -> Iterator[str]:
        together.append([*read])
        yield from read

    assert list(attempt_together(["a", "b", "bad", "c"], upper, do)) == [
        "A", "B", Failure(3, "bad", "It is bad."), "C"
    ]  # fmt: skip
    assert together == [["A", "B"], ["C"]]


def test_where_many_fail_together_each_is_tried_alone_and_nothing_twice() -> None:
    given = []

    def do(read: Sequence[str]) -> Iterator[str]:
        for text in read:
            if text == "huge" or (text == "b" and len(read) > 1):
                raise OutOfMemory("It does not fit.")
            given.append(text)
            yield text

    found = list(attempt_together(["a", "b", "huge", "c"], str, do))
    assert found == ["a", "b", Failure(3, "huge", "It does not fit."), "c"]
    assert given == ["a", "b", "c"]


def test_of_several_the_wrong_one_is_named_and_one_alone_is_not() -> None:
    assert do_each(["a", "b"], upper) == ["A", "B"]
    with pytest.raises(InvalidInput, match=r"^Text 2 of 3: It is bad\.$"):
        do_each(["a", "bad", "b"], upper)
    with pytest.raises(InvalidInput, match=r"^It is bad\.$"):
        do_each(["bad"], upper)


def test_bytes_that_were_not_utf_8_can_be_written() -> None:
    assert printable("Ana \udce9 ñ") == "Ana ? ñ"
    plain = Failure(1, "Ana \udce9", "It is bad.").as_dict()
    assert json.dumps(plain, ensure_ascii=False).encode("utf-8")
    assert plain == {"number": 1, "text": "Ana ?", "error": "It is bad."}

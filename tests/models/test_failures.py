"""One of several things that fails, and what becomes of the rest."""

import json

import pytest

from models.errors import Cancelled, InvalidInput, OutOfMemory, UnknownModel
from models.failures import Failure, attempt, printable


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


def test_bytes_that_were_not_utf_8_can_be_written() -> None:
    assert printable("Ana \udce9 ñ") == "Ana ? ñ"
    plain = Failure(1, "Ana \udce9", "It is bad.").as_dict()
    assert json.dumps(plain, ensure_ascii=False).encode("utf-8")
    assert plain == {"number": 1, "text": "Ana ?", "error": "It is bad."}

"""One of several things that cannot be done: it is named, and the rest goes on.

Whoever does several things passes on, in the place of each that failed, a Failure: a page shows it there, `--json` has
it there, and a command that met one ends with exit code 1.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from models.errors import InvalidInput, OutOfMemory, PrecisionNotApplicable

Item = TypeVar("Item")
Result = TypeVar("Result")

# What can be wrong with one text and right with the next. All else (no such model, Stop) concerns everything.
OF_ONE_ITEM = (InvalidInput, OutOfMemory, PrecisionNotApplicable)


@dataclass(frozen=True)
class Failure:
    """What could not be done: `number` counts from 1 in what was given, `error` is a sentence that says why."""

    number: int
    text: str
    error: str

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; bytes that were not UTF-8 as question marks, since no file could hold them."""
        return {"number": self.number, "text": printable(self.text), "error": self.error}


def attempt(items: Iterable[str], do: Callable[[str], Result]) -> Iterator[Result | Failure]:
    """What `do` gives for each item, or a Failure where something is wrong with this one. All else is raised."""
    for number, item in enumerate(items, start=1):
        try:
            result: Result | Failure = do(item)
        except OF_ONE_ITEM as error:
            result = Failure(number, item, str(error))
        yield result


def printable(text: str) -> str:
    """The same text with a question mark for each byte that was not UTF-8 (`models.wrapper.readable`)."""
    return text.encode("utf-8", errors="replace").decode("utf-8")

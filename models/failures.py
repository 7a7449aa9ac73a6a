"""One of several things that cannot be done: it is named, and the rest goes on.

Whoever does several things passes on, in the place of each that failed, a Failure: a page shows it there, `--json` has
it there, and a command that met one ends with exit code 1.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from models.errors import InvalidInput, OutOfMemory, PrecisionNotApplicable

Read = TypeVar("Read")
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


def attempt_together(
    items: Iterable[str], read: Callable[[str], Read], do: Callable[[Sequence[Read]], Iterable[Result]]
) -> Iterator[Result | Failure]:
    """The same for items that are done many at once: `read` takes each alone, `do` all neighbours that could be read.

    Where `do` fails, the items from there on are done one by one: perhaps one is to blame, perhaps they were many.
    """
    waiting: list[tuple[int, str, Read]] = []
    for number, found in enumerate(attempt(items, lambda item: (item, read(item))), start=1):
        if isinstance(found, Failure):
            yield from _together(waiting, do)
            waiting = []
            yield found
        else:
            waiting.append((number, *found))
    yield from _together(waiting, do)


def _together(
    waiting: Sequence[tuple[int, str, Read]], do: Callable[[Sequence[Read]], Iterable[Result]]
) -> Iterator[Result | Failure]:
    done = 0
    try:
        for result in do([read for _, _, read in waiting]):
            yield result
            done += 1
    except OF_ONE_ITEM as error:
        left = waiting[done:]
        if len(left) == 1:
            yield Failure(left[0][0], left[0][1], str(error))
            return
        for one in left:
            yield from _together([one], do)


def do_each(items: Sequence[str], do: Callable[[str], Result]) -> list[Result]:
    """What `do` gives for each item. Raises its InvalidInput; of several items it says which one is wrong."""
    return [_naming(do, item, number, len(items)) for number, item in enumerate(items, start=1)]


def _naming(do: Callable[[str], Result], item: str, number: int, total: int) -> Result:
    try:
        return do(item)
    except InvalidInput as error:
        raise InvalidInput(str(error) if total == 1 else f"Text {number} of {total}: {error}") from error


def printable(text: str) -> str:
    """The same text with a question mark for each byte that was not UTF-8 (`models.wrapper.readable`)."""
    return text.encode("utf-8", errors="replace").decode("utf-8")

"""What a walkthrough is, once its file has been read: steps to follow on a page, and a quiz about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

Plain = str | int | float | bool | list[str | int | float | bool]


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file: `file` is its path below the folder of courses, `line` counts from 1."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass(frozen=True)
class Step:
    """One step. `before` and `after` are the Markdown around the block `set`, which may be empty.

    `settings` are what that block writes into the page: values by the keys of its widgets, and `example`, the name of
    an example of the page.
    """

    title: str
    before: str
    example: str | None
    settings: Mapping[str, Plain]
    after: str

    @property
    def sets(self) -> bool:
        """Whether the step sets something on the page."""
        return self.example is not None or bool(self.settings)


@dataclass(frozen=True)
class Question:
    """One question. Either there are `options`, and `right` counts which of them from 0, or `computed` is a name of
    `apps.course.computed`, which looks for both among the results of the page."""

    title: str
    text: str
    options: tuple[str, ...]
    right: int | None
    computed: str | None
    explanation: str


@dataclass(frozen=True)
class Walkthrough:
    """The walkthrough of a page in one language, which takes about so many `minutes`; `source` is the file's text."""

    page: str
    title: str
    minutes: int
    about: str
    steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    source: str

    def as_dict(self) -> dict[str, Any]:
        """All of it but the source, for JSON."""
        values = asdict(self)
        del values["source"]
        return values


@dataclass(frozen=True)
class Course:
    """An ordered list of walkthroughs, by the names of their pages."""

    title: str
    about: str
    pages: tuple[str, ...]

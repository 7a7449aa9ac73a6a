"""Questions whose answer the person's own session has computed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.ui.run import Outcome, last_outcome


@dataclass(frozen=True)
class Look:
    """The options of a question, and which of them, counted from 0, is right; or what is to be done first.

    `missing` says it in each language.
    """

    options: tuple[str, ...]
    right: int
    missing: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Computed:
    """A question that results answer: on which page, and the name of its outcome there."""

    page: str
    outcome: str
    look: Callable[[Outcome | None], Look]


COMPUTED: dict[str, Computed] = {}


def look_at(name: str) -> Look:
    """What the question of this name finds in the session."""
    computed = COMPUTED[name]
    return computed.look(last_outcome(computed.outcome))

"""A question and what became of it as plain JSON types: the same in the terminal and in the page's file."""

from typing import TYPE_CHECKING, Any

from models.failures import Failure

if TYPE_CHECKING:
    from models.text.answers import Reading


def as_dict(item: "Reading | Failure") -> dict[str, Any]:
    """The reading; or which question failed, and why."""
    if not isinstance(item, Failure):
        return item.as_dict()
    plain = item.as_dict()
    return {"number": plain["number"], "question": plain["text"], "error": plain["error"]}

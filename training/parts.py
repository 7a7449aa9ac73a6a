"""Shares examples of one class out among training, validation and test. Knows nothing of what the examples are."""

import math
from collections.abc import Sequence
from typing import TypeVar

from models.errors import InvalidInput

SMALLEST_CLASS = 3  # different examples: one for each part

Example = TypeVar("Example")


def require_fractions(fractions: Sequence[float]) -> None:
    """Raise InvalidInput where the shares of the parts are not above 0, or their sum is not 1."""
    if min(fractions) <= 0 or not math.isclose(sum(fractions), 1):
        raise InvalidInput("The parts for training, validation and test must each be above 0 and make 1 together.")


def share_out(
    groups: list[list[Example]], fractions: tuple[float, float, float], parts: tuple[list[Example], ...]
) -> None:
    """Give each group, the largest first, to the part that lacks most of its share; the two smallest make a start.

    A group are examples that count as the same one, so that no part holds what another one is tested on.
    """
    total = sum(map(len, groups))
    small = [max(1, round(total * fraction)) for fraction in fractions[1:]]
    lacking = [total - sum(small), *small]
    reserved = {len(groups) - 2: 1, len(groups) - 1: 2} if len(groups) >= SMALLEST_CLASS else {}
    for number in [*reserved, *(number for number in range(len(groups)) if number not in reserved)]:
        part = reserved.get(number, max(range(3), key=lacking.__getitem__))
        lacking[part] -= len(groups[number])
        parts[part].extend(groups[number])

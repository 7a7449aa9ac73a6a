"""A text and what a person called it: what classifiers learn from, and what they are graded on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One text with its label; `line` is where it begins in the file, from 1."""

    line: int
    text: str
    label: str

"""What an example text is, on every page that has some."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExampleText:
    """A text, and what is worth watching when the model works on it."""

    text: str
    remark: str

"""Labels that a person types, and the sentence that is made of each: “This example is sports.”

Knows no models. What cannot be used as it is gets a sentence: no label, the same one twice, a sentence without a place.
"""

import re
from collections import Counter
from dataclasses import dataclass

from models.errors import InvalidInput
from models.wording import is_blank

PLACE = "{}"
TEMPLATE = "This example is {}."  # what transformers' own pipeline asks
MOST_LABELS = 100  # each is one more run of the model for each text
LONGEST_LABEL, LONGEST_TEMPLATE = 200, 300  # characters


@dataclass(frozen=True)
class LabelSentences:
    """What texts are sorted by.

    `template` is a sentence with one “{}” where the label goes. `several`: any number of labels may be true of a text,
    so that each is judged by itself; otherwise exactly one is, and they are weighed against each other.
    """

    labels: tuple[str, ...]
    template: str = TEMPLATE
    several: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentence of each label, in their order."""
        return tuple(self.template.replace(PLACE, label) for label in self.labels)

    def require_usable(self) -> None:
        """Raise InvalidInput for labels or a template that cannot be used."""
        _require_template(self.template)
        if not self.labels:
            raise InvalidInput("There is no label. Write at least two, with commas between them.")
        if len(self.labels) > MOST_LABELS:
            raise InvalidInput(
                f"These are {len(self.labels)} labels, and at most {MOST_LABELS} are taken at once: each is one more "
                "run of the model for each text. Leave some out, or sort in two steps."
            )
        for label in self.labels:
            _require_label(label)
        _require_different(self.labels)
        if len(self.labels) == 1 and not self.several:
            raise InvalidInput(
                f"With “{self.labels[0]}” as the only label, every text would get it for certain. Add another one, or "
                "let several be true: then the label is judged by itself."
            )


def labels_in(text: str) -> tuple[str, ...]:
    """The labels of a text, between commas, semicolons and line ends, as they were written and as often."""
    parts = (" ".join(part.split()) for part in re.split(r"[,;\n\r]", text))
    return tuple(part for part in parts if part)


def _require_template(template: str) -> None:
    if template.count(PLACE) != 1:
        raise InvalidInput(f"The sentence needs one {PLACE} where the label goes, as in “{TEMPLATE}”")
    if len(template) > LONGEST_TEMPLATE:
        raise InvalidInput(
            f"The sentence has {len(template):,} characters; at most {LONGEST_TEMPLATE} are taken. Write a shorter one."
        )


def _require_label(label: str) -> None:
    if is_blank(label):
        raise InvalidInput("One of the labels is empty. Write a word or a few.")
    if len(label) > LONGEST_LABEL:
        raise InvalidInput(
            f"The label “{label[:30]}…” has {len(label):,} characters; at most {LONGEST_LABEL} are taken. Write a "
            "shorter one."
        )


def _require_different(labels: tuple[str, ...]) -> None:
    counts = Counter(" ".join(label.casefold().split()) for label in labels)
    twice = next((label for label in labels if counts[" ".join(label.casefold().split())] > 1), None)
    if twice is not None:
        raise InvalidInput(f"The label “{twice}” stands there more than once. Write each label once.")

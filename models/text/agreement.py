"""How often models say the same of the same texts. Knows labels, not models.

Two models are compared where their labels can be matched (`models.text.label_names`); of others nothing is claimed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from models.text.label_names import Matching, match_vocabularies


@dataclass(frozen=True)
class Agreement:
    """Two models by their ids: of how many `texts` both gave a label, and how often these were the `same`.

    `matching` None: their labels cannot be compared, and `same` means nothing.
    """

    first: str
    second: str
    matching: Matching | None
    texts: int
    same: int

    @property
    def share(self) -> float | None:
        """The share of texts on which they agree, 0 to 1; None where that cannot be told."""
        return self.same / self.texts if self.matching is not None and self.texts else None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        matching = None if self.matching is None else self.matching.as_dict()
        return {
            "first": self.first, "second": self.second, "texts": self.texts, "share": self.share, "matching": matching,
        }  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """What several models said of the same texts.

    `vocabularies` are the labels of each model, `said` what it said of each text: None where it said nothing.
    """

    vocabularies: Mapping[str, Sequence[str]]
    said: Mapping[str, Sequence[str | None]]

    @property
    def agreements(self) -> tuple[Agreement, ...]:
        """Every two models, in the order of `said`."""
        return tuple(self._agreement(first, second) for first, second in combinations(self.said, 2))

    def _agreement(self, first: str, second: str) -> Agreement:
        matching = match_vocabularies(self.vocabularies[first], self.vocabularies[second])
        pairs = [
            (one, other)
            for one, other in zip(self.said[first], self.said[second], strict=True)
            if one is not None and other is not None
        ]
        same = sum(agree(matching, *pair) for pair in pairs) if matching is not None else 0
        return Agreement(first, second, matching, len(pairs), same)

    def differences(self) -> list[int]:
        """For each text, how many pairs of comparable models say different things of it."""
        comparable = [each for each in self.agreements if each.matching is not None]
        texts = len(next(iter(self.said.values()), ()))
        return [sum(self._differ(each, number) for each in comparable) for number in range(texts)]

    def _differ(self, pair: Agreement, number: int) -> bool:
        one, other = self.said[pair.first][number], self.said[pair.second][number]
        return pair.matching is not None and one is not None and other is not None and not agree(
            pair.matching, one, other
        )  # fmt: skip

    @property
    def all_agree(self) -> tuple[int, int]:
        """On how many texts all comparable models say the same, of how many that all of them could label."""
        comparable = [each for each in self.agreements if each.matching is not None]
        models = {model for each in comparable for model in (each.first, each.second)}
        differences = self.differences()
        labelled = [
            number
            for number in range(len(differences))
            if all(self.said[model][number] is not None for model in models)
        ]
        return (sum(differences[number] == 0 for number in labelled), len(labelled)) if comparable else (0, 0)


def agree(matching: Matching, one: str, other: str) -> bool:
    """Whether two labels, one of each vocabulary, count as the same."""
    return matching.first[one] == matching.second[other]

"""Several models on the same texts: what each said, how often they agree, what each took.

The same for page and terminal; knows neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from apps.words.amounts import count_text, percent_text
from apps.words.doubts import about_text
from models.failures import Failure
from models.text.agreement import Agreement, Panel
from models.text.label_names import BY_OPINION, opinions_of
from models.weights import hub
from models.weights.adapters import base_card, is_adapter

if TYPE_CHECKING:
    from models.catalog import ModelCard
    from models.text_classification import Classification


@dataclass(frozen=True)
class Column:
    """What one model said of the texts, as far as it came, and what that took.

    `seconds` are without loading; sizes in bytes. `error` says why it came no further; `stopped` that a person did.
    Facts of a model that was never loaded are None.
    """

    model_id: str
    items: "tuple[Classification | Failure, ...]" = ()
    seconds: float | None = None
    load_seconds: float | None = None
    footprint: int | None = None
    disk_bytes: int | None = None
    device: str | None = None
    precision: str | None = None
    error: str | None = None
    stopped: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels, as its first result tells; none without one."""
        return next((tuple(item.scores) for item in self.items if not isinstance(item, Failure)), ())

    def label_of(self, number: int) -> str | None:
        """What it said of a text, counted from 0; None where it said nothing."""
        item = self.items[number] if number < len(self.items) else None
        return None if item is None or isinstance(item, Failure) else item.label

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, without the single texts."""
        return {
            "model": self.model_id, "labels": list(self.labels), "seconds": self.seconds,
            "load_seconds": self.load_seconds, "footprint": self.footprint, "disk_bytes": self.disk_bytes,
            "device": self.device, "precision": self.precision, "error": self.error, "complete": self.complete,
        }  # fmt: skip

    @property
    def complete(self) -> bool:
        """Whether every text got its label."""
        return self.error is None and not self.stopped and not any(isinstance(item, Failure) for item in self.items)


@dataclass(frozen=True)
class Comparison:
    """All columns, in the order in which the models were asked.

    `numbers` are those of the texts, where not each was asked about, as of a file with empty lines; else 1, 2, 3 …
    """

    texts: tuple[str, ...]
    columns: tuple[Column, ...]
    numbers: tuple[int, ...] = ()

    def number_of(self, place: int) -> int:
        """The number under which somebody finds the text again that stands at a place, counted from 0."""
        return self.numbers[place] if self.numbers else place + 1

    @cached_property
    def panel(self) -> Panel:
        """The labels alone, of the models that said something."""
        speaking = [column for column in self.columns if column.labels]
        return Panel(
            {column.model_id: column.labels for column in speaking},
            {column.model_id: [column.label_of(number) for number in range(len(self.texts))] for column in speaking},
        )

    @cached_property
    def agreements(self) -> tuple[Agreement, ...]:
        """Every two models."""
        return self.panel.agreements

    @cached_property
    def differences(self) -> list[int]:
        """For each text, how many pairs of comparable models say different things of it."""
        return self.panel.differences() if self.panel.said else [0] * len(self.texts)

    @property
    def order(self) -> list[int]:
        """The texts' numbers, from 0: those on which most pairs of models differ first, else as they were given."""
        return sorted(range(len(self.texts)), key=lambda number: -self.differences[number])

    def differ(self, number: int) -> bool:
        """Whether two comparable models say different things of a text."""
        return self.differences[number] > 0

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        same, of = self.panel.all_agree
        return {
            "models": [column.as_dict() for column in self.columns],
            "agreement": {
                "texts": of, "same": same, "share": same / of if of else None,
                "pairs": [each.as_dict() for each in self.agreements],
            },
            "texts": [self._text(number) for number in self.order],
        }  # fmt: skip

    def _text(self, number: int) -> dict[str, Any]:
        answers = {
            column.model_id: _answer(column.items[number]) for column in self.columns if number < len(column.items)
        }
        text = self.texts[number].encode("utf-8", errors="replace").decode("utf-8")
        facts = {"number": self.number_of(number), "text": text, "differ": self.differ(number)}
        return facts | {"answers": answers}


def _answer(item: "Classification | Failure") -> dict[str, Any]:
    facts = item.as_dict()
    return {name: value for name, value in facts.items() if name not in ("text", "number")}


def disk_bytes(card: "ModelCard") -> int | None:
    """Bytes of a model's files on this machine, those that links lead to included; None where it is not here.

    An adapter cannot answer without the model that it changes, whose files are counted with its own.
    """
    folder = hub.locate(card)
    if folder is None:
        return None
    own = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return own + (disk_bytes(base_card(folder)) or 0 if is_adapter(folder) else 0)


# In words


def agreement_text(found: Comparison) -> str:
    """How often all agree that can be compared."""
    same, of = found.panel.all_agree
    pairs = [each for each in found.agreements if each.matching is not None]
    if not pairs or not of:
        return "No two of these models can be compared yet."
    models = {model for each in pairs for model in (each.first, each.second)}
    who = "Both models" if len(models) == 2 else f"All {len(models)} comparable models"
    return f"{who} say the same of {same} of {count_text(of, 'text')} ({percent_text(same / of)})."


def matching_lines(found: Comparison) -> Iterator[str]:
    """Which labels were taken for the same where their names differ, and which models were not compared, and why."""
    by_opinion = [each for each in found.agreements if each.matching is not None and each.matching.by == BY_OPINION]
    models = dict.fromkeys(model for each in by_opinion for model in (each.first, each.second))
    for model in models:
        yield f"{model}: {opinions_text(found.panel.vocabularies[model])}"
    for each in found.agreements:
        if each.matching is None:
            labels = " / ".join(_some(found.panel.vocabularies[model]) for model in (each.first, each.second))
            yield (
                f"{each.first} and {each.second} are not compared: nobody knows which of their labels mean the same "
                f"({labels})."
            )


def doubts(found: Comparison) -> Iterator[str]:
    """What of the texts did not count for a model: the ends of long ones, and letters that it does not have."""
    for column in found.columns:
        read = [(found.number_of(place), item) for place, item in enumerate(column.items)]
        cut = [number for number, item in read if not isinstance(item, Failure) and item.truncated]
        if cut:
            yield _cut_text(cut, column.model_id)
        for number, item in read:
            doubt = None if isinstance(item, Failure) else about_text(item, column.model_id, f"text {number}")
            if doubt is not None:
                yield doubt


def _cut_text(numbers: Sequence[int], model_id: str, most: int = 5) -> str:
    if len(numbers) == 1:
        return f"Text {numbers[0]} is longer than {model_id} reads; its end did not count."
    named = [*map(str, numbers[:most]), *(["…"] if len(numbers) > most else [])]
    return f"{len(numbers):,} texts ({', '.join(named)}) are longer than {model_id} reads; their ends did not count."


def opinions_text(labels: Sequence[str]) -> str:
    """What each label counts as: 1 star, 2 stars = negative; 3 stars = neither; 4 stars, 5 stars = positive."""
    by_opinion: dict[str, list[str]] = {}
    for label, opinion in opinions_of(labels).items():
        by_opinion.setdefault(opinion, []).append(label)
    return "; ".join(f"{', '.join(several)} = {opinion}" for opinion, several in by_opinion.items())


def _some(labels: Sequence[str], most: int = 4) -> str:
    return ", ".join(labels[:most]) + (", …" if len(labels) > most else "")

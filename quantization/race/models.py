"""Which models of this machine can race, in which precisions, and how large they are. Imports no torch."""

from collections.abc import Sequence
from pathlib import Path

from models.catalog import CATALOG, ModelCard
from models.errors import InvalidInput
from models.precision import Precision, applies
from models.weights import hub
from models.weights.cards import find_card
from quantization.race.work import can_race
from quantization.recipes import PRECISIONS, offered

Pair = tuple[ModelCard, Precision]


def models_here() -> list[ModelCard]:
    """The models on this machine: those that come with the suite, then downloads and trained ones, by name."""
    embedded = [card for card in CATALOG if card.embedded and card.task.loaded_as == card.task]
    others = [find_card(model.model_id, model.task) for model in hub.list_local()]
    return [card for card in (*embedded, *others) if hub.locate(card) is not None]


def racing_models() -> list[ModelCard]:
    """Those of them that can be raced."""
    return [card for card in models_here() if can_race(card)]


def precisions_for(cards: Sequence[ModelCard]) -> list[Precision]:
    """Those that can run on this CPU for at least one of the models, in the order of the list."""
    able = {each.name for task in {card.task for card in cards} for each in offered("cpu", task)}
    return [each for each in PRECISIONS if each.name in able]


def pairs(cards: Sequence[ModelCard], precisions: Sequence[Precision]) -> list[Pair]:
    """What is raced: each model in those of the precisions that it has. Raises InvalidInput where that is nothing."""
    found = [(card, each) for card in cards for each in precisions if applies(each, "cpu", card.task)]
    if not found:
        raise InvalidInput("Nothing to measure. Choose at least one model, and a precision that it has.")
    return found


def bytes_of(card: ModelCard) -> int:
    """What the model will take in fp32, at most."""
    path: Path = hub.require(card)
    files = [path] if path.is_file() else [each for each in path.iterdir() if each.is_file()]
    return max(sum(file.stat().st_size for file in files), 4 * (card.parameters or 0))


def largest(cards: Sequence[ModelCard]) -> ModelCard:
    """The one that takes most memory; room for two of it is room for any pair of sides."""
    return max(cards, key=bytes_of)

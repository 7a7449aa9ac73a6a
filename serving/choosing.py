"""Which model answers whoever names one, or none: the same for the terminal and the API."""

from collections.abc import Callable

from models.catalog import ModelCard, Task, models_for, models_that
from models.weights import hub
from models.weights.cards import find_card

Fits = Callable[[ModelCard], bool]


def any_model(card: ModelCard) -> bool:
    """Every model will do."""
    return True


def choose(model_id: str | None, task: Task, verb: str | None = None, fits: Fits = any_model) -> ModelCard:
    """The model named, else the catalog's first that is on this machine, else its default. Raises UnknownModel.

    With a `verb` (“translate”, “summarize”) the models are those that can do it, whichever task they are made for. Of
    them those are taken that fit, unless none does.
    """
    able = models_that(verb) if verb else models_for(task)
    offered = list(filter(fits, able)) or able
    if model_id is not None:
        return find_card(model_id, task, *(card.task for card in able))
    return next((card for card in offered if hub.locate(card) is not None), offered[0])


def writes(target: str | None) -> Fits:
    """Whether a model of the catalog writes this language; where none is named, whether it reads English."""
    if target is None:
        return lambda card: card.languages[0] == "English"
    return lambda card: target.strip().capitalize() in card.languages[1:]

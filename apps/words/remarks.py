"""What to say beside a result: how good an embedded model is, what it cannot know, and which one knows more."""

import re

from apps.words.language_guess import guess_language
from models.catalog import ModelCard, Task, card_of, models_for, models_that
from models.weights import hub
from models.weights.card_file import figures_on, headline
from models.wording import size_text

FEW_WORDS = 20  # the longest sentences that the embedded translator has seen many of


def remark(model_id: str | None) -> str | None:
    """One or two sentences about an embedded model; None for any other, and for none at all."""
    card = card_of(model_id)
    if card is None or card.embedded is None:
        return None
    folder = hub.embedded_folder(card)
    measured = f": {headline(folder)} on {figures_on(folder)}" if headline(folder) else ""
    full = full_model(card)
    if full is None:
        return f"{card.model_id} comes with the suite{measured}."
    about = f"{card.model_id} is small and comes with the suite{measured}."
    size = f"download {size_text(full.download_bytes)}" if full.download_bytes else "to be downloaded"
    return f"{about} {full.model_id} knows more ({size})."


def full_model(card: ModelCard) -> ModelCard | None:
    """The model of its language that an embedded one stands in for; None where one of those is the task's default."""
    known = models_that(card.verbs[0]) if card.verbs else models_for(card.task)
    full = [other for other in known if other.embedded is None and set(card.languages[:1]) <= set(other.languages)]
    return full[0] if full and known[0].embedded is None else None


def misfit(card: ModelCard, *texts: str, verb: str | None = None) -> str | None:
    """Why these texts are outside what a model knows, and which one to take; None when nothing speaks against it.

    `verb` is what they are wanted for, of a model that can do several things: “translate”, “summarize”.
    """
    strange = other_language(card, *texts, verb=verb)
    if strange is not None:
        return strange
    if card.embedded and "translate" in card.verbs and any(_longest_sentence(text) > FEW_WORDS for text in texts):
        full = full_model(card)
        more = f" {full.model_id} knows more." if full is not None else ""
        return (
            f"{card.model_id} learned from everyday sentences of at most {FEW_WORDS} words, and this has longer ones: "
            f"expect mistakes.{more}"
        )
    return None


def other_language(card: ModelCard, *texts: str, verb: str | None = None) -> str | None:
    """In which language a text seems to be that the model does not read, and which model does; None where none is."""
    known = read_by(card)
    strange = next((language for language in map(guess_language, texts) if language and language not in known), None)
    if not known or strange is None:
        return None
    return (
        f"This looks {strange}, and {card.model_id} reads only {_and(known)}. {_who_reads(card, strange, known, verb)}"
    )


def read_by(card: ModelCard) -> tuple[str, ...]:
    """The languages that a model reads; empty where they are not known. What a translator writes is not among them."""
    return card.languages[:1] if card.task == Task.TEXT_TO_TEXT else card.languages


def _who_reads(card: ModelCard, language: str, known: tuple[str, ...], verb: str | None) -> str:
    wanted = verb or (card.verbs[0] if len(card.verbs) == 1 else None)
    others = models_that(wanted) if wanted else [] if card.verbs else models_for(card.task)
    readers = [other for other in others if language in read_by(other)]
    if not readers:
        return f"Give it a text in {_and(known)}."
    here = next((other for other in readers if hub.locate(other) is not None), readers[0])
    return f"{here.model_id} reads {language}."


def _and(languages: tuple[str, ...]) -> str:
    return " and ".join(part for part in (", ".join(languages[:-1]), languages[-1]) if part)


def _longest_sentence(text: str) -> int:
    return max((len(sentence.split()) for sentence in re.split(r"[.!?\n]+", text)), default=0)

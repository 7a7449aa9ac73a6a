"""Which models there are: a table, looked up by id, task and verb."""

import re
from pathlib import Path

import pytest

from models import catalog
from models.catalog import CATALOG, ModelCard, Task, card_of, is_repository_id, models_for, models_that
from models.weights.cards import find_card


@pytest.mark.parametrize("task", list(Task))
def test_a_task_has_its_models_in_the_order_of_the_catalog_stand_ins_last(task: Task) -> None:
    cards = models_for(task)
    assert cards == [card for card in CATALOG if card in cards]
    assert {card.task for card in cards} <= {task}
    # What is chosen first, where it is here, is a full model; it may come with the suite, as the detector does.
    embedded = [card.embedded is not None for card in cards[1:]]
    assert embedded == sorted(embedded)
    embedded_first = (Task.OBJECT_DETECTION, Task.SENTENCE_SIMILARITY, Task.SUMMARIZATION, Task.LABEL_SIMILARITY)
    assert cards[0].embedded is None or task in embedded_first


def test_every_model_stands_under_its_task() -> None:
    assert sum(len(models_for(task)) for task in Task) == len(CATALOG)


def test_a_card_is_found_by_its_id_alone() -> None:
    assert [card_of(card.model_id) for card in CATALOG] == list(CATALOG)
    assert card_of("school/our-gpt2") is None
    assert card_of(None) is None


def test_a_model_is_found_by_an_id_that_it_had_before() -> None:
    assert card_of("aula/t5-mini-en-fr") is card_of("aula/t5-mini")
    assert find_card("aula/t5-mini-en-fr", Task.TEXT_TO_TEXT).model_id == "aula/t5-mini"
    former = [name for card in CATALOG for name in card.former]
    assert len({*former, *(card.model_id for card in CATALOG)}) == len(former) + len(CATALOG)


def test_the_catalog_looks_at_no_disk() -> None:
    imported = set(
        re.findall(r"^(?:from|import) (models[\w.]*)", Path(catalog.__file__).read_text(encoding="utf-8"), re.M)
    )
    assert imported == {"models.tasks"}


def test_ids_are_unique() -> None:
    assert len({card.model_id for card in CATALOG}) == len(CATALOG)


@pytest.mark.parametrize("card", CATALOG, ids=lambda card: card.model_id)
def test_each_card_has_one_source_and_one_sentence(card: ModelCard) -> None:
    assert sum(source is not None for source in (card.repository, card.file, card.embedded, card.path)) == 1
    assert card.summary.endswith(".")
    # Whose page on the hub names no licence.
    assert bool(card.licence) == (card.model_id != "google/pegasus-xsum")
    assert (card.file is None) or (card.file == f"{card.model_id}.pt")
    assert (card.task == Task.QUESTION_ANSWERING) == (card.answers_no_answer is not None)


@pytest.mark.parametrize("card", [card for card in CATALOG if card.download_bytes], ids=lambda card: card.model_id)
def test_sizes_fit_the_parameters(card: ModelCard) -> None:
    # Published as fp32: four bytes for each parameter, and at most a tenth more for tokenizers and GPT-2's masks. Of
    # pipelines the files in half precision are fetched.
    each = 2 if card.task.row.is_diffuser else 4
    assert 0.98 < card.download_bytes / (each * card.parameters) < 1.12


def test_only_models_trained_with_unanswerable_questions_can_say_no() -> None:
    cards = {card.model_id: card.answers_no_answer for card in models_for(Task.QUESTION_ANSWERING)}
    assert cards.pop("distilbert/distilbert-base-cased-distilled-squad") is False
    assert set(cards.values()) == {True}


@pytest.mark.parametrize("verb", ["translate", "summarize"])
def test_models_that_can_do_something(verb: str) -> None:
    cards = models_that(verb)
    assert cards[0].model_id == "google-t5/t5-base"
    assert [card.model_id for card in cards if card.embedded] == [
        {"translate": "aula/t5-mini", "summarize": "aula/extractive"}[verb]
    ]


@pytest.mark.parametrize("model_id", ["gpt2/x", "a-b/c.d_e", "A1/" + "n" * 96])
def test_what_the_hub_may_have(model_id: str) -> None:
    assert is_repository_id(model_id)


@pytest.mark.parametrize(
    "model_id",
    ["aula/nothing", "x" * 300, "a/" + "n" * 97, "a--b/c", "a/b..c", "a/b.git", "a/b/c", "é/è", "a\x00/b", "a/ b", ""],
)
def test_what_the_hub_cannot_have_is_never_asked_of_it(model_id: str) -> None:
    assert not is_repository_id(model_id)

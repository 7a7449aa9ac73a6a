"""When a translation is written a second time, as what, and which of both is taken."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from models.text.pieces import Written
from models.text.second_attempts import NO_REPEAT, mended
from models.text.task_settings import TextToTextSettings

SOURCE = "It has 100 rooms and 25 doors."
TASK = {"num_beams": 4, "no_repeat_ngram_size": 6}
BOTH, ONE = Written("100 et 25."), Written("10 et 25.")
CIRCLES, ENDLESS = Written("25 et 100 et 100", repeated=True), Written("100 et 25 et et", finished=False)
COPIED, STRICT = TASK | {"copied_numbers": True}, TASK | {"no_repeat_ngram_size": NO_REPEAT}


@dataclass
class Writes:
    """Writes these, one after the other, and remembers by which task of what."""

    answers: list[Written]
    tasks: list[dict[str, Any]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    def __call__(self, task: dict[str, Any], source: str) -> Written:
        self.tasks.append(task)
        self.sources.append(source)
        return self.answers.pop(0)


def test_what_came_out_well_is_written_once() -> None:
    again = Writes([])
    assert mended(BOTH, SOURCE, TASK, TextToTextSettings(), again) is BOTH
    assert again.tasks == []


@pytest.mark.parametrize(
    ("second", "taken"),
    [
        (BOTH, BOTH),
        (Written("100."), ONE),  # as many are lost
        (ENDLESS, ONE),
        (CIRCLES, ONE),
    ],
)
def test_a_translation_that_lost_numbers_is_written_with_those_of_its_source(second: Written, taken: Written) -> None:
    again = Writes([second])
    assert mended(ONE, SOURCE, TASK, TextToTextSettings(), again) is taken
    assert again.tasks == [COPIED]


@pytest.mark.parametrize("first", [CIRCLES, ENDLESS])
def test_without_an_end_it_is_written_without_repetitions_and_stays_doubtful(first: Written) -> None:
    again = Writes([BOTH])
    assert mended(first, SOURCE, TASK, TextToTextSettings(), again) == Written(BOTH.text, repeated=True)
    assert again.tasks == [STRICT]


@pytest.mark.parametrize("first", [CIRCLES, ENDLESS])
def test_what_does_not_end_the_second_time_either_stays_the_first(first: Written) -> None:
    assert mended(first, SOURCE, TASK, TextToTextSettings(), Writes([Written("et …", finished=False)])) is first


def test_circles_of_digits_are_ended_by_the_numbers_of_the_source() -> None:
    circles = Written("10101010 et 25.", repeated=True)
    assert mended(circles, SOURCE, TASK, TextToTextSettings(), Writes([BOTH])) is BOTH
    again = Writes([CIRCLES, BOTH])
    assert mended(circles, SOURCE, TASK, TextToTextSettings(), again) == Written(BOTH.text, repeated=True)
    assert again.tasks == [COPIED, STRICT]


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        (TASK, TextToTextSettings(max_new_tokens=5)),
        (TASK, TextToTextSettings(no_repeat_ngram=0)),
        (STRICT, TextToTextSettings()),
    ],
)
def test_limits_that_somebody_has_chosen_are_meant(task: dict[str, Any], settings: TextToTextSettings) -> None:
    again = Writes([])
    assert mended(ENDLESS, SOURCE, task, settings, again) is ENDLESS
    assert again.tasks == []


def test_what_is_drawn_stays_as_it_was_drawn() -> None:
    again = Writes([])
    assert mended(ONE, SOURCE, TASK, TextToTextSettings(sample=True), again) is ONE
    assert again.tasks == []


def test_a_lost_address_is_written_with_a_name_in_its_place() -> None:
    again = Writes([Written("Visitez Boston.")])
    found = mended(Written("Visitez exemple."), "Visit https://example.org.", TASK, TextToTextSettings(), again)
    assert found == Written("Visitez https://example.org.")
    assert (again.tasks, again.sources) == ([TASK], ["Visit Boston."])


def test_a_stand_in_that_is_not_copied_leaves_the_first() -> None:
    first = Written("Visitez exemple.")
    again = Writes([Written("Visitez la ville.")])
    assert mended(first, "Visit https://example.org.", TASK, TextToTextSettings(), again) is first


def test_an_address_and_a_number_are_found_together_at_last() -> None:
    source = "Write to a@b.org before 1990."
    again = Writes(
        [Written("Écris à Tom avant 190."), Written("Écris à a b avant 1990."), Written("À Tom avant 1990.")]
    )
    found = mended(Written("Écris à a b avant 190."), source, TASK, TextToTextSettings(), again)
    assert found == Written("À a@b.org avant 1990.")
    assert again.tasks == [TASK, COPIED, COPIED]
    assert again.sources == ["Write to Tom before 1990.", source, "Write to Tom before 1990."]


def test_a_date_that_is_lost_even_so_gets_a_stand_in() -> None:
    source = "We met on 12/05/2024."
    again = Writes([Written("Le 12/05/05."), Written("À Boston.")])
    assert mended(Written("Le 12/05."), source, TASK, TextToTextSettings(), again) == Written("À 12/05/2024.")
    assert again.sources == [source, "We met on Boston."]

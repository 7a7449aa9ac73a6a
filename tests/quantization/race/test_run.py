"""Racing two sides: real models for that both work, and a clock set by hand for what they are said to take."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import pytest

from models.catalog import CATALOG, ModelCard, Task
from models.errors import Cancelled, InvalidInput
from models.precision import BF16, FP32, Precision
from models.weights.cards import find_card
from quantization.experiments.speeds import Verdict
from quantization.experiments.steps import Step
from quantization.measure import turns
from quantization.measure.bystanders import Reading
from quantization.race.models import pairs, racing_models
from quantization.race.ours import our_side
from quantization.race.plain import plain_side
from quantization.race.rounds import Race
from quantization.race.row import SpeedRow, cautions, rate_text, ratio_text, verdict
from quantization.race.run import Sides, race_models
from quantization.race.side import Side
from quantization.race.work import work_for
from quantization.recipes import INT8
from tests.conftest import TinyModels

QA = find_card("aula/qa-minilm", Task.QUESTION_ANSWERING)
T5 = find_card("aula/t5-mini", Task.TEXT_TO_TEXT)


@dataclass
class Clock:
    """Shows what was worked, in seconds."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def working(self, seconds: float, done: float = 3) -> Callable[[], float]:
        """A side that takes so long for so much."""

        def work() -> float:
            self.now += seconds
            return done

        return work


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else uses the processor."""
    ticks = iter(range(10**9))

    def read() -> Reading:
        now = float(next(ticks))
        return Reading(clock=now, used=now, idle=now, own=now)

    monkeypatch.setattr(turns, "read", read)


def sides(clock: Clock, plain: float, ours: float) -> Sides:
    return Sides(
        lambda card, work: Side(None, clock.working(plain)),
        lambda card, work, precision: Side(None, clock.working(ours)),
        clock,
    )


def rows(items: Iterator[Step | SpeedRow]) -> list[SpeedRow]:
    return [item for item in items if isinstance(item, SpeedRow)]


def test_a_side_that_takes_a_third_of_the_time_is_three_times_as_fast() -> None:
    [row] = rows(race_models([QA], [FP32], minutes=1, sides=sides(Clock(), 0.6, 0.2)))

    assert (row.model_id, row.precision, row.unit, row.rounds) == ("aula/qa-minilm", "fp32", "question", 9)
    assert row.plain_per_second == pytest.approx(5)  # three questions in 0.6 s
    assert row.here_per_second == pytest.approx(15)
    assert (row.ratio, row.ratio_low, row.ratio_high) == pytest.approx((3, 3, 3))
    assert verdict(row) == Verdict.FASTER


def test_tokens_become_words_alike_on_both_sides() -> None:
    clock = Clock()
    half = Sides(
        lambda card, work: Side(None, clock.working(1.0, 32), 0.5),
        lambda card, work, precision: Side(None, clock.working(0.5, 32)),  # its own factor is not known
        clock,
    )
    [row] = rows(race_models([QA], [FP32], sides=half))

    assert (row.plain_per_second, row.here_per_second) == pytest.approx((16, 32))


def test_each_model_is_raced_in_the_precisions_that_it_has() -> None:
    detector = find_card("aula/yolov5s", Task.OBJECT_DETECTION)
    found = pairs([QA, detector], [FP32, INT8])

    assert [(card.model_id, each.name) for card, each in found] == [
        ("aula/qa-minilm", "fp32"), ("aula/qa-minilm", "int8"), ("aula/yolov5s", "fp32"),
    ]  # fmt: skip
    with pytest.raises(InvalidInput, match="Nothing to measure"):
        pairs([detector], [INT8])


def test_a_row_ends_in_time_and_says_of_how_few_rounds_its_median_is() -> None:
    clock = Clock()
    [row] = rows(race_models([QA], [FP32], minutes=1, sides=sides(clock, 8.0, 4.0)))

    # 54 s of the minute without the reserve, 12 s a round and as much for warming up: three rounds, no interval.
    assert (row.rounds, row.ratio, row.ratio_low, row.ratio_high) == (3, 2.0, None, None)
    assert clock.now <= 60
    assert verdict(row) == Verdict.FEW_ROUNDS
    assert ratio_text(row) == "2.00 × (3 rounds)"
    [sentence] = cautions([row])
    assert "qa-minilm · fp32 after 3 rounds" in sentence
    assert "Choose fewer models, or give it more minutes." in sentence


def test_a_slow_row_leaves_half_of_the_time_to_the_others() -> None:
    clock = Clock()
    slow = {"aula/qa-minilm": (8.0, 4.0), "aula/t5-mini": (0.2, 0.1)}
    both = Sides(
        lambda card, work: Side(None, clock.working(slow[card.model_id][0])),
        lambda card, work, precision: Side(None, clock.working(slow[card.model_id][1])),
        clock,
    )
    first, second = rows(race_models([QA, T5], [FP32], minutes=1, sides=both))

    assert (first.rounds, second.rounds) == (1, 9)  # 12 s for warming up, 12 s a round, of 27
    assert clock.now <= 60


def test_what_no_time_is_left_for_is_named_and_the_rest_measured() -> None:
    clock = Clock()
    found = rows(race_models([QA, T5], [FP32, BF16], minutes=1, sides=sides(clock, 10.0, 10.0)))

    assert [row.rounds > 0 for row in found] == [True, False, False, False]
    assert all("the 1 minutes were over" in (row.error or "") for row in found[1:])
    assert clock.now <= 120  # what warms up cannot be stopped; it is not begun when nothing is left


@pytest.mark.parametrize("later", [False, True])
def test_sides_that_get_different_amounts_done_are_not_compared(later: bool) -> None:
    amounts = iter([3] if later else [])
    uneven = Sides(
        lambda card, work: Side(None, lambda: 3),
        lambda card, work, precision: Side(None, lambda: next(amounts, 4)),
    )
    [row] = rows(race_models([QA], [FP32], sides=uneven))

    assert row.ratio is None
    assert "plain fp32 gets 3 done, the other 4" in (row.error or "")


def test_sides_take_turns_and_the_first_calls_are_not_counted() -> None:
    ticks, calls = iter(range(100)), []

    def side(name: str) -> Side:
        return Side(None, lambda: calls.append(name) or 7)

    race = Race(side("A"), side("B"), clock=lambda: float(next(ticks)))
    found = list(islice(race.rounds(), 3))

    assert "".join(calls) == "AB" + "ABABAB"
    assert [(each.baseline, each.measured) for each in found] == [(1.0, 1.0)] * 3
    assert race.amount == 7


def test_one_side_that_fails_costs_only_its_row() -> None:
    clock = Clock()

    def ours(card: ModelCard, work: object, precision: Precision) -> Side:
        if precision is INT8:
            raise RuntimeError("no kernel\nand more")
        return Side(None, clock.working(1.0))

    broken = Sides(lambda card, work: Side(None, clock.working(1.0)), ours, clock)
    fp32, int8 = rows(race_models([QA], [FP32, INT8], sides=broken))

    assert fp32.error is None
    assert int8.error == "int8 could not be measured: no kernel. The other precisions are not affected."


def test_stop_keeps_the_rows_that_are_done() -> None:
    cancelled, seen = threading.Event(), []
    items = race_models([QA], [FP32, INT8], cancelled=cancelled, sides=sides(Clock(), 0.1, 0.1))

    def watch() -> None:
        for item in items:
            seen.append(item)
            if isinstance(item, SpeedRow):
                cancelled.set()

    with pytest.raises(Cancelled):
        watch()

    assert [item.precision for item in seen if isinstance(item, SpeedRow)] == ["fp32"]


def test_steps_never_go_back() -> None:
    items = list(race_models([QA, T5], [FP32, INT8], sides=sides(Clock(), 0.1, 0.1)))
    fractions = [item.fraction for item in items if isinstance(item, Step)]

    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)


@pytest.mark.parametrize("minutes", [0, -1, 61, float("nan")])
def test_minutes_out_of_range_are_refused(minutes: float) -> None:
    with pytest.raises(InvalidInput, match="The minutes must be"):
        next(race_models([QA], [FP32], minutes=minutes))


def test_the_embedded_models_and_only_they_race_on_an_empty_machine() -> None:
    embedded = {card.model_id for card in CATALOG if card.embedded and card.task.loaded_as == card.task}

    assert {card.model_id for card in racing_models()} == embedded


@pytest.mark.parametrize(
    ("task", "tiny"),
    [
        (Task.QUESTION_ANSWERING, "roberta_qa"), (Task.TEXT_GENERATION, "gpt2"),
    ],
)  # fmt: skip
def test_both_sides_of_a_tiny_model_do_the_same_amount(task: Task, tiny: str, tiny_models: TinyModels) -> None:
    card = find_card(str(getattr(tiny_models, tiny)()), task)
    work = work_for(card)

    assert plain_side(card, work).work() == our_side(card, work, FP32).work()


@pytest.mark.parametrize("model_id", ["aula/sentiment-minilm", "aula/minilm", "aula/efficientnet-lite0"])
def test_both_sides_of_an_embedded_model_do_the_same_amount(model_id: str) -> None:
    [card] = [card for card in CATALOG if card.model_id == model_id]
    work = work_for(card)

    assert plain_side(card, work).work() == our_side(card, work, FP32).work() == len(work.texts or work.pictures)


@pytest.mark.parametrize(
    ("per_second", "unit", "text"),
    [
        (12.345, "question", "12.3 questions a second"),
        (1.0, "picture", "1 picture a second"),
        (0.4211, "sentence", "0.421 sentences a second"),
        (1234.5, "word", "1,234 words a second"),
        (99.6, "word", "100 words a second"),
    ],
)
def test_rates_are_said_as_people_say_them(per_second: float, unit: str, text: str) -> None:
    assert rate_text(per_second, unit) == text

"""Questions that a page's results answer: right options, the right one, and what is to be done first."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from apps.course.computed import COMPUTED, SENTENCES, Counted, Look, best_of, look_at
from apps.pages import PAGES
from apps.ui.run import Outcome
from models.pictures.detections import Candidates
from models.steps.looks import WrongLook
from models.text.answers import Answer, Reading
from models.text_classification import Classification
from quantization.experiments.row import Row
from quantization.experiments.sensitivity import Cell
from quantization.race.row import SpeedRow


def after(name: str, *items: object) -> dict[str, Outcome]:
    """A session in which a computation of this name gave these items."""
    return {f"{name}-outcome": Outcome(None, list(items))}


def row(precision: str, size: int, perplexity: float, **speed: float) -> Row:
    return Row(precision, file_bytes=size, perplexity=perplexity, tokens_per_second=9.0, **speed)


def right(look: Look) -> str:
    assert look.missing is None, look.missing
    return look.options[look.right]


ROWS = after(
    "quantization",
    row("fp32", 400, 20.0),
    row("int8", 110, 21.0, ratio=1.5, ratio_low=1.4, ratio_high=1.6, busy=0.0),
    row("nf4", 90, 25.0, ratio=0.5, ratio_low=0.4, ratio_high=0.6, busy=0.0),
    Row("int4", file_bytes=1, error="It failed."),
)


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("name", COMPUTED)
def test_an_empty_session_is_told_what_to_do_first(name: str, language: str) -> None:
    look = look_at(name, {}, language)

    assert look.options == ()
    assert look.missing in SENTENCES[language].values()


def test_each_question_belongs_to_a_page_that_exists() -> None:
    assert {each.page for each in COMPUTED.values()} <= {page.name for page in PAGES}
    assert SENTENCES["en"].keys() == SENTENCES["es"].keys()


def test_precisions_are_compared_by_what_was_measured_to_its_end() -> None:
    look = look_at("smallest_file", ROWS, "en")

    assert look == Look(("fp32", "int8", "nf4"), 2)
    assert right(look_at("best_perplexity", ROWS, "en")) == "fp32"
    assert right(look_at("fastest_precision", ROWS, "en")) == "int8"


def test_a_speed_that_cannot_be_compared_answers_nothing() -> None:
    session = after("quantization", row("fp32", 4, 2.0), row("int8", 1, 2.0))

    assert look_at("fastest_precision", session, "en").missing == SENTENCES["en"]["speeds"]


def test_the_largest_gain_is_that_of_a_line_that_can_be_trusted() -> None:
    said = SpeedRow("aula/a", "", "fp32", "", "text", 1.0, 1.5, 1.5, 1.4, 1.6, 9, 0.0)
    more = replace(said, precision="int8", ratio=2.0, ratio_low=1.9, ratio_high=2.1)
    busy = replace(more, model_id="aula/b", ratio=9.0, busy=0.5)
    few = replace(more, model_id="aula/c", ratio=9.0, ratio_low=None, ratio_high=None)

    assert look_at("largest_gain", after("speed-here", said, more, busy, few), "en") == Look(
        ("a · fp32", "a · int8"), 1
    )
    assert look_at("largest_gain", after("speed-here", said, busy), "es").missing == SENTENCES["es"]["rows"]


def test_two_equally_good_answers_are_no_question() -> None:
    assert (
        look_at("best_perplexity", after("quantization", row("a", 1, 2.0), row("b", 2, 2.0)), "es").missing
        == (SENTENCES["es"]["equal"])
    )


def test_of_many_layers_four_are_asked_about() -> None:
    cells = [Cell(number, "mlp.c_fc", 20.0, change) for number, change in enumerate([0.1, 0.5, 0.2, 0.4, 0.3, 0.0])]
    look = look_at("most_sensitive_layer", after("sensitivity", *cells), "en")

    assert len(look.options) == 4
    assert right(look) == "block 1, mlp.c_fc"


def test_tokenizers_are_compared_by_their_counts() -> None:
    counts = [Counted("gpt-2", 30), Counted("o200k", 19)]

    assert right(look_at("fewest_tokens", after("tokenizers", *counts), "en")) == "o200k"


@pytest.mark.parametrize(
    ("counts", "answer"),
    [
        ({"a": (10, 20), "b": (10, 11)}, "Spanish"),
        ({"a": (10, 9)}, "English"),
        ({"a": (10, 9), "b": (10, 11)}, "It depends on the tokenizer"),
    ],
)
def test_the_language_with_more_tokens(counts: Mapping[str, tuple[int, int]], answer: str) -> None:
    items = [
        Counted(name, tokens, language)
        for name, pair in counts.items()
        for language, tokens in zip(("English", "Spanish"), pair, strict=True)
    ]

    assert right(look_at("tokens_english_spanish", after("tokenizers-languages", *items), "en")) == answer


@pytest.mark.parametrize(("score", "answer"), [(0.9, "The best answer"), (0.1, "“No answer”")])
def test_the_answer_or_no_answer(score: float, answer: str) -> None:
    answers = [Answer("Anna", score, 0, 4, score), Answer("", 0.5, 0, 0, 0.5)]
    reading = Reading("Who?", "Anna sings.", answers, 0.5, [], 1)

    assert right(look_at("answer_score", after("qa", reading), "en")) == answer
    unable = Reading("Who?", "Anna sings.", answers[:1], None, [], 1)
    assert look_at("answer_score", after("qa", unable), "en").missing == SENTENCES["en"]["question"]


@pytest.mark.parametrize(("confidence", "count"), [(0.25, "3"), (0.5, "2"), (0.95, "0")])
def test_objects_are_counted_with_the_sliders_of_the_page(confidence: float, count: str) -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30], [40, 40, 50, 50], [60, 60, 70, 70]])
    candidates = Candidates(
        (100, 100), boxes, torch.tensor([0.9, 0.6, 0.3, 0.1]), torch.tensor([0, 0, 1, 1]), {0: "cat", 1: "dog"}, 0.1
    )
    session = after("detection", SimpleNamespace(candidates=candidates)) | {"detection-confidence": confidence}

    assert right(look_at("number_of_objects", session, "en")) == count


def test_the_largest_part_of_a_model() -> None:
    forecast = SimpleNamespace(parameters={"embedding": 5, "blocks": 9, "head": 1})

    assert right(look_at("largest_part", after("memory", forecast), "en")) == "blocks"


def test_the_text_that_the_model_was_least_sure_of() -> None:
    results = [Classification("Good.", {"+": 0.9, "-": 0.1}), Classification("So so. " * 30, {"+": 0.4, "-": 0.6})]
    look = look_at("least_sure", after("classification", *results), "en")

    assert right(look).startswith("So so. So so.")
    assert len(right(look)) == 80


@pytest.mark.parametrize(
    ("own", "other", "said"), [("positive", "negative", "another"), ("Paris", " paris", "same"), (" a", None, "failed")]
)
def test_what_another_tokenizer_led_to(own: str, other: str | None, said: str) -> None:
    steps = [
        SimpleNamespace(titles=()),
        SimpleNamespace(look=None),
        SimpleNamespace(look=WrongLook((), "", own, other)),
    ]

    assert right(look_at("other_tokenizer", after("steps", *steps), "en")) == SENTENCES["en"][said]
    assert look_at("other_tokenizer", after("steps", *steps[:2]), "es").missing == SENTENCES["es"]["steps"]


def test_the_best_of_figures_keeps_their_order() -> None:
    assert best_of({"b": 2.0, "a": 1.0, "c": 3.0}, "en", "layers") == Look(("b", "a", "c"), 1)

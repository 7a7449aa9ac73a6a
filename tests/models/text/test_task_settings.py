"""What a checkpoint says, what the user says, and what `generate` is told."""

from types import SimpleNamespace

import pytest
import torch
from transformers import BartConfig, GenerationConfig, T5Config

from models.errors import InvalidInput
from models.text.stated_tasks import scaled
from models.text.task_settings import (
    Draw,
    TextToTextSettings,
    generate_arguments,
    lasting_habits,
    limited_to_source,
    output_positions,
    window,
)
from tests.tiny.text_to_text import TASKS

SUMMARY = TASKS["summarization"]


@pytest.mark.parametrize(
    "options",
    [
        {"beams": 0}, {"beams": 17}, {"max_new_tokens": 0}, {"length_penalty": 11.0}, {"no_repeat_ngram": -1},
        {"temperature": 0.0}, {"top_p": 2.0}, {"seed": -1},
    ],
)  # fmt: skip
def test_settings_out_of_range_are_named(options: dict) -> None:
    with pytest.raises(InvalidInput, match=next(iter(options))):
        TextToTextSettings(**options)


def test_beams_and_sampling_exclude_each_other() -> None:
    with pytest.raises(InvalidInput, match="exclude each other"):
        TextToTextSettings(beams=2, sample=True)


def test_limits_as_shares_and_beside_a_short_source() -> None:
    short = scaled(SUMMARY, 1 / 3, 0.4)
    assert (short["min_length"], short["max_length"], short["num_beams"]) == (10, 80, SUMMARY["num_beams"])
    limited = limited_to_source(SUMMARY, 20)
    assert (limited["min_length"], limited["max_length"]) == (10, 20)
    assert limited_to_source(SUMMARY, 4)["max_length"] == 10  # room for a sentence, whatever the source
    assert limited_to_source(SUMMARY, 900) == SUMMARY
    assert SUMMARY["min_length"] == 30, "the checkpoint's own settings were changed"


def test_without_a_word_of_the_user_the_checkpoint_decides() -> None:
    arguments = generate_arguments(SUMMARY, TextToTextSettings())
    expected = {"num_beams": 4, "max_length": 200, "min_length": 30, "no_repeat_ngram_size": 3, "length_penalty": 2.0}
    assert {name: arguments[name] for name in expected} == expected
    assert not arguments["do_sample"]
    assert len(arguments["logits_processor"]) == 0


def test_the_user_has_the_last_word() -> None:
    settings = TextToTextSettings(beams=2, max_new_tokens=12, length_penalty=-1.0, no_repeat_ngram=0)
    arguments = generate_arguments(SUMMARY, settings)
    # Lengths count the start token; and what must be written is not more than what may be.
    expected = {"num_beams": 2, "max_length": 13, "min_length": 13, "no_repeat_ngram_size": 0, "length_penalty": -1.0}
    assert {name: arguments[name] for name in expected} == expected


def test_one_beam_has_the_usual_settings_of_several_of_which_nobody_warns() -> None:
    for settings in (TextToTextSettings(beams=1, length_penalty=2.0), TextToTextSettings(sample=True)):
        arguments = generate_arguments(SUMMARY, settings)
        assert arguments["num_beams"] == 1
        assert (arguments["length_penalty"], arguments["early_stopping"]) == (1.0, False)


def test_drawing_leaves_one_token() -> None:
    [draw] = generate_arguments(SUMMARY, TextToTextSettings(sample=True, seed=3))["logits_processor"]
    assert isinstance(draw, Draw)
    scores = draw(torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 20))
    assert scores.isfinite().sum() == 1
    again = Draw(TextToTextSettings(sample=True, seed=3))(torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 20))
    assert torch.equal(scores, again)


@pytest.mark.parametrize(
    ("tokenizer_limit", "config", "expected"),
    [
        (512, {}, 512),
        (10**30, {"n_positions": 100}, 100),
        (300, {"max_position_embeddings": 1024, "n_positions": None}, 300),
        (10**30, {}, 512),
    ],
)
def test_the_window_is_the_smallest_limit_that_is_stated(tokenizer_limit: int, config: dict, expected: int) -> None:
    model = SimpleNamespace(config=SimpleNamespace(**config))
    assert window(model, SimpleNamespace(model_max_length=tokenizer_limit)) == expected


def test_nothing_is_written_that_there_are_no_positions_for() -> None:
    settings = TextToTextSettings(max_new_tokens=5_000)
    assert generate_arguments(SUMMARY, settings, most=1024)["max_length"] == 1024
    assert generate_arguments(SUMMARY, TextToTextSettings(), most=100)["max_length"] == 100
    assert generate_arguments(SUMMARY, settings)["max_length"] == 5_001
    bart, t5 = (SimpleNamespace(config=config) for config in (BartConfig(), T5Config()))
    assert (output_positions(bart), output_positions(t5)) == (1024, None)


def test_of_saved_habits_those_of_drawing_do_not_stay() -> None:
    habits = GenerationConfig(
        eos_token_id=1, pad_token_id=0, decoder_start_token_id=0, bad_words_ids=[[0]], num_beams=7, min_length=9,
        do_sample=True, temperature=0.3, max_new_tokens=5,
    )  # fmt: skip
    kept = lasting_habits(habits)
    assert (kept.eos_token_id, kept.pad_token_id, kept.decoder_start_token_id) == (1, 0, 0)
    assert kept.bad_words_ids == [[0]]
    assert (kept.num_beams, kept.min_length) == (
        7,
        9,
    )  # told anew each time; but a model that is saved again keeps them
    assert not kept.do_sample
    assert kept.temperature is None
    assert kept.max_new_tokens is None

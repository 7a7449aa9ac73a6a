"""What a checkpoint says, what the user says, and what `generate` is told."""

from types import SimpleNamespace

import pytest
import torch
from transformers import GenerationConfig

from models.errors import InvalidInput
from models.text.task_settings import (
    Draw,
    Tasks,
    TextToTextSettings,
    generate_arguments,
    limited_to_source,
    longest_output,
    prefix,
    scaled,
    token_ids_only,
    translations,
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


def test_what_t5_says_of_its_tasks() -> None:
    assert prefix(SUMMARY) == "summarize: "
    assert (prefix({}), prefix({"prefix": None})) == ("", "")
    assert (longest_output(SUMMARY), longest_output({})) == (200, 512)
    assert [language for language, _ in translations(TASKS)] == ["german", "french", "romanian"]
    assert dict(translations(TASKS))["french"] == TASKS["translation_en_to_fr"]


def test_tasks_that_a_checkpoint_does_not_name_are_refused() -> None:
    tasks = Tasks("t5", SimpleNamespace(task_specific_params=TASKS))
    assert tasks.translation(" French") == TASKS["translation_en_to_fr"]
    assert tasks.summary("medium") == SUMMARY
    with pytest.raises(InvalidInput, match=r"not translate to “latin”\. Choose one of: german, french, romanian\."):
        tasks.translation("latin")
    with pytest.raises(InvalidInput, match=r"no length “tiny”\. Choose one of: short, medium, long\."):
        tasks.summary("tiny")
    without = Tasks("bart", SimpleNamespace(task_specific_params=None))
    with pytest.raises(InvalidInput, match="bart does not say which languages"):
        without.translation("french")
    with pytest.raises(InvalidInput, match="bart does not say that it summarizes"):
        without.summary("short")


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


def test_one_beam_has_no_settings_of_several() -> None:
    for settings in (TextToTextSettings(beams=1, length_penalty=2.0), TextToTextSettings(sample=True)):
        arguments = generate_arguments(SUMMARY, settings)
        assert arguments["num_beams"] == 1
        assert "length_penalty" not in arguments
        assert "early_stopping" not in arguments


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


def test_only_token_numbers_of_saved_habits_stay() -> None:
    habits = GenerationConfig(eos_token_id=1, pad_token_id=0, decoder_start_token_id=0, num_beams=7, max_length=9)
    kept = token_ids_only(habits)
    assert (kept.eos_token_id, kept.pad_token_id, kept.decoder_start_token_id) == (1, 0, 0)
    assert kept.num_beams != 7
    assert kept.max_length != 9

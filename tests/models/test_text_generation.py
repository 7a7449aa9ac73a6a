"""TextGenerator against transformers, and a model that says a given text token by token."""

import json
import logging
import math
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BertConfig,
    BertForMaskedLM,
    MambaConfig,
    MambaForCausalLM,
)

from models.catalog import Task
from models.device import Device
from models.errors import Cancelled, InvalidInput, PrecisionNotApplicable, UnsupportedCheckpoint
from models.precision import BF16
from models.text_generation import GenerationSettings, TextGenerator
from models.weights.cards import find_card
from models.weights.pretrained import Pretrained
from tests.conftest import TinyModels

PROMPT = "Me gusta mucho el fútbol"
GREEDY = GenerationSettings(max_new_tokens=40, sample=False)
SHORT = GenerationSettings(max_new_tokens=30)


@pytest.fixture(scope="module")
def generator(tiny_models: TinyModels) -> TextGenerator:
    return TextGenerator.load(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), device="cpu")


@pytest.fixture
def steps(generator: TextGenerator, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each call of the model has read."""
    read, forward = [], generator.model.forward

    def counting(input_ids: torch.Tensor, **arguments):
        read.append(input_ids.shape[1])
        return forward(input_ids=input_ids, **arguments)

    monkeypatch.setattr(generator.model, "forward", counting)
    return read


def replaying(tiny_models: TinyModels, text: str, end: int | None = None) -> TextGenerator:
    """A generator whose model says `text` token by token, with the real tokenizer, then `end` for ever."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.gpt2())
    script = iter(tokenizer(text)["input_ids"])

    class Replay(torch.nn.Module):
        config = SimpleNamespace(max_position_embeddings=256)
        generation_config = SimpleNamespace(eos_token_id=[end, 999] if end is not None else None)

        def forward(self, input_ids, attention_mask, past_key_values, use_cache):
            token = next(script, end or 0)
            return SimpleNamespace(logits=torch.eye(len(tokenizer))[None, None, token], past_key_values=())

    card = find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)
    return TextGenerator(Pretrained(card, Replay(), tokenizer, Device("cpu", ""), "fp32", 0, 0.0))


def test_where_neither_user_nor_model_says_anything_the_course_does(generator: TextGenerator) -> None:
    expected = {
        "max_new_tokens": 150, "no_repeat_ngram": 2, "top_k": 50, "top_p": 0.95, "temperature": 0.7, "sample": True,
        "seed": 0, "beams": 1,
    }  # fmt: skip
    assert generator.in_full(GenerationSettings()).as_dict() == expected


def test_greedy_text_is_that_of_transformers(generator: TextGenerator, tiny_models: TinyModels) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_models.gpt2())
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.gpt2())
    encoded = tokenizer(PROMPT, return_tensors="pt")
    output = model.generate(**encoded, max_new_tokens=40, do_sample=False, no_repeat_ngram_size=2, pad_token_id=0)
    expected = tokenizer.decode(output[0])
    assert (PROMPT + "".join(generator.generate(PROMPT, GREEDY))).removesuffix("\ufffd") == expected.removesuffix(
        "\ufffd"
    )


def of_its_own(tiny_models: TinyModels, **stated) -> TextGenerator:
    """A generator whose generation_config.json says this."""
    own = TextGenerator.load(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), device="cpu")
    own.model.generation_config.update(**stated)
    return TextGenerator(Pretrained(own.card, own.model, own.tokenizer, own.device, "fp32", 0, 0.0))


def test_a_model_says_how_it_is_to_be_drawn_from_and_the_user_has_the_last_word(tiny_models: TinyModels) -> None:
    own = of_its_own(tiny_models, do_sample=True, temperature=0.4, top_k=7, no_repeat_ngram_size=0, num_beams=3)
    full = own.in_full(GenerationSettings(top_k=9, seed=None))
    assert (full.temperature, full.top_k, full.top_p, full.no_repeat_ngram, full.beams) == (0.4, 9, 0.95, 0, 3)
    assert full.seed is not None
    given = GenerationSettings(20, no_repeat_ngram=0, top_k=7, temperature=0.4, top_p=0.95, beams=3)
    assert own.complete(PROMPT, GenerationSettings(20, top_k=7)).text == own.complete(PROMPT, given).text


@pytest.mark.parametrize(
    "stated",
    [
        {"temperature": 0.4, "do_sample": False},
        {"do_sample": True, "temperature": 0.0, "top_p": 3.0, "num_beams": 0, "no_repeat_ngram_size": -1},
    ],
)
def test_what_cannot_be_meant_is_not_taken_from_a_model(tiny_models: TinyModels, stated) -> None:
    full = of_its_own(tiny_models, **stated).in_full(GenerationSettings())
    assert (full.temperature, full.top_p, full.beams, full.no_repeat_ngram) == (0.7, 0.95, 1, 2)


@pytest.mark.parametrize("penalty", [1.3, 0.8])
def test_what_a_model_never_writes_and_seldom_repeats_is_as_in_transformers(tiny_models: TinyModels, penalty) -> None:
    never = [token for token in range(0, 300, 3) if token != 0]
    own = of_its_own(tiny_models, repetition_penalty=penalty, suppress_tokens=never)
    encoded = own.tokenizer(PROMPT, return_tensors="pt")
    expected = own.model.generate(**encoded, max_new_tokens=30, do_sample=False, pad_token_id=0)
    settings = own.in_full(GenerationSettings(30, sample=False, no_repeat_ngram=0))
    tokens = list(own._tokens(encoded["input_ids"][0].tolist(), settings, None))
    assert tokens == expected[0, encoded["input_ids"].shape[1] :].tolist()[: len(tokens)]
    assert len(tokens) > 3
    assert not set(tokens) & set(never)


BEAMS = [
    {"num_beams": 6, "do_sample": False},
    {"num_beams": 3, "do_sample": False, "repetition_penalty": 1.3, "suppress_tokens": list(range(1, 300, 3))},
    {"num_beams": 4, "do_sample": False, "eos_token_id": list(range(5, 384, 40))},
    {"num_beams": 6, "do_sample": True, "temperature": 1.0, "top_k": 50, "top_p": 0.95},
    {"num_beams": 4, "do_sample": True, "temperature": 0.6, "top_k": 9, "top_p": 0.3, "eos_token_id": [7, 9]},
    {"num_beams": 2, "do_sample": True, "temperature": 2.0, "top_k": 0, "top_p": 1.0},
]


@pytest.mark.parametrize("stated", BEAMS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_several_beams_the_text_is_that_of_transformers_drawn_or_not(
    tiny_models: TinyModels, stated: dict, seed: int
) -> None:
    own = of_its_own(tiny_models, **stated, no_repeat_ngram_size=3)
    encoded = own.tokenizer(PROMPT, return_tensors="pt")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        expected = own.model.generate(**encoded, max_new_tokens=30, pad_token_id=0)[0, encoded["input_ids"].shape[1] :]
    settings = own.in_full(GenerationSettings(30, sample=stated["do_sample"], seed=seed))
    tokens = list(own._searched(encoded["input_ids"][0].tolist(), settings, None))
    assert settings.beams == stated["num_beams"]
    assert tokens == expected.tolist()[: len(tokens)]
    assert len(tokens) == 30 or int(expected[len(tokens)]) in own._end_tokens


def test_several_beams_tell_their_text_as_it_settles_and_stop_before_any_step(
    generator: TextGenerator, steps: list[int]
) -> None:
    cancelled, settings = threading.Event(), replace(SHORT, beams=4)
    whole, computed = generator.complete(PROMPT, settings), len(steps)
    assert (whole.tokens, whole.text) == (30, "".join(generator.generate(PROMPT, settings)))
    pieces = generator.generate(PROMPT, settings, cancelled)
    steps.clear()
    first = next(pieces)
    assert whole.text.startswith(first)
    assert len(steps) <= computed
    cancelled.set()
    with pytest.raises(Cancelled):
        list(pieces)


def test_a_model_that_cannot_follow_several_texts_says_so(tiny_models: TinyModels) -> None:
    with pytest.raises(UnsupportedCheckpoint, match="Choose one beam"):
        replaying(tiny_models, " y ya.").complete("Hola", replace(GREEDY, beams=2))


def test_no_two_tokens_in_a_row_occur_twice(generator: TextGenerator) -> None:
    tokens = list(generator._tokens([5, 6, 7], generator.in_full(GenerationSettings(top_k=3)), None))
    pairs = list(zip([7, *tokens], tokens, strict=False))
    assert len(tokens) == 150
    assert len(pairs) == len(set(pairs))


def test_a_seed_decides_the_text_whatever_others_draw(generator: TextGenerator) -> None:
    before = torch.random.get_rng_state()
    first = "".join(generator.generate(PROMPT, SHORT))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(99)
    assert "".join(generator.generate(PROMPT, SHORT)) == first
    assert "".join(generator.generate(PROMPT, replace(SHORT, seed=1))) != first


def test_two_generations_at_once_do_not_disturb_each_other(generator: TextGenerator) -> None:
    seeds = [replace(SHORT, seed=seed) for seed in (3, 4)]
    alone = ["".join(generator.generate(PROMPT, settings)) for settings in seeds]
    together = ["", ""]
    for pieces in zip(
        *(generator._pieces(generator.tokenizer(PROMPT)["input_ids"], generator.in_full(s), None) for s in seeds),
        strict=True,
    ):
        together = [text + piece for text, piece in zip(together, pieces, strict=True)]
    assert together == alone


def test_a_seed_that_nobody_gave_is_chosen_and_told(generator: TextGenerator) -> None:
    settings = replace(SHORT, seed=None)
    assert settings.resolved().seed is not None
    assert SHORT.resolved() is SHORT
    generation = generator.complete(PROMPT, settings)
    assert generator.complete(PROMPT, replace(SHORT, seed=generation.seed)).text == generation.text


def test_characters_come_whole(tiny_models: TinyModels) -> None:
    text = " corazón 🙂 日本 niña, ¡olé!"
    pieces = list(
        replaying(tiny_models, text).generate(
            "Hola", replace(GREEDY, max_new_tokens=len_of(tiny_models, text), no_repeat_ngram=0)
        )
    )
    assert "".join(pieces) == text
    assert not any("\ufffd" in piece for piece in pieces)
    assert len(pieces) > 5


def len_of(tiny_models: TinyModels, text: str) -> int:
    return len(AutoTokenizer.from_pretrained(tiny_models.gpt2())(text)["input_ids"])


def test_half_a_character_at_the_end_is_left_out(tiny_models: TinyModels) -> None:
    text = " sí 🙂"
    settings = replace(GREEDY, max_new_tokens=len_of(tiny_models, text) - 1, no_repeat_ngram=0)
    assert "".join(replaying(tiny_models, text).generate("Hola", settings)) == " sí "


def test_bytes_that_are_no_character_do_not_hold_the_rest_back(generator: TextGenerator) -> None:
    tokens = list(generator._tokens(generator.tokenizer(PROMPT)["input_ids"], generator.in_full(SHORT), None))
    whole = generator._decode(generator.tokenizer(PROMPT)["input_ids"] + tokens)
    assert PROMPT + "".join(generator.generate(PROMPT, SHORT)) == whole.removesuffix("\ufffd")


def test_the_text_ends_at_the_end_token_which_is_not_shown(tiny_models: TinyModels) -> None:
    generation = replaying(tiny_models, " y ya.", end=7).complete("Hola", replace(GREEDY, no_repeat_ngram=0))
    assert generation.text == " y ya."
    assert generation.tokens == len_of(tiny_models, " y ya.")


def test_each_token_is_read_once_and_computed_only_when_asked_for(generator: TextGenerator, steps: list[int]) -> None:
    prompt_length = len(generator.tokenizer(PROMPT)["input_ids"])
    pieces = generator.generate(PROMPT)
    assert steps == []
    next(pieces)
    next(pieces)
    assert steps[0] == prompt_length
    assert set(steps[1:]) == {1}
    computed = len(steps)
    pieces.close()
    assert list(pieces) == []
    assert len(steps) == computed


def test_stop_is_read_before_each_token(generator: TextGenerator, steps: list[int]) -> None:
    cancelled = threading.Event()
    pieces = generator.generate(PROMPT, cancelled=cancelled)
    next(pieces)
    computed = len(steps)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(pieces)
    assert len(steps) == computed


def test_complete_measures_and_hands_out_pieces(generator: TextGenerator) -> None:
    pieces: list[str] = []
    generation = generator.complete(PROMPT, SHORT, on_piece=pieces.append)
    assert generation.text == "".join(pieces) == "".join(generator.generate(PROMPT, SHORT))
    assert (generation.prompt, generation.tokens, generation.seed) == (PROMPT, 30, 0)
    assert math.isclose(generation.tokens_per_second, 30 / generation.seconds)
    assert json.loads(json.dumps(generation.as_dict()))["tokens_per_second"] == generation.tokens_per_second
    assert generator.complete(PROMPT, GREEDY).seed is None


def test_the_context_can_be_filled_and_not_exceeded(generator: TextGenerator) -> None:
    prompt_length = len(generator.tokenizer(PROMPT)["input_ids"])
    room = generator.context_length - prompt_length
    assert generator.context_length == 256
    assert generator.complete(PROMPT, replace(SHORT, max_new_tokens=room)).tokens == room
    with pytest.raises(InvalidInput, match=rf"{room + 1} new tokens do not fit.*at most {room}"):
        generator.generate(PROMPT, replace(SHORT, max_new_tokens=room + 1))
    with pytest.raises(InvalidInput, match="Shorten the prompt"):
        generator.generate("fútbol " * 300)


@pytest.mark.parametrize("prompt", ["", " \n ", "a" * 200_001, "caf\udce9"])
def test_unusable_prompts_are_refused_before_anything_is_computed(generator: TextGenerator, prompt: str) -> None:
    with pytest.raises(InvalidInput):
        generator.generate(prompt)
    with pytest.raises(InvalidInput):
        generator.complete(prompt)


@pytest.mark.parametrize(
    "options",
    [
        {"max_new_tokens": 0},
        {"no_repeat_ngram": -1},
        {"beams": 17},
        {"top_k": -1},
        {"top_p": 0.0},
        {"temperature": 0.0},
        {"seed": -1},
    ],
)
def test_settings_out_of_range_are_named(options: dict) -> None:
    with pytest.raises(InvalidInput, match=next(iter(options))):
        GenerationSettings(**options)


@pytest.mark.parametrize("settings", [SHORT, GREEDY, replace(SHORT, top_k=0, top_p=1.0, no_repeat_ngram=0)])
def test_transformers_has_nothing_to_warn_of(
    tiny_models: TinyModels,
    settings: GenerationSettings,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    generator = TextGenerator.load(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), device="cpu")
    generator.complete(PROMPT, settings)
    padded = generator.tokenizer([PROMPT, "Hola"], padding=True, padding_side="left", return_tensors="pt")
    generator.model.generate(**padded, max_new_tokens=2)
    with pytest.raises(InvalidInput):
        generator.generate("fútbol " * 300)
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_other_precisions_generate_too(tiny_models: TinyModels) -> None:
    generator = TextGenerator.load(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), "cpu", BF16)
    assert generator.precision == "bf16"
    assert generator.complete(PROMPT, SHORT).tokens == 30


def test_numbers_beyond_the_precision_are_an_error_with_a_next_step(
    generator: TextGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = SimpleNamespace(logits=torch.full((1, 1, 384), torch.nan), past_key_values=None)
    monkeypatch.setattr(generator.model, "forward", lambda **arguments: broken)
    with pytest.raises(PrecisionNotApplicable, match=r"overflow in fp32\. Load it in bf16 or fp32"):
        next(generator.generate(PROMPT))


def test_a_model_of_another_kind_is_refused(tiny_models: TinyModels, tmp_path) -> None:
    AutoTokenizer.from_pretrained(tiny_models.gpt2()).save_pretrained(tmp_path)
    config = MambaConfig(vocab_size=384, hidden_size=8, num_hidden_layers=1, tokenizer_class="GPT2Tokenizer")
    MambaForCausalLM(config).save_pretrained(tmp_path)
    with pytest.raises(UnsupportedCheckpoint, match="like GPT-2"):
        TextGenerator.load(find_card(str(tmp_path), Task.TEXT_GENERATION), device="cpu")


def test_a_model_that_fills_gaps_does_not_continue_texts(tmp_path, tiny_models: TinyModels) -> None:
    bert = tiny_models.bert_classifier()
    AutoTokenizer.from_pretrained(bert).save_pretrained(tmp_path)
    BertForMaskedLM(BertConfig.from_pretrained(bert)).save_pretrained(tmp_path)
    generator = TextGenerator.load(find_card(str(tmp_path), Task.TEXT_GENERATION), device="cpu")
    with pytest.raises(UnsupportedCheckpoint, match="does not remember the tokens it has read"):
        generator.complete("A wonderful film", GREEDY)

"""What tokenizers cannot represent, and marks that are letters: for the three kinds of tokenizers that come along."""

from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from models.errors import InvalidInput
from models.text.readable import Unreadable, encode, require_all_readable, require_readable, unreadable
from tests.conftest import TinyModels

EMBEDDED = Path("models/embedded")


@pytest.fixture(scope="module", params=["t5-mini", "minilm", "gpt2-mini-es"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return AutoTokenizer.from_pretrained(EMBEDDED / request.param)


@pytest.fixture
def unigram(tiny_models: TinyModels) -> Any:
    """One as the published T5 has it: no bytes to fall back to, and text made uniform first (NFKC)."""
    return AutoTokenizer.from_pretrained(tiny_models.t5())


@pytest.fixture(scope="module")
def wordpiece() -> Any:
    return AutoTokenizer.from_pretrained(EMBEDDED / "minilm")


def test_an_ordinary_text_is_read_as_ever(tokenizer: Any) -> None:
    text = "The harbour's wall, 3 metres high: el año pasado cayó."
    assert encode(tokenizer, text)["input_ids"] == tokenizer(text)["input_ids"]


def test_marks_that_are_typed_are_letters(tokenizer: Any) -> None:
    for mark in [*tokenizer.all_special_tokens, "<pad>", "</s>", "<|endoftext|>", "[SEP]"]:
        typed = encode(tokenizer, f"one {mark} two", add_special_tokens=False)["input_ids"]
        assert not {*typed} & ({*tokenizer.all_special_ids} - {tokenizer.unk_token_id}), mark
        letters = "".join(filter(str.isalpha, mark.lower()))
        written = tokenizer.decode([number for number in typed if number != tokenizer.unk_token_id])
        assert letters in "".join(filter(str.isalpha, written.lower())), mark


def test_a_mark_in_wide_letters_steers_nothing_either(unigram: Any) -> None:
    assert unigram.pad_token_id in unigram("＜pad＞")["input_ids"]  # normalising turns it into the mark
    assert unigram.pad_token_id not in encode(unigram, "＜pad＞")["input_ids"]


def test_end_and_beginning_are_still_added(unigram: Any, wordpiece: Any) -> None:
    assert encode(unigram, "a </s> b")["input_ids"][-1] == unigram.eos_token_id
    pair = encode(wordpiece, "a [SEP] b", "c")["input_ids"]
    assert pair[0] == wordpiece.cls_token_id
    assert pair.count(wordpiece.sep_token_id) == 2


def test_of_several_texts_the_worst_counts_and_the_one_that_is_too_much_is_named(unigram: Any) -> None:
    texts = {"the question": "a {b} c", "the text": "A cat sleeps."}
    assert require_all_readable(unigram, "t5", texts) == Unreadable(2 / 5, "{}")
    texts = {"the question": "A cat sleeps.", "the text": "ж ж ж"}
    with pytest.raises(InvalidInput, match="100 % of the text"):
        require_all_readable(unigram, "t5", texts)
    assert require_all_readable(unigram, "t5", texts, even_if_unreadable=True).share == 1


def test_the_share_is_of_characters_that_are_not_blank(unigram: Any) -> None:
    assert unreadable(unigram, "A cat sleeps.") == Unreadable()
    assert unreadable(unigram, "a {b} c") == Unreadable(2 / 5, "{}")
    assert unreadable(unigram, "ж ж ж cat") == Unreadable(3 / 6, "ж")
    assert unreadable(unigram, "  \n ") == unreadable(unigram, "") == Unreadable()


def test_a_whole_word_is_lost_where_a_wordpiece_is_missing(wordpiece: Any) -> None:
    assert unreadable(wordpiece, "cat 🙂dog") == Unreadable(1 - 3 / 7, "🙂dog")
    assert unreadable(wordpiece, "你 cat").share == pytest.approx(1 / 4)


def test_what_is_only_written_differently_is_not_lost(unigram: Any, wordpiece: Any) -> None:
    for text in ("CAFÉ", "cafe\u0301", "a\u200bb", "a\x07b", "ﬁne", "…"):
        assert unreadable(wordpiece, text).share == 0, text
    for text in ("cafe\u0301", "a\u200bb", "ﬁne", "…"):
        assert unreadable(unigram, text).share == 0, text


def test_bytes_represent_everything() -> None:
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED / "gpt2-mini-es")
    assert unreadable(tokenizer, "Привет 你好 🙂 हिन्दी <|endoftext|> \ufffd") == Unreadable()


def test_letters_that_a_tokenizer_drops_without_a_word_are_lost_too() -> None:
    backend = Tokenizer(models.BPE({"a": 0, "b": 1}, []))  # no unknown token: what it does not know is gone
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
    assert tokenizer("a ж b")["input_ids"] == [0, 1]
    assert unreadable(tokenizer, "a ж b") == Unreadable(1 / 3, "ж")


def test_above_one_half_a_text_is_refused_unless_asked_for(unigram: Any) -> None:
    with pytest.raises(InvalidInput, match=r"some/model cannot read 75 % of line 2: its vocabulary lacks “ж”. Choose"):
        require_readable(unigram, "some/model", "жж ж a", what="line 2")
    assert require_readable(unigram, "some/model", "жж ж a", even_if_unreadable=True).share == 0.75
    assert require_readable(unigram, "some/model", "ж a").share == 0.5


def test_it_is_worth_telling_from_two_percent_on(unigram: Any) -> None:
    assert not unreadable(unigram, "ж" + "a" * 50).worth_telling
    told = unreadable(unigram, "ж" + "a" * 49)
    assert told.worth_telling
    assert told.sentence("some/model") == (
        "some/model cannot read 2 % of the text: its vocabulary lacks “ж”. "
        "Expect mistakes there, or choose a model that reads this language."
    )

"""Windows cut with real tokenizers: what they hold, how they overlap, which characters their tokens stand for."""

import re

import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE, Unigram
from tokenizers.pre_tokenizers import ByteLevel, Metaspace, PreTokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from models.errors import InvalidInput
from models.text.context_windows import split_into_windows

QUESTION = "¿Dónde nació Marie Curie?"
SENTENCE = "Marie Curie nació en Warsaw en 1867, y en 1891 was living in Paris (“la ville”). "


@pytest.fixture(params=["roberta_qa", "bert_qa"], scope="module")
def tokenizer(request: pytest.FixtureRequest, tiny_models):
    return AutoTokenizer.from_pretrained(getattr(tiny_models, request.param)())


@pytest.mark.parametrize("size", [64, 100, 384])
def test_windows_cover_the_context_with_the_pipelines_overlap(tokenizer, size: int) -> None:
    context = SENTENCE * 30
    split = split_into_windows(tokenizer, QUESTION, context, size)
    whole = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    assert split.tokens == [tuple(offsets) for offsets in whole["offset_mapping"]]
    covered = 0
    for window in split.windows:
        assert len(window.inputs["input_ids"]) <= size
        numbers = slice(window.first, window.first + len(window.positions))
        assert [window.inputs["input_ids"][place] for place in window.positions] == whole["input_ids"][numbers]
        assert window.first == 0 or covered - window.first == min(128, size // 2)
        covered = numbers.stop
    assert covered == len(split.tokens)


def test_a_short_context_is_one_window_without_padding(tokenizer) -> None:
    split = split_into_windows(tokenizer, QUESTION, "En Warsaw.")
    assert len(split.windows) == 1
    assert set(split.windows[0].inputs["attention_mask"]) == {1}


def test_every_window_begins_with_the_whole_question(tokenizer) -> None:
    split = split_into_windows(tokenizer, QUESTION, SENTENCE * 10, 80)
    beginning = tokenizer(QUESTION)["input_ids"]
    assert all(window.inputs["input_ids"][: len(beginning)] == beginning for window in split.windows)


def test_token_types_only_on_request(tiny_models) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.bert_qa())
    assert "token_type_ids" not in split_into_windows(tokenizer, QUESTION, SENTENCE).windows[0].inputs
    window = split_into_windows(tokenizer, QUESTION, SENTENCE, token_types=True).windows[0]
    assert [window.inputs["token_type_ids"][place] for place in window.positions] == [1] * len(window.positions)


def test_words_are_whole_even_at_a_windows_edge(tokenizer) -> None:
    context = SENTENCE * 10
    split = split_into_windows(tokenizer, QUESTION, context, 64)
    cut = [window for window in split.windows if split.tokens[window.first][0] != split.words[window.first][0]]
    assert cut, "no window begins within a word: this test would show nothing"
    assert set(re.findall(r"\w+", context)) <= {context[start:end] for start, end in split.words}


@pytest.mark.parametrize("word", ["cafe\u0301", "nin\u0303o", "e\u0301e\u0301", "❤\ufe0f"])
def test_accents_of_their_own_stay_with_their_letter(tokenizer, word: str) -> None:
    context = f"El {word} es bueno"
    split = split_into_windows(tokenizer, QUESTION, context)
    for start, end in split.words:
        assert not (start < 3 + len(word) < end)
        if start >= 3 and end <= 3 + len(word):
            assert end == 3 + len(word) or context[end] not in "\u0301\u0303\ufe0f"
            assert context[start] not in "\u0301\u0303\ufe0f"


def test_special_tokens_in_a_text_are_letters(tokenizer) -> None:
    context = f"The marks {tokenizer.cls_token} and {tokenizer.sep_token} and {tokenizer.mask_token} are known."
    window = split_into_windows(tokenizer, "What is " + tokenizer.sep_token + "?", context).windows[0]
    plain = split_into_windows(tokenizer, "What is it?", "The marks.").windows[0]
    for special in (tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id):
        assert window.inputs["input_ids"].count(special) == plain.inputs["input_ids"].count(special)


def test_a_long_question_still_leaves_something_new_to_each_window(tokenizer) -> None:
    question = "Where " * 200
    length = len(tokenizer(question, add_special_tokens=False)["input_ids"])
    room = 20
    size = length + tokenizer.num_special_tokens_to_add(pair=True) + room
    split = split_into_windows(tokenizer, question, SENTENCE * 3, size)
    steps = {after.first - before.first for before, after in zip(split.windows, split.windows[1:], strict=False)}
    assert steps == {5}
    with pytest.raises(InvalidInput, match=f"has {length} tokens, and this model has room for {length - 1}"):
        split_into_windows(tokenizer, question, SENTENCE, size - 6)


def test_a_context_without_tokens_is_refused(tiny_models) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.bert_qa())  # BERT drops control characters
    with pytest.raises(InvalidInput, match="can read nothing"):
        split_into_windows(tokenizer, QUESTION, "\x01\x02")


def test_byte_tokens_of_one_character_share_its_place(tiny_models) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.roberta_qa())
    split = split_into_windows(tokenizer, QUESTION, "a 😀 b")
    assert split.tokens.count((2, 3)) == 4  # four bytes of UTF-8
    assert set(split.words) >= {(0, 1), (2, 3), (4, 5)}


@pytest.mark.parametrize(
    ("model", "cut"),
    [
        (
            Unigram([("[UNK]", 0.0), ("▁", -3.0), ("▁in", -1.0), *((sign, -5.0) for sign in "inWarsaw.")], 0),
            Metaspace(),
        ),
        (BPE({sign: number for number, sign in enumerate(ByteLevel.alphabet())}, []), ByteLevel(False)),
    ],
    ids=["as DeBERTa's", "as ModernBERT's"],
)
def test_a_word_begins_behind_the_space_that_a_tokenizer_counts_to_it(model, cut: PreTokenizer) -> None:
    backend = Tokenizer(model)
    backend.pre_tokenizer = cut
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
    context = "in  Warsaw in"
    words = split_into_windows(tokenizer, "in", context).words
    assert [context[start:end] for start, end in dict.fromkeys(words) if context[start:end].strip()] == [
        "in",
        "Warsaw",
        "in",
    ]

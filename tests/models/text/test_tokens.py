"""Texts as batches of tokens, with real tokenizers and models."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2Model,
    ModernBertConfig,
    ModernBertModel,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    XLNetConfig,
    XLNetForSequenceClassification,
)

from models.catalog import ModelCard, Task
from models.device import choose_device
from models.errors import UnsupportedCheckpoint
from models.text import tokens as tokens_module
from models.text.context_windows import Window
from models.text.tokens import TokenReader, Tokens, positions
from models.weights.pretrained import load_pretrained
from models.wrapper import Pretrained
from tests.conftest import TinyModels


def tokens_of(*lengths: int) -> list[Tokens]:
    """Texts of so many tokens, of which only the lengths matter."""
    return [Tokens({"input_ids": [5] * length}, [(0, 1)] * length, False) for length in lengths]


@pytest.fixture(scope="module")
def bert(tiny_models: TinyModels) -> Pretrained:
    card = ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=tiny_models.bert_classifier())
    return load_pretrained(AutoModelForSequenceClassification, card, "cpu")


@pytest.fixture(scope="module")
def roberta(tiny_models: TinyModels) -> Pretrained:
    card = ModelCard("tiny", Task.QUESTION_ANSWERING, path=tiny_models.roberta_qa())
    return load_pretrained(AutoModelForQuestionAnswering, card, "cpu")


@pytest.fixture
def reader(bert: Pretrained) -> TokenReader:
    return TokenReader(bert)


def test_a_text_is_what_the_tokenizer_makes_of_it(reader: TokenReader) -> None:
    text = "Good value!"
    tokens = reader.tokenize(text)
    assert tokens.inputs["input_ids"] == reader.tokenizer(text)["input_ids"]
    assert "".join(text[start:end] for start, end in tokens.offsets) == "Goodvalue!"
    assert (tokens.holds_text, tokens.truncated) == (True, False)
    assert len(tokens) == len(tokens.offsets)


def test_a_text_of_special_tokens_only_holds_nothing(reader: TokenReader) -> None:
    assert not reader.tokenize("\u200b").holds_text
    assert len(reader.tokenize("")) == 2


def test_what_exceeds_the_window_is_cut_off(bert: Pretrained) -> None:
    assert len(TokenReader(bert).tokenize("the " * 100)) == 64
    small = TokenReader(bert, 10)
    assert (small.window, len(small.tokenize("the " * 100)), small.tokenize("the " * 9).truncated) == (10, 10, True)
    assert not small.tokenize("the " * 8).truncated


def test_a_mentioned_special_token_means_its_letters(reader: TokenReader) -> None:
    assert reader.tokenize("good [SEP] film").inputs["input_ids"].count(reader.tokenizer.sep_token_id) == 1


def test_shorter_texts_are_padded_on_the_right_and_masked(reader: TokenReader) -> None:
    rows = [
        Tokens({"input_ids": [2, 7, 3], "attention_mask": [1, 1, 1]}, [(0, 0)] * 3, False),
        Tokens({"input_ids": [2, 7, 8, 9, 3], "attention_mask": [1] * 5}, [(0, 0)] * 5, False),
    ]
    inputs = reader.padded(rows)
    pad = reader.tokenizer.pad_token_id
    assert inputs["input_ids"].tolist() == [[2, 7, 3, pad, pad], [2, 7, 8, 9, 3]]
    assert inputs["attention_mask"].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]


def test_a_text_gives_the_same_alone_and_beside_a_longer_one(reader: TokenReader) -> None:
    rows = [reader.tokenize(text) for text in ("good", "we waited for more than an hour")]
    (alone, _), (together, mask) = reader.run(rows[:1]), reader.run(rows)
    torch.testing.assert_close(together.logits[:1], alone.logits)
    assert mask.sum(dim=1).tolist() == [len(row) for row in rows]


def test_windows_of_a_context_are_run_like_texts(reader: TokenReader) -> None:
    row = reader.tokenize("good film")
    window = Window(row.inputs, [1, 2], 0)
    assert torch.equal(reader.run([window])[0].logits, reader.run([row])[0].logits)


@pytest.mark.parametrize(
    ("lengths", "batches"),
    [
        ((), []),
        ((5,), [[5]]),
        ((10, 10, 10), [[10, 10], [10]]),  # three of ten would be 30 tokens
        ((4, 4, 4, 9), [[4, 4, 4], [9]]),  # with the nine, each of the four rows would take nine
        ((90, 3, 3), [[90], [3, 3]]),  # one that is larger than all is taken alone
    ],
)
def test_a_batch_has_as_many_tokens_as_fit_padding_included(
    reader: TokenReader, lengths: tuple[int, ...], batches: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tokens_module.TOKENS_AT_ONCE, "cpu", 20)
    assert [[len(row) for row in batch] for batch in reader.batches(tokens_of(*lengths))] == batches


def test_without_a_token_for_padding_each_text_is_a_batch(bert: Pretrained, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = TokenReader(bert)
    monkeypatch.setattr(reader, "tokenizer", SimpleNamespace(pad_token=None))
    assert [len(batch) for batch in reader.batches(tokens_of(3, 3, 3))] == [1, 1, 1]


def last_token_decides(model_class: type, config: PreTrainedConfig, side: str) -> TokenReader:
    """A model of this kind with random weights, and a tokenizer of four words that puts <end> behind a text."""
    backend = Tokenizer(WordLevel({"<pad>": 0, "<end>": 1, "a": 2, "long": 3, "text": 4}))
    backend.pre_tokenizer = Whitespace()
    backend.post_processor = TemplateProcessing(single="$A <end>", special_tokens=[("<end>", 1)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<end>", pad_token="<pad>", padding_side=side
    )
    if side == "left":
        tokenizer.cls_token = "<end>"  # XLNet's
    torch.manual_seed(0)
    card = ModelCard("tiny", Task.TEXT_CLASSIFICATION)
    model = model_class(config).eval()
    return TokenReader(Pretrained(card, model, tokenizer, choose_device("cpu"), "fp32", 0, 0.0))


GPT2 = {"vocab_size": 5, "n_embd": 32, "n_layer": 1, "n_head": 4, "initializer_range": 0.5}
XLNET = {"vocab_size": 5, "d_model": 32, "n_layer": 1, "n_head": 4, "d_inner": 64, "initializer_range": 0.5}


@pytest.mark.parametrize(
    ("model_class", "config", "side", "batches"),
    [
        (GPT2ForSequenceClassification, GPT2Config(**GPT2, pad_token_id=0), "right", 1),
        (GPT2ForSequenceClassification, GPT2Config(**GPT2, pad_token_id=4), "right", 2),
        (GPT2ForSequenceClassification, GPT2Config(**GPT2), "right", 2),  # refuses several
        (XLNetForSequenceClassification, XLNetConfig(**XLNET, pad_token_id=0), "left", 2),
    ],
)
def test_the_filling_is_never_taken_for_the_last_token(model_class, config, side: str, batches: int) -> None:
    reader = last_token_decides(model_class, config, side)
    texts = [reader.tokenize(text) for text in ("text", "a long long text")]
    found = [reader.run(batch)[0].logits for batch in reader.batches(texts)]
    assert len(found) == batches
    torch.testing.assert_close(torch.cat(found), torch.cat([reader.run([text])[0].logits for text in texts]))


def test_token_types_are_for_models_that_know_two_of_them(bert: Pretrained, roberta: Pretrained) -> None:
    assert TokenReader(bert).reads_token_types
    assert not TokenReader(roberta).reads_token_types


def test_a_tokenizer_that_knows_no_characters_is_refused(bert: Pretrained) -> None:
    slow = replace(bert, tokenizer=SimpleNamespace(is_fast=False))
    with pytest.raises(UnsupportedCheckpoint, match="cannot say which characters a token covers"):
        TokenReader(slow)


def test_positions_are_counted_as_the_architecture_counts_them(bert: Pretrained, roberta: Pretrained) -> None:
    assert positions(bert.model) == bert.model.config.max_position_embeddings == 64
    assert positions(roberta.model) == 192  # of 194: padding has number 1, and tokens count from 2
    unlimited = SimpleNamespace(config=SimpleNamespace())
    assert positions(unlimited) is None
    assert positions(SimpleNamespace(config=SimpleNamespace(max_position_embeddings=-1))) is None  # XLNet


@pytest.mark.parametrize(
    ("model_class", "config", "count"),
    [
        (ModernBertModel, ModernBertConfig(num_hidden_layers=1), 8192),  # padding has number 50,283
        (GPT2Model, GPT2Config(n_layer=1, pad_token_id=50_256), 1024),
    ],
)
def test_padding_takes_no_position_where_no_table_has_one_for_it(model_class, config, count: int) -> None:
    with torch.device("meta"):
        assert positions(model_class(config)) == count

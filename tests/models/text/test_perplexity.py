"""Perplexity against a naive double loop and the loss of transformers."""

import math
import threading
from types import SimpleNamespace

import numpy
import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from models.catalog import Task
from models.errors import Cancelled, InvalidInput, PrecisionNotApplicable
from models.text.perplexity import perplexity
from models.weights.cards import find_card
from models.weights.pretrained import Pretrained, load_pretrained

TEXT = "Me gusta mucho el fútbol, y los domingos juego con mis amigos. ¿Dónde está la biblioteca? Junto al río."


@pytest.fixture(scope="module")
def gpt2(tiny_models) -> Pretrained:
    return load_pretrained(AutoModelForCausalLM, find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), "cpu")


def naive_nats(model: nn.Module, ids: list[int], window: int, stride: int) -> list[float]:
    """One token at a time: find the first window that holds it, run the model on what stands before it there."""
    nats = []
    for position in range(1, len(ids)):
        start = 0
        while start + window <= position:
            start += stride
        with torch.no_grad():
            scores = model(torch.tensor([ids[start:position]])).logits[0, -1].double().numpy()
        nats.append(float(numpy.logaddexp.reduce(scores) - scores[ids[position]]))
    return nats


@pytest.mark.parametrize(("window", "stride"), [(16, 5), (16, 8), (16, 15), (2, 1), (7, 1), (256, 128)])
def test_perplexity_is_that_of_a_naive_double_loop(gpt2, window, stride) -> None:
    ids = gpt2.tokenizer(TEXT)["input_ids"]
    nats = naive_nats(gpt2.model, ids, window, stride)
    found = perplexity(gpt2.model, gpt2.tokenizer, TEXT, window, stride)
    assert found.tokens == len(nats) == len(ids) - 1
    assert found.perplexity == pytest.approx(math.exp(sum(nats) / len(nats)), rel=1e-4)
    first = gpt2.tokenizer.decode(ids[:1])
    assert found.bytes == len(TEXT.encode()) - len(first.encode())
    assert found.bits_per_byte == pytest.approx(sum(nats) / math.log(2) / found.bytes, rel=1e-4)


def test_in_one_window_it_is_the_loss_of_transformers(gpt2) -> None:
    ids = gpt2.tokenizer(TEXT, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        loss = gpt2.model(ids, labels=ids).loss.item()
    assert perplexity(gpt2.model, gpt2.tokenizer, TEXT).perplexity == pytest.approx(math.exp(loss), rel=1e-5)


def test_a_model_that_knows_nothing_is_as_unsure_as_its_vocabulary_is_large(gpt2) -> None:
    assert perplexity(EvenModel(0.0), gpt2.tokenizer, TEXT).perplexity == pytest.approx(EvenModel.VOCABULARY)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_overflowing_numbers_are_refused_instead_of_shown(gpt2, number) -> None:
    with pytest.raises(PrecisionNotApplicable, match="too large for this precision"):
        perplexity(EvenModel(number), gpt2.tokenizer, TEXT)


class EvenModel(nn.Module):
    """Gives every token of a vocabulary the same score."""

    VOCABULARY = 1000

    def __init__(self, score: float):
        super().__init__()
        self.score = score
        self.device = torch.device("cpu")
        self.config = SimpleNamespace(max_position_embeddings=32)

    def forward(self, ids: torch.Tensor, use_cache: bool, logits_to_keep: int) -> SimpleNamespace:
        return SimpleNamespace(logits=torch.full((1, min(logits_to_keep, ids.shape[1]), self.VOCABULARY), self.score))


@pytest.mark.parametrize("text", ["", "a"])
def test_a_text_of_less_than_two_tokens_is_refused(gpt2, text) -> None:
    with pytest.raises(InvalidInput, match="at least two tokens"):
        perplexity(gpt2.model, gpt2.tokenizer, text)


@pytest.mark.parametrize("stride", [16, 17, -1])
def test_a_stride_outside_the_window_is_refused(gpt2, stride) -> None:
    with pytest.raises(InvalidInput, match="from 1 to 15"):
        perplexity(gpt2.model, gpt2.tokenizer, TEXT, 16, stride)


def test_stop_ends_it(gpt2) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        perplexity(gpt2.model, gpt2.tokenizer, TEXT, cancelled=cancelled)

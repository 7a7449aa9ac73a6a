"""Agreement with fp32 by hand, and against one run of the model over the whole text."""

import math
import threading
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM

from models.catalog import Task
from models.errors import Cancelled, InvalidInput, PrecisionNotApplicable
from models.precision import BF16
from models.weights.cards import find_card
from models.weights.pretrained import Pretrained, load_pretrained
from quantization.measure import agreement as module
from quantization.measure.agreement import Expectations, agreement, divergence, expectations
from quantization.recipes import INT8

TEXT = "Me gusta mucho el fútbol, y los domingos juego con mis amigos. ¿Dónde está la biblioteca? Junto al río."


@pytest.fixture(scope="module")
def gpt2(tiny_models) -> Pretrained:
    return load_pretrained(AutoModelForCausalLM, find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), "cpu")


class Fixed(nn.Module):
    """Gives the same scores at every position."""

    def __init__(self, *probabilities: float):
        super().__init__()
        self.scores = torch.tensor(probabilities).log()
        self.device = torch.device("cpu")
        self.config = SimpleNamespace(max_position_embeddings=8, vocab_size=len(probabilities))

    def forward(self, ids: torch.Tensor, use_cache: bool, logits_to_keep: int) -> SimpleNamespace:
        return SimpleNamespace(logits=self.scores.expand(1, min(logits_to_keep, ids.shape[1]), -1))


class Words:
    """A tokenizer that turns every text into so many tokens."""

    is_fast = False

    def __init__(self, count: int):
        self.count = count

    def __call__(self, text: str, pair: str | None = None, **options: object) -> dict[str, list[int]]:
        return {"input_ids": [0] * self.count}


def test_divergence_by_hand() -> None:
    reference, other = (torch.tensor([rows]).log() for rows in ([0.5, 0.25, 0.25], [0.25, 0.5, 0.25]))
    by_hand = 0.5 * math.log(0.5 / 0.25) + 0.25 * math.log(0.25 / 0.5)
    assert divergence(reference, other).item() == pytest.approx(by_hand)


def test_its_direction_is_from_the_reference_to_the_other() -> None:
    reference, other = Fixed(0.9, 0.1), Fixed(0.6, 0.4)
    found = agreement(other, expectations(reference, Words(5), TEXT))
    assert found.kl_divergence == pytest.approx(0.9 * math.log(0.9 / 0.6) + 0.1 * math.log(0.1 / 0.4), rel=1e-5)
    assert (found.top1, found.positions) == (1.0, 4)


def test_another_favourite_is_no_agreement() -> None:
    found = agreement(Fixed(0.4, 0.6), expectations(Fixed(0.6, 0.4), Words(4), TEXT))
    assert found.top1 == 0.0


@pytest.mark.parametrize("precision", [INT8, BF16], ids=lambda precision: precision.name)
def test_it_is_what_torch_and_one_run_over_the_text_give(gpt2, precision) -> None:
    other = load_pretrained(AutoModelForCausalLM, gpt2.card, "cpu", precision)
    ids = gpt2.tokenizer(TEXT, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        expected, found = (each.model(ids).logits[0, :-1].float().log_softmax(-1) for each in (gpt2, other))
    divergence_of_torch = nn.functional.kl_div(found, expected, log_target=True, reduction="batchmean").item()
    same = (found.argmax(-1) == expected.argmax(-1)).float().mean().item()
    measured = agreement(other.model, expectations(gpt2.model, gpt2.tokenizer, TEXT))
    assert measured.kl_divergence == pytest.approx(divergence_of_torch, rel=1e-2, abs=1e-7)
    assert measured.top1 == pytest.approx(same)
    assert measured.positions == ids.shape[1] - 1


def test_a_model_agrees_with_itself(gpt2) -> None:
    found = agreement(gpt2.model, expectations(gpt2.model, gpt2.tokenizer, TEXT))
    assert (found.top1, found.kl_divergence) == (1.0, 0.0)


def test_a_text_longer_than_the_window_is_read_through_it_in_order(gpt2) -> None:
    text = f"{TEXT} " * 12
    kept = expectations(gpt2.model, gpt2.tokenizer, text)
    ids = gpt2.tokenizer(text)["input_ids"][: module.MOST_POSITIONS + 1]
    assert len(ids) > gpt2.model.config.max_position_embeddings
    assert kept.ids.tolist() == [ids]
    assert kept.log_probabilities.shape == (len(ids) - 1, gpt2.model.config.vocab_size)
    with torch.no_grad():
        first = gpt2.model(torch.tensor([ids[:10]])).logits[0].log_softmax(-1)
    assert torch.allclose(kept.log_probabilities[:10], first, atol=1e-4)
    assert kept.log_probabilities.exp().sum(-1).allclose(torch.tensor(1.0), atol=1e-4)


def test_at_most_so_many_positions_and_bytes(gpt2, monkeypatch) -> None:
    assert len(expectations(gpt2.model, gpt2.tokenizer, TEXT, positions=3).log_probabilities) == 3
    monkeypatch.setattr(module, "MOST_BYTES", 5 * 4 * gpt2.model.config.vocab_size)
    assert len(expectations(gpt2.model, gpt2.tokenizer, TEXT).log_probabilities) == 5


def test_a_text_of_one_token_is_refused(gpt2) -> None:
    with pytest.raises(InvalidInput, match="at least two tokens"):
        expectations(gpt2.model, gpt2.tokenizer, "a")


def test_overflowing_numbers_are_refused() -> None:
    with pytest.raises(PrecisionNotApplicable, match="too large"):
        agreement(Fixed(math.nan, math.nan), expectations(Fixed(0.5, 0.5), Words(3), TEXT))


def test_stop_ends_both(gpt2) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        expectations(gpt2.model, gpt2.tokenizer, TEXT, cancelled=cancelled)
    with pytest.raises(Cancelled):
        agreement(gpt2.model, Expectations(torch.tensor([[1, 2]]), torch.zeros(1, 3)), cancelled)

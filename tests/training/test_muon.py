"""Muon and AdamW as one optimizer: who moves what, that it learns, and that it goes on where it was."""

import copy

import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from training.muon import MuonWithAdamW, split_parameters


class Words(nn.Module):
    """Three words, each a direction of its own, through one matrix to a number for each."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(3, 4)
        self.matrix = nn.Linear(4, 4)
        self.head = nn.Linear(4, 3, bias=False)
        self.head.weight = self.table.weight

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.head(self.matrix(self.table(words)))


WORDS = torch.tensor([0, 1, 2])


def losses(model: nn.Module, optimizer: MuonWithAdamW, steps: int) -> list[float]:
    """The loss before each of so many steps, of a word told to be followed by the next."""
    found = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(WORDS), WORDS.roll(-1))
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def optimizer_of(model: nn.Module, weight_decay: float = 0.0) -> MuonWithAdamW:
    return MuonWithAdamW(model, muon_rate=0.02, adam_rate=0.01, weight_decay=weight_decay)


def test_matrices_are_muons_and_tables_of_words_and_all_else_are_not() -> None:
    matrices, others = split_parameters(Words())
    assert [tuple(one.shape) for one in matrices] == [(4, 4)]
    assert [tuple(one.shape) for one in others] == [(3, 4), (4,)]


def test_of_a_gpt2_the_tied_head_is_not_muons() -> None:
    model = GPT2LMHeadModel(GPT2Config(vocab_size=60, n_positions=16, n_embd=32, n_layer=2, n_head=4))
    matrices, others = split_parameters(model)
    inside = [one for name, one in model.named_parameters() if ".h." in name and one.ndim == 2]
    assert len(inside) == 2 * 4
    assert {id(one) for one in matrices} == {id(one) for one in inside}
    assert len(matrices) + len(others) == len([*model.parameters()])


def test_what_does_not_learn_is_left_out() -> None:
    model = Words()
    model.matrix.weight.requires_grad_(False)
    assert split_parameters(model)[0] == []


def test_a_step_of_muon_moves_in_all_directions_alike() -> None:
    model = Words()
    before = model.matrix.weight.detach().clone()
    losses(model, optimizer_of(model), 1)
    lengths = torch.linalg.svdvals(model.matrix.weight.detach() - before) / 0.02
    # Of three words the gradient has two directions; Newton-Schulz brings their lengths near 1, not to it.
    assert lengths[:2].min() > 0.5
    assert lengths.max() < 1.3


def test_it_learns() -> None:
    model = Words()
    found = losses(model, optimizer_of(model), 60)
    assert found[-1] < found[0] / 4


def test_one_schedule_leads_both_rates() -> None:
    optimizer = optimizer_of(Words())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    optimizer.step()
    schedule.step()
    assert [part.param_groups[0]["lr"] for part in optimizer.parts] == [0.01, 0.005]


def test_it_goes_on_from_what_it_remembers_as_if_it_had_not_stopped() -> None:
    model = Words()
    optimizer = optimizer_of(model, weight_decay=0.1)
    losses(model, optimizer, 3)
    other = copy.deepcopy(model)
    resumed = optimizer_of(other, weight_decay=0.1)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for one in (optimizer, resumed):  # the rates of groups are to be found in what steps, after loading too
        for group in one.param_groups:
            group["lr"] /= 2
    assert losses(model, optimizer, 3) == losses(other, resumed, 3)
    assert torch.equal(model.matrix.weight, other.matrix.weight)

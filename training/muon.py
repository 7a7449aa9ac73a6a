"""Muon (Jordan et al. 2024) for the matrices inside a model, AdamW for all else that it learns, as one optimizer.

Muon turns each matrix's momentum into the nearest orthogonal matrix, so that a step moves in all directions alike, not
in the few that dominate. A small GPT-2 needs a fraction of AdamW's steps with it.
"""

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.optim import AdamW, Muon, Optimizer


class MuonWithAdamW(Optimizer):
    """Steps both; its parameter groups are theirs, Muon's first, so that one schedule leads both learning rates.

    A matrix is Muon's unless it is that of an embedding, tied or not: its rows are words, each an own direction.
    """

    def __init__(
        self, model: nn.Module, muon_rate: float, adam_rate: float, beta2: float = 0.999, weight_decay: float = 0.0
    ) -> None:
        matrices, others = split_parameters(model)
        self.parts: list[Optimizer] = [
            Muon(matrices, lr=muon_rate, weight_decay=weight_decay),
            AdamW(others, lr=adam_rate, betas=(0.9, beta2), weight_decay=0.0),
        ]
        super().__init__([group for part in self.parts for group in part.param_groups], {})

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step of each. `closure` is not used; the Trainer gives none."""
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """What both remember."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave. The groups are new ones then."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = [group for part in self.parts for group in part.param_groups]


def split_parameters(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The trainable matrices of a model that are no embeddings, and all other trainable parameters."""
    embedded = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            (matrices if parameter.ndim == 2 and id(parameter) not in embedded else others).append(parameter)
    return matrices, others

"""An embedding whose table is kept in int8: a code for each number, and a scale for each token."""

import torch
from torch import Tensor, nn


class Int8Embedding(nn.Module):
    """Gives the vectors of tokens in fp32, as `nn.Embedding` does; only the rows that are asked for are converted."""

    codes: Tensor
    scales: Tensor

    def __init__(self, codes: Tensor, scales: Tensor):
        """`codes`: int8 of shape (tokens, width); `scales`: fp32 of shape (tokens,)."""
        super().__init__()
        self.register_buffer("codes", codes)
        self.register_buffer("scales", scales)

    @property
    def weight(self) -> Tensor:
        """The whole table in fp32, computed at each call; its bytes are not those that are kept."""
        return self.codes.float() * self.scales[:, None]

    def forward(self, tokens: Tensor) -> Tensor:
        """`tokens` of any shape; the result has one dimension more, the width."""
        vectors = nn.functional.embedding(tokens, self.codes).to(torch.float32)
        return vectors * self.scales[tokens].unsqueeze(-1)

    def extra_repr(self) -> str:
        """The table's shape, as torch's own layers print theirs."""
        return f"{self.codes.shape[0]}, {self.codes.shape[1]}, dtype=int8"

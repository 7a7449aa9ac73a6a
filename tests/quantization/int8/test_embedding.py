"""The int8 table of tokens, against the exact one that it was made from."""

import torch

from models.precision import FP32
from quantization.recipes import INT8_EMBEDDINGS
from tests.quantization.wide import GPT2, load


def test_the_embedding_gives_rows_within_half_a_step(wide) -> None:
    exact = load(GPT2, wide[GPT2], FP32).model.transformer.wte.weight.detach()
    table = load(GPT2, wide[GPT2], INT8_EMBEDDINGS).model.transformer.wte
    tokens = torch.tensor([[0, 5], [17, 5]])
    steps = exact[tokens].abs().amax(-1, keepdim=True) / 127.5
    assert table(tokens).shape == (2, 2, 768)
    assert ((table(tokens) - exact[tokens]).abs() <= steps * (1 + 1e-4)).all()
    torch.testing.assert_close(table.weight[tokens], table(tokens))

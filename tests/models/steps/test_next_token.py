"""The sliders' arithmetic, against the logits processors of transformers and the suite's own sampling."""

import numpy as np
import pytest
import torch
from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from models.steps.next_token import next_probabilities
from models.text.sampling import shortlist

LOGITS = np.random.default_rng(3).normal(0, 3, 500).astype(np.float32)


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 3.0])
@pytest.mark.parametrize("top_k", [0, 1, 20])
@pytest.mark.parametrize("top_p", [0.05, 0.8, 1.0])
def test_probabilities_are_those_of_the_warpers_of_transformers(temperature: float, top_k: int, top_p: float) -> None:
    warpers = LogitsProcessorList(
        [
            TemperatureLogitsWarper(temperature),
            *([TopKLogitsWarper(top_k)] if top_k else []),
            *([TopPLogitsWarper(top_p)] if top_p < 1 else []),
        ]
    )
    expected = warpers(torch.empty(1, 0, dtype=torch.long), torch.from_numpy(LOGITS)[None].double())[0].softmax(-1)

    assert next_probabilities(LOGITS, temperature, top_k, top_p) == pytest.approx(expected.numpy(), abs=1e-9)


def test_probabilities_are_those_that_the_suite_draws_from() -> None:
    tokens, chances = shortlist(torch.from_numpy(LOGITS), 0.7, 50, 0.95)
    found = next_probabilities(LOGITS, 0.7, 50, 0.95)

    assert np.flatnonzero(found).tolist() == sorted(tokens.tolist())
    assert found[tokens.numpy()] == pytest.approx(chances.numpy(), abs=1e-6)


def test_one_token_remains_however_small_top_p_is() -> None:
    assert next_probabilities(LOGITS, top_p=1e-6).max() == 1.0

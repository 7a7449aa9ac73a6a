"""Choosing the next token, against the warpers of transformers and sums by hand."""

import pytest
import torch
from transformers import (
    LogitsProcessorList,
    NoRepeatNGramLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from models.errors import InvalidInput
from models.text.sampling import (
    LARGEST_SEED,
    draw,
    generator_for,
    random_seed,
    require_sampling_options,
    shortlist,
    without_repeats,
    would_repeat,
)


@pytest.mark.parametrize("temperature", [0.3, 0.7, 1.0, 2.5])
@pytest.mark.parametrize("top_k", [1, 5, 50, 0])
@pytest.mark.parametrize("top_p", [0.01, 0.5, 0.95, 1.0])
def test_the_distribution_is_that_of_the_warpers_of_transformers(temperature: float, top_k: int, top_p: float) -> None:
    scores = 3 * torch.randn(300, generator=generator_for(1))
    scores[::7] = -torch.inf
    warpers = LogitsProcessorList([TemperatureLogitsWarper(temperature)])
    warpers += [TopKLogitsWarper(top_k)] if top_k else []
    warpers += [TopPLogitsWarper(top_p)] if top_p < 1 else []
    expected = warpers(torch.zeros(1, 1, dtype=torch.long), scores[None].clone())[0].softmax(dim=-1)

    tokens, probabilities = shortlist(scores, temperature, top_k, top_p)

    actual = torch.zeros(300).index_put((tokens,), probabilities)
    torch.testing.assert_close(actual, expected, atol=1e-6, rtol=1e-4)


def test_a_small_shortlist_by_hand() -> None:
    scores = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()
    tokens, probabilities = shortlist(scores, temperature=1.0, top_k=3, top_p=0.7)
    # The three best, 0.4 0.3 0.2, become 4/9 3/9 2/9; the first two reach 7/9, the first alone does not reach 0.7.
    assert tokens.tolist() == [1, 3]
    torch.testing.assert_close(probabilities, torch.tensor([4 / 7, 3 / 7]))


def test_draws_follow_the_probabilities() -> None:
    scores, generator = torch.tensor([0.1, 0.2, 0.7]).log(), generator_for(0)
    counts = torch.bincount(torch.tensor([draw(scores, 1.0, 0, 1.0, generator) for _ in range(5000)]))
    torch.testing.assert_close(counts / 5000, torch.tensor([0.1, 0.2, 0.7]), atol=0.025, rtol=0)


def test_a_seed_decides_every_draw_and_the_randomness_of_others_is_left_alone() -> None:
    scores, before = torch.randn(100, generator=generator_for(3)), torch.random.get_rng_state()
    first, again = (
        [draw(scores, 1.0, 0, 1.0, generator) for _ in range(20)] for generator in map(generator_for, (5, 5))
    )
    assert first == again
    assert torch.equal(torch.random.get_rng_state(), before)


def test_chosen_seeds_differ_and_are_allowed() -> None:
    seeds = {random_seed() for _ in range(20)}
    assert len(seeds) > 10
    for seed in (*seeds, 0, LARGEST_SEED, None):
        require_sampling_options(1.0, 50, 0.9, seed)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ((0.0, 50, 0.9, 0), "temperature"),
        ((float("nan"), 50, 0.9, 0), "temperature"),
        ((float("inf"), 50, 0.9, 0), "temperature"),
        ((1.0, -1, 0.9, 0), "top_k"),
        ((1.0, 50, 0.0, 0), "top_p"),
        ((1.0, 50, 1.1, 0), "top_p"),
        ((1.0, 50, 0.9, -1), "seed"),
        ((1.0, 50, 0.9, 2**64), "seed"),
    ],
)
def test_options_out_of_range_are_named_with_their_range(options: tuple, name: str) -> None:
    with pytest.raises(InvalidInput, match=rf"{name} is .* between"):
        require_sampling_options(*options)


def test_what_may_not_be_repeated_is_what_transformers_forbids() -> None:
    chance = torch.Generator().manual_seed(0)
    for size in (1, 2, 3, 5):
        for length in (1, 2, 3, 10, 60):
            tokens = torch.randint(0, 6, (length,), generator=chance)
            processed = NoRepeatNGramLogitsProcessor(size)(tokens[None], torch.zeros(1, 6))[0]
            assert sorted(set(would_repeat(tokens.tolist(), size))) == processed.isinf().nonzero().flatten().tolist()
    assert would_repeat([1, 2, 1], 0) == []


def test_the_scores_of_what_would_repeat_are_minus_infinity_and_the_others_stay() -> None:
    scores = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert without_repeats(scores, [1, 3, 2, 1], 2).tolist() == [1.0, 2.0, 3.0, -torch.inf]
    assert torch.equal(without_repeats(scores, [1, 3, 2, 1], 0), scores)

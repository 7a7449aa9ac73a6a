"""Beam search against every text that there could be."""

import itertools
from collections.abc import Iterator

import pytest
import torch

from models.text.beam_search import BeamSearch

VOCABULARY, LONGEST, END = 4, 5, 0


def table(seed: int, longest: int = LONGEST) -> torch.Tensor:
    """Log-probabilities of each token behind each other one at each place, (longest, VOCABULARY, VOCABULARY)."""
    sizes = longest, VOCABULARY, VOCABULARY
    return torch.randn(sizes, generator=torch.Generator().manual_seed(seed)).log_softmax(2)


def searched(search: BeamSearch, follows: torch.Tensor) -> Iterator[list[int]]:
    """What is settled at each step of a text that begins behind token 1."""
    while not search.is_done:
        search.go_on(torch.stack([follows[len(row), row[-1] if row else 1] for row in search.rows]))
        yield search.settled()


def likeliest(follows: torch.Tensor, ends: set[int]) -> list[int]:
    """Of all texts of LONGEST tokens, or fewer with an end, that with the highest mean log-probability."""

    def mean(tokens: tuple[int, ...]) -> float:
        steps = zip(follows, (1, *tokens), tokens, strict=False)
        return sum(float(behind[before, after]) for behind, before, after in steps) / len(tokens)

    texts = (
        tokens for length in range(1, LONGEST + 1) for tokens in itertools.product(range(VOCABULARY), repeat=length)
    )
    whole = [
        tokens for tokens in texts if not ends & set(tokens[:-1]) and (len(tokens) == LONGEST or tokens[-1] in ends)
    ]
    return [token for token in max(whole, key=mean) if token not in ends]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ends", [set(), {END}])
def test_with_enough_beams_the_likeliest_of_all_texts_is_found(seed: int, ends: set[int]) -> None:
    follows = table(seed)
    search = BeamSearch(VOCABULARY**LONGEST, ends, LONGEST)
    assert list(itertools.chain(*searched(search, follows))) == likeliest(follows, ends)


@pytest.mark.parametrize("seed", range(8))
def test_one_beam_takes_the_likeliest_token_each_time(seed: int) -> None:
    follows, tokens = table(seed), [1]
    for behind in follows:
        tokens.append(int(behind[tokens[-1]].argmax()))
    assert list(itertools.chain(*searched(BeamSearch(1, (), LONGEST), follows))) == tokens[1:]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("drawn", [False, True])
def test_what_was_settled_once_stays(seed: int, drawn: bool) -> None:
    generator = torch.Generator().manual_seed(seed) if drawn else None
    search, told = BeamSearch(3, {END}, 12, generator), []
    for settled in searched(search, table(seed, 12)):
        told += settled
        assert all(row[: len(told)] == told for row in search._alive()) or search.is_done
    assert len(told) == 12 or search._ended
    assert END not in told


def test_tokens_are_told_before_the_end() -> None:
    follows = torch.full((30, VOCABULARY, VOCABULARY), -20.0)
    for before in range(VOCABULARY):
        follows[:, before, (before + 1) % VOCABULARY] = 0.0  # each has one that nearly always follows
    steps = list(searched(BeamSearch(2, (), 30), follows))
    assert sum(map(len, steps)) == 30
    assert sum(map(len, steps[:-1])) > 20


def test_where_fewer_tokens_are_possible_than_beams_the_text_is_made_of_those() -> None:
    follows = torch.full((4, VOCABULARY, VOCABULARY), -torch.inf)
    follows[..., 2] = 0.0
    drawn = BeamSearch(3, (), 4, torch.Generator().manual_seed(0))
    assert list(itertools.chain(*searched(drawn, follows))) == [2, 2, 2, 2]

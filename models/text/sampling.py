"""How the next token is drawn: temperature, top-k, top-p and a seed. Knows scores; knows nothing of text or of models.

Every draw uses a `torch.Generator` of its own. `transformers` draws from the one generator of the whole process, where
two people who generate at the same time would change each other's text in spite of their seeds.
"""

import secrets
from collections.abc import Sequence

import torch
from torch import Tensor

from models.errors import InvalidInput

MOST_BEAMS = 16
LONGEST_NGRAM = 1_000  # that can be forbidden to occur twice
LARGEST_SEED = 2**32 - 1  # the largest that every library of the field accepts


def require_between(name: str, value: float | None, lowest: float, highest: float) -> None:
    """Raise InvalidInput unless `value` lies in the closed range, or is None. NaN never lies in it."""
    if value is not None and not lowest <= value <= highest:
        raise InvalidInput(f"{name} is {value}, but must lie between {lowest} and {highest}.")


def require_sampling_options(
    temperature: float | None, top_k: int | None, top_p: float | None, seed: int | None
) -> None:
    """Raise InvalidInput, with the range, for the first option that cannot be used."""
    require_between("temperature", temperature, 0.01, 100)
    require_between("top_k", top_k, 0, 1_000_000)
    require_between("top_p", top_p, 0.001, 1)
    require_between("seed", seed, 0, LARGEST_SEED)


def require_searching_options(beams: int | None, no_repeat_ngram: int | None) -> None:
    """Raise InvalidInput, with the range, for the first option that cannot be used."""
    require_between("beams", beams, 1, MOST_BEAMS)
    require_between("no_repeat_ngram", no_repeat_ngram, 0, LONGEST_NGRAM)


def random_seed() -> int:
    """A seed nobody chose, short enough to be written down and typed again."""
    return secrets.randbelow(1_000_000)


def generator_for(seed: int | None) -> torch.Generator:
    """A source of randomness on the CPU, for every device: the same seed then gives the same draws on each.

    None is a seed that is chosen now.
    """
    return torch.Generator().manual_seed(random_seed() if seed is None else seed)


def shortlist(scores: Tensor, temperature: float, top_k: int, top_p: float, least: int = 1) -> tuple[Tensor, Tensor]:
    """The tokens that may come next, best first, and their probabilities.

    The `top_k` best remain (all, when it is 0), and of these the fewest that together reach the probability `top_p`,
    but never fewer than `least`.
    The distribution is that of the warpers of `transformers`, which take milliseconds to sort the whole vocabulary.

    Args:
        scores: logits of one position, shape (vocabulary,).

    Returns:
        token ids and probabilities, both of shape (kept,) and on the device of `scores`.
    """
    best, tokens = torch.topk(
        scores.float() / temperature, min(max(top_k, least) if top_k else len(scores), len(scores))
    )  # (top_k,), sorted
    probabilities = best.softmax(dim=-1)
    # With top_p 0.8, probabilities of 0.5, 0.2, 0.2 and 0.1 have reached 0, 0.5, 0.7 and 0.9 before each of them: the
    # first three, which begin below 0.8, are kept, and become 0.56, 0.22 and 0.22.
    reached_before = probabilities.cumsum(dim=-1) - probabilities
    kept = (reached_before < top_p).count_nonzero().clamp(min=least)
    return tokens[:kept], probabilities[:kept] / probabilities[:kept].sum()


def draw(scores: Tensor, temperature: float, top_k: int, top_p: float, generator: torch.Generator) -> int:
    """One token id from `shortlist`, each with its probability."""
    tokens, probabilities = shortlist(scores, temperature, top_k, top_p)
    return int(tokens[torch.multinomial(probabilities.cpu(), 1, generator=generator)])


def tempered(scores: Tensor, temperature: float, top_k: int, top_p: float, least: int) -> Tensor:
    """Log-probabilities of one position, shape (vocabulary,), over the temperature; outside the `shortlist` -inf."""
    tokens, _ = shortlist(scores, temperature, top_k, top_p, least)
    return torch.full_like(scores, -torch.inf).index_copy(0, tokens, scores[tokens] / temperature)


def without_repeats(scores: Tensor, tokens: Sequence[int], size: int) -> Tensor:
    """`scores`, shape (vocabulary,), with -inf for each token that `would_repeat` names."""
    forbidden = torch.tensor(would_repeat(tokens, size), dtype=torch.long, device=scores.device)
    return scores.index_fill(0, forbidden, -torch.inf)


def less_likely_again(scores: Tensor, tokens: Sequence[int], penalty: float) -> Tensor:
    """`scores`, shape (vocabulary,), with those of `tokens` divided by `penalty`, or where below 0 multiplied.

    The repetition penalty of CTRL (Keskar et al. 2019, https://arxiv.org/abs/1909.05858); 1 changes nothing.
    """
    seen = torch.tensor(sorted(set(tokens)), dtype=torch.long, device=scores.device)
    of_seen = scores[seen]
    return scores.index_copy(0, seen, torch.where(of_seen > 0, of_seen / penalty, of_seen * penalty))


def would_repeat(tokens: Sequence[int], size: int) -> list[int]:
    """The tokens that would complete a sequence of `size` tokens that has occurred before. 0 forbids nothing.

    After the tokens 5 6 7 5 6 and with size 3, the last two are 5 6, which stood before a 7: so 7 is forbidden.
    """
    if size == 0:
        return []
    begun = tokens[len(tokens) - size + 1 :]
    starts = range(len(tokens) - size + 1)
    return [tokens[start + size - 1] for start in starts if tokens[start : start + size - 1] == begun]

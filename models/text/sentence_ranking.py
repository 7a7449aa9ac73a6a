"""How much each sentence of a text says of the whole, and which few say most of it without repeating one another.

Knows numbers and words, not models: the sentences' vectors come from elsewhere. The parts are well known:

- **Centrality**: LexRank (Erkan & Radev, 2004, https://arxiv.org/abs/1109.2128), here on the similarity of sentence
  vectors. Whoever walks from sentence to sentence, rather to similar ones, is most often at the central ones.
- **Position**: reports tell the main thing first.
- **Repetition**: what a text is about, it names again and again (Luhn, 1958).
- **Redundancy**: MMR, maximal marginal relevance (Carbonell & Goldstein, 1998,
  https://doi.org/10.1145/290941.291025), which takes the best sentence that is unlike those taken before.

The weights below were chosen on news articles; `training.summarization` tells which, and measures what they are worth.
"""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.text.passages import NO_SPACES
from models.text.stop_words import STOP_WORDS

Numbers = NDArray[np.floating]

DAMPING = 0.85  # with what is left of 1 the walk jumps to any sentence, as in LexRank and PageRank
# Sentences of one text are all somewhat alike; squared, their similarities tell the very similar ones from the others.
SHARPNESS = 2
ENOUGH, MOST_STEPS = 1e-6, 200
CENTRALITY_WEIGHT, REPETITION_WEIGHT, FIRST_BONUS, REDUNDANCY_WEIGHT = 0.3, 1.2, 0.2, 0.2

# Letters and digits, with the vowel signs of Indian scripts, which to Python are neither.
WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0900-\u0dff])*")


def similarities(vectors: Numbers) -> Numbers:
    """Cosine similarities of (sentences, width) vectors of length 1: (sentences, sentences), 0 to 1, opposites 0."""
    return np.clip(vectors @ vectors.T, 0.0, 1.0)


def lexrank(similar: Numbers, damping: float = DAMPING, sharpness: float = SHARPNESS) -> Numbers:
    """How often a random walk is at each sentence: (sentences,), above 0, 1 on average.

    Each step goes from a sentence to another in proportion to their similarity (`similar`, 0 to 1, to the power of
    `sharpness`), or, with probability 1 - `damping`, to any. Found by power iteration.

    Three sentences of which the first is like both others (0.5), and these are not like each other, have the weights

        [[0,    0.25, 0.25],
         [0.25, 0,    0   ],
         [0.25, 0,    0   ]]

    From the first the walk goes to either of the others, from these only back to it: it is there nearly half the time,
    and their ranks are 1.46, 0.77 and 0.77.
    """
    weights = similar**sharpness  # (sentences, sentences), row: from, column: to
    np.fill_diagonal(weights, 0.0)  # else a sentence unlike all others would hold the walk that came to it by chance
    leaving = weights.sum(axis=1)  # (sentences,)
    lonely = leaving == 0  # from there the walk goes anywhere
    leaving[lonely] = 1.0
    rank: Numbers = np.ones(len(similar))
    for _ in range(MOST_STEPS):
        # (sentences,) @ (sentences, sentences): each sentence hands its rank on, in shares that add up to 1.
        stepped = (rank / leaving) @ weights + rank[lonely].sum() / len(rank)
        following: Numbers = 1.0 - damping + damping * stepped
        if np.abs(following - rank).max() < ENOUGH:
            return following
        rank = following
    return rank


def positions(count: int) -> Numbers:
    """1 at the beginning, falling evenly towards 0 at the end; the very first sentence gets a bonus of 0.2."""
    falling = 1.0 - np.arange(count) / max(count, 1)
    falling[:1] += FIRST_BONUS
    return falling


def repetitions(sentences: Sequence[str]) -> Numbers:
    """For each sentence the share of its different words, 0 to 1, that other sentences use as well.

    Case, the plural's “s” and words without a meaning of their own (“the”, “of”) do not count.
    """
    words = [content_words(sentence) for sentence in sentences]
    used = Counter(word for of_sentence in words for word in of_sentence)
    return np.array([sum(used[word] > 1 for word in own) / max(len(own), 1) for own in words])


def content_words(sentence: str) -> set[str]:
    """The different words of a sentence that mean something by themselves."""
    words = [part for word in WORD.findall(re.sub(r"['’]s\b", "", sentence.lower())) for part in _parts(word)]
    return {_singular(word) for word in words if len(word) > 1 and word not in STOP_WORDS}


def _parts(word: str) -> list[str]:
    """A word; of Chinese or Japanese, where nothing tells where one ends, each two neighbouring characters."""
    return [word[n : n + 2] for n in range(len(word) - 1)] if len(word) > 2 and NO_SPACES.match(word) else [word]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def relevance(centrality: Numbers, position: Numbers, repetition: Numbers) -> Numbers:
    """One score for each sentence, higher is better; any number. Centrality counts by its logarithm."""
    return CENTRALITY_WEIGHT * np.log(centrality) + position + REPETITION_WEIGHT * repetition


def choose(scores: Numbers, similar: Numbers, words: Sequence[float], budget: float) -> list[int]:
    """The numbers of the chosen sentences in the text's order: at least one, together about `budget` words.

    Takes the best sentence again and again, each time after MMR's deduction for likeness to those already taken, until
    the next one would lead farther from the budget than stopping. A score of -inf is never taken.
    """
    taken: list[int] = []
    total, left, likeness = 0.0, scores.astype(float), np.zeros(len(scores))
    while len(taken) < len(scores):
        best = int(np.argmax(left - REDUNDANCY_WEIGHT * likeness))
        if left[best] == -np.inf or (taken and total + words[best] / 2 > budget):
            break
        taken.append(best)
        total += words[best]
        left[best] = -np.inf
        likeness = np.maximum(likeness, similar[best])
    return sorted(taken)

"""Diffusion in two dimensions, exact: noise becomes points of a figure, with a denoiser that needs no training.

The figures are sets of points x₁ … x_N, each blurred a little (a Gaussian of the spread s). Noise is added to them as
in DDPM (Ho et al., 2020, equation 4), with ᾱ the share of the variance that is still figure:

    x_t = √ᾱ_t · x₀ + √(1 − ᾱ_t) · ε,        ε ~ N(0, I)

A network learns to guess x₀ from x_t, and the best guess is the mean of all x₀ that can have led there (Karras et al.,
2022, equations 3 and 57). For a set of points it can be written down, with v_t = ᾱ_t s² + 1 − ᾱ_t:

    w_i(x) ∝ exp(−|x − √ᾱ_t x_i|² / 2 v_t)
    D(x, t) = Σ w_i (x_i + √ᾱ_t s² / v_t · (x − √ᾱ_t x_i))

From that follows the noise, ε̂ = (x − √ᾱ_t D) / √(1 − ᾱ_t), and from the noise the next, less noisy x: the step of DDIM
without randomness (Song et al., 2021, equation 12). Guidance (Ho & Salimans, 2022, equation 6) goes beyond what one
figure asks for, away from what all figures together do. Knows numpy alone.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # (points, 2)

NOISE, RHO = (10.0, 0.02), 7  # σ from where nothing of the figure is left to where nothing of the noise is seen
SPREAD = 0.05  # s: of figures whose variance is 1
POINTS_A_FIGURE = 200


@dataclass(frozen=True)
class Moment:
    """The points between two steps: how many steps are done, the share ᾱ of figure, where they are, and the guess D."""

    step: int
    share: float
    points: Points
    guess: Points


def figures() -> dict[str, Points]:
    """The figures by their names, each of POINTS_A_FIGURE points, around (0, 0) with a variance of 1, as noise has."""
    turns = np.linspace(0, 1, POINTS_A_FIGURE)
    angle = 2 * np.pi * turns
    half = np.linspace(0, np.pi, POINTS_A_FIGURE // 2)
    outer = np.stack([np.cos(half) - 0.5, np.sin(half) - 0.25], axis=1)
    heart = np.stack(
        [16 * np.sin(angle) ** 3,
         13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)], axis=1
    )  # fmt: skip
    spiral = np.stack([turns * np.cos(2 * angle), turns * np.sin(2 * angle)], axis=1)
    star = 1 - 0.6 * np.abs((turns * 10 + 1) % 2 - 1)
    found = {
        "a spiral": spiral,
        "two moons": np.concatenate([outer, -outer]),
        "a heart": heart,
        "a star": np.stack([star * np.sin(angle), star * np.cos(angle)], axis=1),
    }
    return {name: (points - points.mean(0)) / points.std() for name, points in found.items()}


def shares(steps: int) -> NDArray[np.float64]:
    """ᾱ after each of the steps backwards, from 1 in 100 to 1: (steps + 1,).

    The noise σ = √((1 − ᾱ) / ᾱ) is laid out as by Karras et al. (2022, equation 5): the less there is, the closer the
    steps, since that is where the figure is decided.
    """
    first, last = (level ** (1 / RHO) for level in NOISE)
    noise = (first + np.linspace(0, 1, steps) * (last - first)) ** RHO
    return np.append(1 / (1 + noise**2), 1.0)


def best_guess(x: Points, share: float, figure: Points, spread: float = SPREAD) -> Points:
    """D(x, t): the mean of all points of the blurred figure that can have led to `x`, for each row of `x`."""
    root, variance = math.sqrt(share), share * spread**2 + 1 - share
    middles = root * figure
    # |x − m|², without |x|², which is the same for all weights of a point: (points, figure)
    logits = (2 * x @ middles.T - (middles**2).sum(axis=1)) / (2 * variance)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    pull = root * spread**2 / variance
    guess: Points = weights @ figure + pull * (x - root * (weights @ figure))
    return guess


def noise_in(x: Points, share: float, guess: Points) -> Points:
    """ε̂: the noise in `x` where its figure is guessed."""
    noise: Points = (x - math.sqrt(share) * guess) / math.sqrt(1 - share)
    return noise


def step_to(share: float, guess: Points, noise: Points) -> Points:
    """The points with less noise: the guess and the guessed noise mixed anew (DDIM without randomness)."""
    mixed: Points = math.sqrt(share) * guess + math.sqrt(1 - share) * noise
    return mixed


def guided(with_figure: Points, without: Points, guidance: float) -> Points:
    """What one figure asks for, `guidance` times as far from what is asked for without it; 1: that figure alone."""
    return without + guidance * (with_figure - without)


def draw(
    name: str,
    steps: int,
    guidance: float = 1.0,
    seed: int = 0,
    count: int = 400,
    known: Mapping[str, Points] | None = None,
    spread: float = SPREAD,
) -> Iterator[Moment]:
    """The moments from pure noise to `count` points of the figure called `name`: `steps` + 1 of them.

    `known` are the figures by their names, the ones of this module unless given. Raises KeyError for another name.
    """
    known = known or figures()
    figure, everything = known[name], np.concatenate([*known.values()])
    x = np.random.default_rng(seed).standard_normal((count, 2))
    schedule = shares(steps)
    for step in range(steps):
        now, then = float(schedule[step]), float(schedule[step + 1])
        noise = noise_in(x, now, best_guess(x, now, figure, spread))
        if guidance != 1:
            noise = guided(noise, noise_in(x, now, best_guess(x, now, everything, spread)), guidance)
        guess = (x - math.sqrt(1 - now) * noise) / math.sqrt(now)
        yield Moment(step, now, x, guess)
        x = step_to(then, guess, noise)
    yield Moment(steps, 1.0, x, x)


def moments_to_show(steps: int, most: int) -> Sequence[int]:
    """Which of the moments 0 … `steps` a filmstrip shows: the first, the last, and as many between as there is room."""
    return sorted({round(number) for number in np.linspace(0, steps, min(most, steps + 1))})

"""Diffusion in two dimensions, against what can be worked out otherwise, and against diffusers' own scheduler."""

import numpy as np
import pytest

from models.pictures.points_from_noise import (
    SPREAD,
    best_guess,
    draw,
    figures,
    guided,
    moments_to_show,
    noise_in,
    shares,
    step_to,
)

SOME = np.random.default_rng(1).standard_normal((7, 2))


def distance_to(figure: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Of each point, to the nearest of the figure."""
    return np.sqrt(((points[:, None] - figure[None]) ** 2).sum(axis=2)).min(axis=1)


@pytest.mark.parametrize("name", figures())
def test_a_figure_is_as_large_as_noise_and_stands_in_its_middle(name: str) -> None:
    figure = figures()[name]
    assert figure.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert figure.std() == pytest.approx(1, abs=0.01)


def test_of_one_blurred_point_the_guess_is_that_of_two_gaussians() -> None:
    """x₀ ~ N(m, s²) and x | x₀ ~ N(√ᾱ x₀, 1 − ᾱ): the mean of x₀ by the textbook's formula for a product of two."""
    share, spread, middle = 0.3, 0.4, np.array([[1.5, -2.0]])
    precision_before, precision_seen = 1 / spread**2, share / (1 - share)
    expected = (middle * precision_before + SOME / np.sqrt(share) * precision_seen) / (
        precision_before + precision_seen
    )

    assert best_guess(SOME, share, middle, spread) == pytest.approx(expected)


def test_of_several_points_the_guess_is_that_of_a_sum_over_a_grid() -> None:
    """Bayes' rule by brute force: the blurred figure laid out on a fine grid, each cell weighed by the noise."""
    share, spread, figure = 0.5, 0.3, np.array([[0.0, 0.0], [1.0, 0.5], [-0.5, 1.0]])
    line = np.linspace(-3, 4, 351)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    before = sum(np.exp(-((grid - point) ** 2).sum(axis=1) / (2 * spread**2)) for point in figure)
    for x in SOME[:3]:
        weights = before * np.exp(-((x - np.sqrt(share) * grid) ** 2).sum(axis=1) / (2 * (1 - share)))
        expected = (weights[:, None] * grid).sum(axis=0) / weights.sum()
        assert best_guess(x[None], share, figure, spread)[0] == pytest.approx(expected, abs=1e-6)


def test_guess_and_noise_together_are_what_is_there() -> None:
    guess = best_guess(SOME, 0.4, figures()["a heart"])
    assert step_to(0.4, guess, noise_in(SOME, 0.4, guess)) == pytest.approx(SOME)


def test_of_one_blurred_point_noise_becomes_the_gaussian_around_it() -> None:
    """With many steps: what was t standard deviations from the middle of the noise ends as many from the point."""
    middle, spread = np.array([[0.5, -1.0]]), 0.4
    *_, last = draw("one", 4_000, seed=3, count=50, known={"one": middle}, spread=spread)
    noise = np.random.default_rng(3).standard_normal((50, 2))

    share = shares(4_000)[0]  # where it begins, the noise stands for N(√ᾱ m, ᾱ s² + 1 − ᾱ)
    expected = middle + spread * (noise - np.sqrt(share) * middle) / np.sqrt(share * spread**2 + 1 - share)
    assert last.points == pytest.approx(expected, abs=5e-3)  # 4,000 steps of a path that is curved


def test_a_step_is_that_of_diffusers_ddim(diffusers_extra: None) -> None:
    import torch
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(clip_sample=False, set_alpha_to_one=True)
    scheduler.set_timesteps(10)
    at, then = scheduler.timesteps[4], scheduler.timesteps[5]
    now, later = (float(scheduler.alphas_cumprod[step]) for step in (at, then))
    guess = best_guess(SOME, now, figures()["a star"])
    noise = noise_in(SOME, now, guess)
    expected = scheduler.step(torch.from_numpy(noise), at, torch.from_numpy(SOME))

    assert guess == pytest.approx(expected.pred_original_sample.numpy(), abs=1e-6)
    assert step_to(later, guess, noise) == pytest.approx(expected.prev_sample.numpy(), abs=1e-6)


@pytest.mark.parametrize("name", figures())
def test_noise_becomes_the_figure_that_was_asked_for(name: str) -> None:
    first, *_, last = draw(name, 40)
    figure = figures()[name]

    assert distance_to(figure, last.points).mean() < 1.5 * SPREAD
    assert distance_to(figure, first.points).mean() > 5 * SPREAD
    assert all(distance_to(other, last.points).mean() > 2 * SPREAD for key, other in figures().items() if key != name)


def test_the_seed_decides_the_noise() -> None:
    def end(seed: int) -> np.ndarray:
        *_, last = draw("a spiral", 5, seed=seed)
        return last.points

    assert np.array_equal(end(1), end(1))
    assert not np.allclose(end(1), end(2))


def test_guidance_one_is_the_figure_alone_and_more_leaves_less_blur() -> None:
    assert guided(SOME, SOME + 1, 1) == pytest.approx(SOME)

    def blur(guidance: float) -> float:
        *_, last = draw("a heart", 30, guidance)
        return float(distance_to(figures()["a heart"], last.points).mean())

    assert blur(3) < 0.8 * blur(1)


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_there_is_a_moment_before_each_step_and_one_after_the_last(steps: int) -> None:
    moments = list(draw("two moons", steps))
    assert [moment.step for moment in moments] == list(range(steps + 1))
    assert [moment.share for moment in moments] == pytest.approx(shares(steps))
    assert moments[-1].share == 1


def test_less_and_less_noise_is_left() -> None:
    assert (np.diff(shares(25)) > 0).all()
    assert shares(25)[0] < 0.01


@pytest.mark.parametrize(("steps", "shown"), [(1, [0, 1]), (4, [0, 1, 2, 3, 4]), (20, [0, 4, 8, 12, 16, 20])])
def test_a_filmstrip_shows_the_first_the_last_and_some_between(steps: int, shown: list[int]) -> None:
    assert moments_to_show(steps, 6) == shown


def test_a_figure_that_does_not_exist() -> None:
    with pytest.raises(KeyError, match="a fox"):
        next(draw("a fox", 3))

"""How fast a training computes, told in operations and as a share of what a plain product reaches."""

import platform
from types import SimpleNamespace

import pytest
import torch

from training import speed
from training.speed import COUNTED_STEPS, TIMED_FROM, SpeedWatch, keep_memory, product_rate


@pytest.fixture
def watch(monkeypatch) -> SpeedWatch:
    """One that takes 8,000 operations a second for what is possible."""
    monkeypatch.setattr(speed, "product_rate", lambda dtype, device: 8_000.0)
    return SpeedWatch(torch.float32, "cpu")


def test_the_operations_of_steps_are_counted_and_the_later_ones_timed(watch, monkeypatch) -> None:
    now = 0.0
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: now))
    for number in range(1, TIMED_FROM + 2):
        watch.on_step_begin(None, None, None)
        torch.ones(2, 10) @ torch.ones(10, 100)  # 2 × 10 × 100 multiplications and as many additions
        now += 2.0
        watch.on_step_end(None, None, None)
        assert (watch.speed() is None) == (number < TIMED_FROM)
    assert watch.speed() == speed.Speed(operations=2_000.0, share=0.25, seconds_a_step=2.0)
    assert len(COUNTED_STEPS) < TIMED_FROM


def test_a_product_of_matrices_says_what_is_possible(monkeypatch) -> None:
    monkeypatch.setattr(speed, "SIZE", 64)
    assert product_rate(torch.float32, seconds=0.0) > 1e6


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep memory")
def test_memory_is_kept_where_the_system_allows_it() -> None:
    assert keep_memory()


def test_elsewhere_nothing_is_done(monkeypatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_memory()

"""Histograms: every value is in one bin, and a giant does not flatten the rest."""

import random

from training.exploration.lengths import histogram


def test_bins_have_no_gaps_and_hold_what_lies_in_them() -> None:
    choose = random.Random(0)
    for _ in range(50):
        values = [choose.randint(0, choose.choice([3, 40, 5000])) for _ in range(choose.randint(1, 300))]
        bins = histogram(values).bins
        assert [one.low for one in bins[1:]] == [one.high + 1 for one in bins[:-1]]
        assert (bins[0].low, bins[-1].high >= max(values)) == (min(values), True)
        assert [one.count for one in bins] == [sum(one.low <= v <= one.high for v in values) for one in bins]
        assert len(bins) <= 24


def test_a_giant_gets_into_the_last_bin() -> None:
    bins = histogram([*range(1, 25)] * 20 + [10_000_000]).bins
    assert len(bins) == 24
    assert (bins[0].high, bins[-1].low, bins[-1].high, bins[-1].count) == (1, 24, 10_000_000, 21)


def test_nothing_has_no_bins() -> None:
    assert histogram([]).bins == ()

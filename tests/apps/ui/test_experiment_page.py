"""The time that is left, as the pages of experiments tell it."""

from types import SimpleNamespace

import pytest

from apps.ui import experiment_page
from apps.ui.experiment_page import time_left


@pytest.mark.parametrize(("first", "half"), [(0.0, 0.5), (0.2, 0.6)])
def test_time_left_is_guessed_from_the_first_step_on(
    monkeypatch: pytest.MonkeyPatch, first: float, half: float
) -> None:
    left = time_left()
    moments = iter([600.0, 630.0])  # ten minutes in the queue tell nothing of the work
    monkeypatch.setattr(experiment_page, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    assert left(first) == "Guessing how long it will take"
    assert left(half) == "About 30 s left"

"""Stop, as it is read between two steps."""

import threading

import pytest
import torch

from models.cancellation import stop_if, stopping_criteria
from models.errors import Cancelled


def test_only_an_event_that_is_set_stops() -> None:
    event = threading.Event()
    stop_if(None)
    stop_if(event)
    event.set()
    with pytest.raises(Cancelled):
        stop_if(event)


def test_generate_is_told_for_each_beam_whether_to_stop() -> None:
    event = threading.Event()
    criteria = stopping_criteria(event)
    ids, scores = torch.zeros(3, 5, dtype=torch.long), torch.zeros(3, 10)
    assert criteria(ids, scores).tolist() == [False, False, False]
    event.set()
    assert criteria(ids, scores).tolist() == [True, True, True]
    assert stopping_criteria(None)(ids, scores).tolist() == [False, False, False]

"""Ctrl-C while a command loads its model."""

import contextlib
import signal

import pytest

from apps.terminal.work import interrupt_kept


def test_an_interrupt_that_a_library_swallows_still_ends_the_command() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupt_kept(), contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_without_an_interrupt_nothing_is_raised() -> None:
    with interrupt_kept():
        pass

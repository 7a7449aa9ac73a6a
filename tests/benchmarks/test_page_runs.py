"""The soak's verdict, on servers whose memory is made up."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from benchmarks import page_runs


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What a server was asked to do, in order."""
    asked: list[tuple[str, int]] = []

    @contextmanager
    def started(collecting: bool) -> Iterator[tuple[int, None]]:
        assert not collecting
        yield 8501, None

    monkeypatch.setattr(page_runs, "server", started)
    monkeypatch.setattr(page_runs, "open_pages", lambda port, runs: asked.append(("runs", runs)))
    monkeypatch.setattr(page_runs, "compute", lambda port, times: asked.append(("computations", times)))
    return asked


def remember(monkeypatch: pytest.MonkeyPatch, *megabytes: int) -> None:
    levels = iter(megabytes)
    monkeypatch.setattr(page_runs, "megabytes", lambda process: next(levels))


def test_memory_within_a_twentieth_of_its_level_is_steady(
    server: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(monkeypatch, 1000, *[1010, 990] * 4, 950, 1050)

    assert page_runs.soak(2000, 500)
    assert "-5.0% to +5.0%, steady" in capsys.readouterr().out
    measured = server[2:]
    assert sum(count for what, count in measured if what == "runs") == 2000
    assert sum(count for what, count in measured if what == "computations") == 500


def test_memory_that_creeps_is_told(
    server: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    remember(monkeypatch, 1000, *range(1006, 1066, 6))

    assert not page_runs.soak(2000, 500)
    assert "NOT steady" in capsys.readouterr().out

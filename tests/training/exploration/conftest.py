"""A hub on loopback with datasets: texts in Parquet with a card, pictures in Parquet, a CSV file, a script."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.weights import transfer
from tests.loopback_hub import LoopbackHub
from tests.training.exploration import served


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """What `served` writes, at a hub that this process asks."""
    monkeypatch.setattr(transfer, "RETRY_PAUSE_SECONDS", 0.01)
    with LoopbackHub(served.repositories(tmp_path / "served")) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server

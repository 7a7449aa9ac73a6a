"""What several tests of quantization need."""

from pathlib import Path

import pytest

from tests.conftest import TinyModels
from tests.quantization.wide import KINDS, Kind, save_wide


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory, tiny_models: TinyModels) -> dict[Kind, Path]:
    """A model of each kind, as wide as the real ones. Tests read these folders and write to their own."""
    root = tmp_path_factory.mktemp("wide")
    return {kind: save_wide(tiny_models, kind, root / kind.name) for kind in KINDS}

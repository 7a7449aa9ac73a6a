"""A classroom machine for page tests: tiny models lie in the Hugging Face cache under the catalog's names."""

import os
import shutil
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def put_in_cache(model_id: str, folder: Path, cache: Path | None = None) -> Path:
    """Copy a checkpoint into `cache` (HF_HUB_CACHE) as the snapshot of `model_id`; the snapshot's folder."""
    storage = (cache or Path(os.environ["HF_HUB_CACHE"])) / f"models--{model_id.replace('/', '--')}"
    snapshot = storage / "snapshots" / COMMIT
    shutil.copytree(folder, snapshot)
    (storage / "refs").mkdir()
    (storage / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    return snapshot

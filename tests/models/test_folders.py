"""Where the suite's folders are."""

from pathlib import Path

import pytest

from models.folders import cache_folder, huggingface_cache


def test_caches_follow_the_settings_at_each_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    assert huggingface_cache() == tmp_path / "home" / "hub"
    monkeypatch.setenv("AULA_HOME", str(tmp_path / "ours"))
    assert cache_folder() == tmp_path / "ours"

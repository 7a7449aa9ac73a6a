"""Where the suite's folders are."""

from pathlib import Path

import pytest

from models.folders import at_home, cache_folder, huggingface_cache, place_named


def test_caches_follow_the_settings_at_each_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    assert huggingface_cache() == tmp_path / "home" / "hub"
    monkeypatch.setenv("AULA_HOME", str(tmp_path / "ours"))
    assert cache_folder() == tmp_path / "ours"


@pytest.mark.parametrize("name", ["", " ", "x" * 5_000, "~nobody-of-this-name/x", "a\0b", "no such folder"])
def test_what_can_be_no_place_is_none(name: str) -> None:
    assert place_named(name) is None


def test_a_place_is_found_also_beneath_ones_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "model").mkdir()
    assert place_named("~/model") == tmp_path / "model"
    assert place_named(str(tmp_path / "model")) == tmp_path / "model"


def test_a_home_that_nobody_has_is_a_name_like_any_other() -> None:
    assert at_home("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")
    assert at_home("~/x") == Path.home() / "x"

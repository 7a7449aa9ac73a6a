"""How long torch's threads spin: what is set, where, and that a user's own setting stays."""

import os
import subprocess
import sys

import pytest

from models.wait_policy import SETTINGS, keep_waiting_short


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SETTINGS:
        monkeypatch.setenv(name, "")  # noted, so that it is taken back
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize(
    ("system", "name"), [("linux", "GOMP_SPINCOUNT"), ("win32", "KMP_BLOCKTIME"), ("darwin", "KMP_BLOCKTIME")]
)
def test_each_system_is_told_in_the_words_of_its_runtime(unset: pytest.MonkeyPatch, system: str, name: str) -> None:
    unset.setattr(sys, "platform", system)

    keep_waiting_short()

    assert [found for found in SETTINGS if found in os.environ] == [name]


@pytest.mark.parametrize("name", SETTINGS)
def test_what_the_user_has_set_stays(unset: pytest.MonkeyPatch, name: str) -> None:
    unset.setenv(name, "own")

    keep_waiting_short()

    assert {found: os.environ.get(found) for found in SETTINGS} == dict.fromkeys(SETTINGS) | {name: "own"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other runtimes")
def test_the_runtime_of_torch_hears_of_it() -> None:
    program = "import models, torch; torch.ones(2).exp_(); print(torch.__config__.parallel_info())"
    told = {name: value for name, value in os.environ.items() if name not in SETTINGS} | {"OMP_DISPLAY_ENV": "VERBOSE"}

    ended = subprocess.run([sys.executable, "-c", program], env=told, capture_output=True, text=True, check=True)

    assert "GOMP_SPINCOUNT = '2000'" in ended.stderr

"""Which torch a machine gets, tried with indexes on loopback whose torch is two lines long."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from apps.setup import torch_build
from apps.setup.torch_build import (
    has_card,
    has_torch_for_processors,
    is_for_processors,
    torch_pins,
    without_cards,
)
from tests.test_aula import ROOT, build_house, make_wheel, packages, settings

pytestmark = pytest.mark.skipif(os.name == "nt", reason="lays out .venv as Linux and macOS do")
REQUIREMENTS = """chalk==1.0
torch==2.0
torchvision==0.2 ; sys_platform == 'linux'
nvidia-cublas==13.0 ; sys_platform == 'linux'
nvidia-ml-py==1.0
triton==3.0 ; sys_platform == 'linux'
cuda-toolkit==13.0
"""
ENTER = "import sys; from apps.setup import torch_build; torch_build.sys.platform = 'linux'; {}; \
from apps.setup.door import enter; sys.exit(enter(sys.argv[1:]))"
NO_CARD, A_CARD = (ENTER.format(f"torch_build.has_card = lambda: {found}") for found in (False, True))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *anything: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of two indexes: `usual`, which has everything, and `processors`, which has torch without cards."""
    folder = tmp_path_factory.mktemp("indexes")
    usual = {"chalk": "1.0", "nvidia-cublas": "13.0", "nvidia-ml-py": "1.0", "triton": "3.0", "cuda-toolkit": "13.0"}
    for name, version in usual.items():
        module = name.replace("-", "_")
        make_wheel(folder / "usual" / name, version, module, writes=module)
    for name, version in (("torch", "2.0"), ("torchvision", "0.2")):
        make_wheel(folder / "usual" / name, version, name, writes=name, needs="nvidia-cublas")
        make_wheel(folder / "usual" / name, "0.3", name, writes=name, needs="nvidia-cublas")
        make_wheel(folder / "processors" / name, f"{version}+cpu", name, writes=name)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with server:
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def house(tmp_path: Path) -> Path:
    house = build_house(tmp_path)
    (house / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    return house


def start(house: Path, indexes: str, how: str, *arguments: str, processors: str = "processors") -> str:
    """Start the house on a machine with a card or without; what was said meanwhile."""
    reach = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": f"{indexes}/usual", "PIP_NO_CACHE_DIR": "1"}
    environment = settings(house, **reach, AULA_TORCH_INDEX=f"{indexes}/{processors}")
    started = subprocess.run(
        [sys.executable, "-c", how, *arguments], capture_output=True, text=True, cwd=house, env=environment
    )
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout)["has"]
    return started.stderr


def installed(house: Path) -> set[str]:
    """Names with versions of what the test's indexes have."""
    records = (record.name.removesuffix(".dist-info") for record in packages(house).glob("*.dist-info"))
    return {record for record in records if not record.startswith(("pip-", "setuptools-", "chalk-"))}


SMALL = {"torch-2.0+cpu", "torchvision-0.2+cpu", "nvidia_ml_py-1.0"}
WHOLE = {"torch-2.0", "torchvision-0.2", "nvidia_ml_py-1.0", "nvidia_cublas-13.0", "triton-3.0", "cuda_toolkit-13.0"}


def test_without_a_card_it_gets_the_torch_for_processors_and_the_other_when_asked(house: Path, indexes: str) -> None:
    said = start(house, indexes, NO_CARD)
    assert installed(house) == SMALL
    assert "some 3 GB" in said
    assert "This machine shows no NVIDIA card" in said

    repaired = start(house, indexes, NO_CARD, "setup", processors="gone")  # what is there needs no index
    assert installed(house) == SMALL
    assert "Checking" in repaired
    assert start(house, indexes, A_CARD) == ""  # a card that came later changes nothing by itself

    start(house, indexes, NO_CARD, "setup", "--cuda")
    assert installed(house) == WHOLE
    start(house, indexes, NO_CARD, "setup")
    assert installed(house) == WHOLE


def test_a_change_to_cuda_that_was_broken_off_is_finished(house: Path, indexes: str) -> None:
    start(house, indexes, NO_CARD)
    pip = [str(house / ".venv/bin/python"), "-m", "pip", "install", "--force-reinstall", "--no-deps", "torch==2.0"]
    reach = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": f"{indexes}/usual", "PIP_NO_CACHE_DIR": "1"}
    subprocess.run(pip, check=True, capture_output=True, env=settings(house, **reach))
    (house / ".venv/aula-setup.json").unlink()

    start(house, indexes, NO_CARD)

    assert WHOLE - {"torchvision-0.2"} <= installed(house)


@pytest.mark.parametrize(("how", "processors"), [(A_CARD, "processors"), (NO_CARD, "gone")])
def test_with_a_card_or_without_an_answer_it_gets_what_the_usual_index_has(
    house: Path, indexes: str, how: str, processors: str
) -> None:
    said = start(house, indexes, how, processors=processors)
    assert installed(house) == WHOLE
    assert "some 7 GB" in said
    assert "ERROR" not in said


def test_an_index_that_lacks_this_version_is_no_end(house: Path, indexes: str) -> None:
    newer = REQUIREMENTS.replace("torchvision==0.2", "torchvision==0.3")
    (house / "requirements.txt").write_text(newer, encoding="utf-8")
    said = start(house, indexes, NO_CARD)
    assert installed(house) == {*WHOLE - {"torchvision-0.2"}, "torchvision-0.3"}
    assert "PyTorch's index does not have it for this Python" in said


def test_a_card_is_seen_by_its_driver_or_on_the_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "CARDS", (str(tmp_path / "nvidiactl"),))
    monkeypatch.setattr(torch_build, "PCI_DEVICES", tmp_path / "devices")
    monkeypatch.setattr(torch_build.shutil, "which", lambda name: None)
    assert not has_card()
    for number, maker in enumerate(("0x8086", "0x10de")):
        device = tmp_path / "devices" / f"0000:0{number}:00.0"
        device.mkdir(parents=True)
        (device / "vendor").write_text(f"{maker}\n", encoding="ascii")
        assert has_card() == (maker == torch_build.NVIDIA)
    (device / "vendor").unlink()
    assert not has_card()
    (tmp_path / "nvidiactl").touch()
    assert has_card()


def test_other_systems_and_wishes_are_not_asked_for_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "has_card", lambda: pytest.fail("looked for a card"))
    for system in ("win32", "darwin"):
        monkeypatch.setattr(torch_build.sys, "platform", system)
        assert not is_for_processors(tmp_path)
    monkeypatch.setattr(torch_build.sys, "platform", "linux")
    assert not is_for_processors(tmp_path, cuda=True)


@pytest.mark.parametrize(
    ("records", "small"),
    [
        ((), False),
        (("torch-2.0+cpu",), True),
        (("torch-2.0+cpu", "triton-3.0"), True),
        (("torch-2.0", "nvidia_ml_py-1.0"), False),  # a set-up that was broken off before the libraries came
        (("torch-2.0", "nvidia_cublas-13.0"), False),
        (("torch-2.0", "cuda_bindings-13.0"), False),
        (("torchvision-0.2+cpu",), False),
    ],
)
def test_the_torch_that_is_there_is_known_by_its_records(tmp_path: Path, records: tuple[str, ...], small: bool) -> None:
    for record in records:
        (tmp_path / f"{record}.dist-info").mkdir()
    assert has_torch_for_processors(tmp_path) == small


def test_no_index_is_asked_where_pip_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "urlopen", lambda *a, **b: pytest.fail("asked"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert not torch_build.answers()


def test_of_the_suites_own_lock_only_libraries_of_cards_are_left_out() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    left_out = {line.partition("==")[0] for line in set(lines) - {*without_cards(lines)}}
    assert {"triton", "cuda-toolkit", "nvidia-cublas", "nvidia-cudnn-cu13"} <= left_out
    assert all(name.startswith(("nvidia-", "cuda-", "triton")) for name in left_out)
    assert "nvidia-ml-py" not in left_out
    assert [pin.partition("==")[0] for pin in torch_pins(lines)] == ["torch", "torchvision"]

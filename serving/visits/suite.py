"""Starts a suite of its own on a free port of this machine, with caches of its own, and ends it whatever happens."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from models.errors import AulaError
from quantization.automatic import speeds

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 180.0  # seconds that a slow machine may take to start
_GRACE = 10.0  # seconds to end by itself
_LOOK = 0.1


class SuiteDidNotStart(AulaError):
    """The server ended before it answered, or never answered."""


@dataclass(frozen=True)
class RunningSuite:
    """A suite that answers on `port` of this machine."""

    port: int
    process: psutil.Process

    @property
    def memory(self) -> int:
        """Resident bytes of the server and whatever it has started."""
        total = 0
        for process in (self.process, *self.process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):  # one that has just ended
                total += process.memory_info().rss
        return total

    @property
    def seconds(self) -> float:
        """Seconds of a core that the server has used."""
        return float(sum(self.process.cpu_times()[:2]))


@contextlib.contextmanager
def running_suite(settings: Mapping[str, str] | None = None) -> Iterator[RunningSuite]:
    """The suite without network or downloaded models; `settings` are further environment variables.

    It takes the precisions that were measured on this machine before, and measures none while it is measured itself.

    Raises:
        SuiteDidNotStart: it ended, or did not answer.
    """
    with tempfile.TemporaryDirectory(prefix="aula-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        own = {"AULA_HOME": f"{folder}/aula", "HF_HUB_CACHE": f"{folder}/huggingface", "HF_HUB_OFFLINE": "1"}
        own["AULA_RACE"] = "0"
        with contextlib.suppress(OSError):  # nothing was measured yet
            shutil.copytree(speeds.folder(), f"{folder}/aula/speeds")
        command = [sys.executable, str(ROOT / "apps" / "cli.py"), "run", "--no-browser", "--port", str(port)]
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | own | dict(settings or {}),
            start_new_session=True,  # a Ctrl-C is for whoever measures; the server ends below
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield RunningSuite(port, psutil.Process(server.pid))
        finally:
            _end(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(address, timeout=2):
                return
        except OSError:
            time.sleep(_LOOK)
    raise SuiteDidNotStart("The suite did not start. `python aula.py run` shows why.")


def _end(server: "subprocess.Popen[bytes]") -> None:
    server.terminate()
    try:
        server.wait(_GRACE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()

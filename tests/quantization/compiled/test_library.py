"""OpenVINO reports its use to its makers unless it is stopped: in a fresh process, nothing is written or asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

WATCHED = """
import os, sys
seen = []

def look(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        seen.append((event, str(arguments)))
    if event == "open" and isinstance(arguments[0], (str, bytes)) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        seen.append((event, os.fsdecode(arguments[0])))
    if event in ("os.mkdir", "subprocess.Popen", "os.posix_spawn", "os.fork"):
        seen.append((event, str(arguments[0])))

import torch
sys.addaudithook(look)
from quantization.compiled.library import core, openvino

class Double(torch.nn.Module):
    def forward(self, x):
        return x * 2

with torch.no_grad():
    graph = openvino().convert_model(Double(), example_input=torch.ones(2))
program = core().compile_model(graph, "CPU")
assert program([torch.ones(2).numpy()])[0].tolist() == [2.0, 2.0]
assert "openvino" in sys.modules
wrong = [each for each in seen if "__pycache__" not in each[1] and each[1] != os.devnull]
assert not wrong, wrong
"""


@pytest.mark.process
def test_openvino_sends_nothing_and_writes_nothing_into_a_home(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    places = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "TMPDIR": str(tmp_path / "tmp")}
    # Without CI: where that is set, the reporter keeps still by itself.
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | places
    command = [sys.executable, "-W", "ignore", "-c", WATCHED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["tmp"]

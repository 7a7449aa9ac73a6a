"""What importing ultralytics leaves as it was, each in a Python process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[3]

# Runs in a process of its own: what the first import of ultralytics does can be seen only once.
PROGRAM = """
import json, os, sys
sys.path.insert(0, {root!r})
sys.dont_write_bytecode = True
written, network, programs = [], [], []

def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        network.append(event + " " + str(arguments))
    elif event == "subprocess.Popen":
        programs.append(str(arguments[1]))
    elif event in ("os.mkdir", "os.rename", "os.remove", "shutil.copyfile"):
        written.append(str(arguments[0]))
    elif event == "open" and (set(str(arguments[1])) & set("wax+") or (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)):
        written.append(str(arguments[0]))

sys.addaudithook(watch)
{before}
from pathlib import Path
from PIL import Image
from models.catalog import ModelCard, Task
from models.object_detection import ObjectDetector
from models.pictures.ultralytics_setup import TELLERS

card = ModelCard("tiny", Task.OBJECT_DETECTION, path=Path({weights!r}))
detector = ObjectDetector.load(card, device="cpu")
detector.detect(Image.new("RGB", (64, 64)))
import torch
from ultralytics.utils import AUTOINSTALL, ONLINE, SAFE_LOAD, SETTINGS, SETTINGS_FILE
print(json.dumps(dict(
    threads=torch.get_num_threads(), omp=os.environ.get("OMP_NUM_THREADS"), written=written,
    network=network, programs=programs,
    settings=str(SETTINGS_FILE), on=[name for name in TELLERS if SETTINGS[name]],
    online=ONLINE, autoinstall=AUTOINSTALL, safe_load=SAFE_LOAD,
    replaced=[name for name in (torch.save.__module__, Image.open.__module__) if "ultralytics" in name],
)))
"""


def in_fresh_process(tmp_path: Path, weights: Path, before: str = "") -> dict:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("YOLO", "OMP", "PYTEST"))}
    (tmp_path / "tmp").mkdir(exist_ok=True)
    variables |= {"HOME": str(tmp_path / "home"), "AULA_HOME": str(tmp_path / "aula"), "TMPDIR": str(tmp_path / "tmp")}
    program = PROGRAM.format(root=str(ROOT), weights=str(weights), before=before)
    done = subprocess.run([sys.executable, "-c", program], env=variables, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # and nothing but: the terminal's results go to standard output


def test_ultralytics_enters_a_fresh_process_without_a_trace(tmp_path, tiny_models) -> None:
    plain = subprocess.run(
        [sys.executable, "-c", "import torch; print(torch.get_num_threads())"],
        env={name: value for name, value in os.environ.items() if not name.startswith("OMP")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen = in_fresh_process(tmp_path, tiny_models.yolov5u())
    assert seen["threads"] == int(plain.stdout)
    assert seen["omp"] is None
    assert seen["network"] == []
    assert [program for program in seen["programs"] if "pip" in program] == []
    cache, temporary = str(tmp_path / "aula"), tmp_path / "tmp"
    assert [path for path in seen["written"] if not path.startswith((cache, str(temporary), os.devnull))] == []
    assert list(temporary.iterdir()) == []  # tempfile tries whether it can write there, and cleans up
    assert seen["settings"].startswith(cache)
    assert not (tmp_path / "home").exists()
    assert seen["replaced"] == []
    assert (seen["on"], seen["online"], seen["autoinstall"], seen["safe_load"]) == ([], False, False, True)


def test_threads_that_were_asked_for_are_kept(tmp_path, tiny_models) -> None:
    seen = in_fresh_process(tmp_path, tiny_models.yolov5u(), before="import torch; torch.set_num_threads(3)")
    assert seen["threads"] == 3

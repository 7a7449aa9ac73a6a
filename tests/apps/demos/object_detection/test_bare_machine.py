"""Detection on a machine without a desktop: a slim Debian, a Python container."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[4]

# Lays an empty file over each of these libraries, in a view of the disk that ends with this shell.
HIDING = r"""
for library in $(ldconfig -p | awk '$1 ~ /^lib(GL|EGL|glib|gthread|X11|xcb|SM|ICE)[.-]/ { print $NF }'); do
    mount --bind /dev/null "$(readlink -f "$library")" || exit 1
done
exec "$@"
"""
# Runs a command, and then tells which files this process has mapped as libraries.
PROGRAM = """
import json, sys
sys.path.insert(0, {root!r})
from apps import cli
code = cli.main({arguments!r})
with open("/proc/self/maps") as lines:
    mapped = sorted({{line.split(maxsplit=5)[5].strip() for line in lines if ".so" in line}})
print(json.dumps([code, mapped]))
"""


def hidden() -> list[str]:
    """What to put before a command so that it runs without the libraries of a desktop; nothing where not allowed."""
    for namespace in (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"]):
        prefix = [*namespace, "sh", "-c", HIDING, "sh"]
        try:
            if subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
                return prefix
        except FileNotFoundError:
            break
    return []


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux which libraries a process has")
def test_detection_needs_no_library_of_a_desktop(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "dark.png")
    arguments = ["detect", str(tmp_path / "dark.png"), "--out", str(tmp_path / "runs"), "--model", "aula/yolov5s"]
    program = PROGRAM.format(root=str(ROOT), arguments=arguments)

    ran = subprocess.run([*hidden(), sys.executable, "-c", program], capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr
    code, mapped = json.loads(ran.stdout.splitlines()[-1])
    assert code == 0, ran.stderr
    assert (tmp_path / "runs" / "detect-001" / "detections.csv").is_file()
    of_the_system = [Path(name).name for name in mapped if not Path(name).is_relative_to(sys.prefix)]
    desktop = ("libGL.", "libGLX.", "libEGL.", "libglib-", "libgthread-", "libX11.", "libxcb.", "libSM.", "libICE.")
    assert [name for name in of_the_system if name.startswith(desktop)] == []

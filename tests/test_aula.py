"""The door, tried on copies of it in a temporary folder, with requirements so small that a set-up takes seconds."""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from apps.setup import door

ROOT = Path(__file__).resolve().parent.parent

# What is handed over to: tells which interpreter runs it, and what it was given.
STUB = """
import importlib.util, json, sys
has = importlib.util.find_spec("chalk") is not None
print(json.dumps({"prefix": sys.prefix, "arguments": sys.argv[1:], "has": has}))
sys.exit(7 if "fail" in sys.argv else 0)
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="lays out .venv as Linux and macOS do")


@pytest.fixture
def bare_house(tmp_path: Path) -> Path:
    """A house that nobody has set up."""
    return build_house(tmp_path)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house that has been set up; tests that damage it also see it repaired."""
    house = build_house(tmp_path_factory.mktemp("set-up"))
    assert start(house).returncode == 0
    return house


@pytest.fixture
def unstamped_house(house: Path, tmp_path: Path) -> Path:
    """A house of this test's own, whose set-up broke off at its very end; to make it whole takes a second or two."""
    own = build_house(tmp_path)
    shutil.copytree(house / ".venv", own / ".venv", symlinks=True)
    remove_stamp(own)
    return own


def build_house(folder: Path) -> Path:
    """A copy of the door, whose one requirement is the package `chalk` 1.0 in a folder of wheels."""
    house = folder / "house"
    (house / "apps" / "setup").mkdir(parents=True)
    parts = ("__init__.py", "door.py", "venv.py", "installation.py", "torch_build.py")
    for name in ("aula.py", "apps/__init__.py", *(f"apps/setup/{part}" for part in parts)):
        shutil.copy(ROOT / name, house / name)
    (house / "apps" / "cli.py").write_text(STUB, encoding="utf-8")
    project = '[project]\nname = "house"\ndependencies = ["chalk>=1.0,<2"]\n[dependency-groups]\ntest = ["pencil>=3"]\n'
    (house / "pyproject.toml").write_text(project, encoding="utf-8")
    make_wheel(folder / "wheels", "1.0")
    require(house, "1.0")
    return house


def make_wheel(folder: Path, version: str, name: str = "chalk", writes: str = "chalk", needs: str = "") -> None:
    """A package of two modules in a folder `writes`, as pip installs it; `needs` is another package, if any."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{writes}/__init__.py": f"version = '{version}'\nname = '{name}'\n",
        f"{writes}/colour.py": "white = True\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items()]
    files[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)


def _digest(content: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).decode().rstrip("=")


def require(house: Path, version: str) -> None:
    (house / "requirements.txt").write_text(f"chalk=={version}\n", encoding="utf-8")


def settings(house: Path, **more: str) -> dict[str, str]:
    """An environment in which pip reaches nothing but the wheels."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    wheels = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(house.parent / "wheels"), "PIP_CONFIG_FILE": os.devnull}
    wheels["AULA_TORCH_INDEX"] = "http://127.0.0.1:9"  # nobody answers there
    return {**clean, **wheels, **more}


def start(
    house: Path, *arguments: str, python: str | Path = sys.executable, **more: str
) -> subprocess.CompletedProcess:
    """`python aula.py arguments` from a folder that is not the house."""
    command = [str(python or sys.executable), str(house / "aula.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=house.parent, env=settings(house, **more))


def told(started: subprocess.CompletedProcess) -> dict:
    assert started.returncode == 0, started.stderr
    return json.loads(started.stdout)


def packages(house: Path) -> Path:
    return next((house / ".venv" / "lib").glob("python*")) / "site-packages"


def test_the_first_start_sets_up_and_later_ones_do_not(bare_house: Path) -> None:
    first = start(bare_house, "detect", "a b", "--json")

    assert told(first) == {"prefix": str(bare_house / ".venv"), "arguments": ["detect", "a b", "--json"], "has": True}
    assert "Setting up Aula" in first.stderr
    assert "chalk" in first.stderr  # pip's own progress
    second = start(bare_house)
    assert told(second)["prefix"] == str(bare_house / ".venv")
    assert second.stderr == ""


def test_the_exit_code_is_passed_on(house: Path) -> None:
    assert start(house, "fail").returncode == 7


def test_changed_requirements_are_installed(house: Path) -> None:
    make_wheel(house.parent / "wheels", "1.1")
    require(house, "1.1")

    assert told(start(house))["has"]
    assert (packages(house) / "chalk-1.1.dist-info").is_dir()
    assert start(house).stderr == ""

    require(house, "1.0")
    assert told(start(house))["has"]
    assert (packages(house) / "chalk-1.0.dist-info").is_dir()


def test_other_line_ends_are_not_a_change(house: Path) -> None:
    (house / "requirements.txt").write_bytes(b"chalk==1.0\r\n")

    assert start(house).stderr == ""


def remove_stamp(house: Path) -> None:
    (house / ".venv" / "aula-setup.json").unlink()


def cut_stamp(house: Path) -> None:
    (house / ".venv" / "aula-setup.json").write_text('{"requirements": "', encoding="utf-8")


def remove_python(house: Path) -> None:
    for link in (house / ".venv" / "bin").glob("python*"):
        link.unlink()


def break_python_link(house: Path) -> None:
    """As after the Python that `.venv` was made from has been uninstalled."""
    for link in (house / ".venv" / "bin").glob("python*"):
        link.unlink()
        link.symlink_to(house / "gone" / "python")


def remove_package(house: Path) -> None:
    shutil.rmtree(packages(house) / "chalk")


def remove_record(house: Path) -> None:
    shutil.rmtree(packages(house) / "chalk-1.0.dist-info")


def interrupt_in_mid_package(house: Path) -> None:
    """As when the computer was switched off during the set-up: no stamp, and a package with a part of its files."""
    remove_stamp(house)
    (packages(house) / "chalk" / "colour.py").unlink()


def cut_a_file_short(house: Path) -> None:
    remove_stamp(house)
    (packages(house) / "chalk" / "colour.py").write_text("", encoding="utf-8")


def remove_pip(house: Path) -> None:
    shutil.rmtree(packages(house) / "pip")


def remove_settings(house: Path) -> None:
    (house / ".venv" / "pyvenv.cfg").unlink()


DAMAGES = [
    remove_stamp,
    cut_stamp,
    remove_python,
    break_python_link,
    remove_package,
    remove_record,
    interrupt_in_mid_package,
    cut_a_file_short,
    remove_pip,
    remove_settings,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_half_broken_set_up_is_repaired(house: Path, damage: Callable[[Path], None]) -> None:
    damage(house)

    repaired = start(house)

    assert told(repaired) == {"prefix": str(house / ".venv"), "arguments": [], "has": True}
    assert "Setting up" in repaired.stderr
    assert (packages(house) / "chalk" / "colour.py").read_text(encoding="utf-8") == "white = True\n"
    assert start(house).stderr == ""


def test_a_venv_without_its_stamp_is_repaired_from_within(house: Path) -> None:
    remove_stamp(house)
    (packages(house) / "chalk" / "colour.py").unlink()

    repaired = start(house, python=house / ".venv" / "bin" / "python")

    assert told(repaired)["has"]
    assert (packages(house) / "chalk" / "colour.py").is_file()


def test_setup_finds_what_the_quick_look_of_other_starts_does_not(house: Path) -> None:
    (packages(house) / "chalk" / "colour.py").unlink()
    assert start(house).stderr == ""

    checked = start(house, "setup")

    assert told(checked)["has"]
    assert "Repairing chalk-1.0." in checked.stderr
    assert (packages(house) / "chalk" / "colour.py").is_file()
    assert start(house).stderr == ""


@pytest.mark.parametrize("beside", [False, True], ids=["in its place", "beside it"])
def test_an_opencv_of_an_earlier_set_up_gives_way_to_the_headless_one(unstamped_house: Path, beside: bool) -> None:
    for name in ("opencv_python", "opencv_python_headless"):
        make_wheel(unstamped_house.parent / "wheels", "5.0", name, writes="cv2")
    first = "opencv-python-headless==5.0\n" if beside else "opencv-python==5.0\n"
    (unstamped_house / "requirements.txt").write_text(f"chalk==1.0\n{first}", encoding="utf-8")
    assert told(start(unstamped_house))["has"]
    if beside:  # a person added it by hand
        pip = [str(unstamped_house / ".venv" / "bin" / "python"), "-m", "pip", "install", "opencv-python"]
        subprocess.run(pip, check=True, capture_output=True, env=settings(unstamped_house))
    (unstamped_house / "requirements.txt").write_text("chalk==1.0\nopencv-python-headless==5.0\n", encoding="utf-8")

    changed = start(unstamped_house, "setup")

    assert told(changed)["has"]
    assert "Removing opencv-python: the requirements have it under another name." in changed.stderr
    assert "headless" in (packages(unstamped_house) / "cv2" / "__init__.py").read_text(encoding="utf-8")
    assert [found.name for found in packages(unstamped_house).glob("opencv*")] == [
        "opencv_python_headless-5.0.dist-info"
    ]
    assert "Removing" not in start(unstamped_house, "setup").stderr


def heed_ctrl_c() -> None:
    """Let SIGINT mean Ctrl-C again in a new process: whatever a shell starts in the background inherits “ignore”."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_during_the_set_up_is_told_and_leaves_it_to_be_done(unstamped_house: Path) -> None:
    command = [sys.executable, str(unstamped_house / "aula.py")]
    started = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=settings(unstamped_house),
        start_new_session=True,
        preexec_fn=heed_ctrl_c,
    )
    started.stderr.readline()  # “Setting up Aula in …”
    os.killpg(started.pid, signal.SIGINT)  # as a terminal does: to every process of the command
    output, errors = started.communicate(timeout=120)

    assert started.returncode == 130
    assert output == ""
    assert errors.splitlines()[-1].startswith("Stopped.")
    assert "Traceback" not in errors
    assert told(start(unstamped_house))["has"]


def test_an_interpreter_that_has_everything_is_used_as_it_is(house: Path, tmp_path: Path) -> None:
    own = build_house(tmp_path)
    students_python = house / ".venv" / "bin" / "python"

    started = start(own, "run", python=students_python)

    assert told(started) == {"prefix": str(house / ".venv"), "arguments": ["run"], "has": True}
    assert not (own / ".venv").exists()
    assert started.stderr == ""


def test_the_tests_want_their_own_packages_too(house: Path, unstamped_house: Path) -> None:
    started = start(unstamped_house, "test", python=house / ".venv" / "bin" / "python")

    assert told(started)["prefix"] == str(unstamped_house / ".venv")


@pytest.mark.parametrize(
    ("requirement", "enough"),
    [
        ("pytest", True),
        ("pytest>=1.0", True),
        ("pytest>=1.0,<999", True),
        ("pytest>=999", False),
        ("pytest>=1.0,<2", False),
        ("no-such-package-as-this", False),
    ],
)
def test_versions_are_compared_with_their_range(requirement: str, enough: bool) -> None:
    assert door.has_everything([requirement]) == enough


@pytest.mark.parametrize(
    ("version", "requirement", "within"),
    [
        ("2.15.0+cu130", "torch>=2.15,<2.16", True),
        ("2.16.0", "torch>=2.15,<2.16", False),
        ("2.9.1", "torch>=2.15,<2.16", False),
        ("3.0rc1", "hub>=2.4,<3", False),
        ("10.0", "pillow>=9.5", True),
    ],
)
def test_versions_are_numbers_not_text(version: str, requirement: str, within: bool) -> None:
    assert door._satisfied(version, requirement) == within


def test_code_under_another_name_serves_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(door.SAME_CODE, "paper", ("parchment", "pytest"))

    assert door.has_everything(["paper>=1.0"])
    assert not door.has_everything(["paper>=999"])
    assert door.installed_name("paper") == "pytest"
    assert door.installed_name("vellum") == "vellum"


def test_an_opencv_that_does_not_load_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks_a_library(name: str) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(door, "installed_name", {door.HEADLESS_OPENCV: "opencv-python"}.get)
    assert door.has_everything([])
    monkeypatch.setattr(door, "import_module", lacks_a_library)
    assert not door.has_everything([])


def test_the_projects_ranges_are_all_understood() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]:
        assert re.fullmatch(r"[\w.-]+((>=|<)[\d.]+,?)*(; .*)?", requirement), requirement


def test_two_starts_at_once_set_up_once(unstamped_house: Path) -> None:
    command = [sys.executable, str(unstamped_house / "aula.py")]
    starts = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=settings(unstamped_house)
        )
        for _ in range(2)
    ]
    results = [started.communicate(timeout=300) for started in starts]

    assert [started.returncode for started in starts] == [0, 0]
    assert all(json.loads(output)["has"] for output, _ in results)
    assert sorted("Setting up" in errors for _, errors in results) == [False, True]


def test_without_a_network_it_says_so_in_one_sentence(house: Path) -> None:
    remove_package(house)
    unreachable = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}

    started = start(house, **unreachable, PIP_RETRIES="1", PIP_NO_CACHE_DIR="1")

    assert started.returncode == 1
    assert started.stdout == ""
    assert "pip could not reach the package index" in started.stderr.splitlines()[-1]
    assert "ERROR" not in started.stderr
    assert "WARNING" not in started.stderr
    assert told(start(house))["has"]


def test_a_package_that_does_not_exist_is_told_by_pip(house: Path) -> None:
    require(house, "99.0")

    started = start(house)

    assert started.returncode == 1
    assert "No matching distribution found for chalk==99.0" in started.stderr
    assert "pip could not install everything" in started.stderr.splitlines()[-1]
    require(house, "1.0")
    assert told(start(house))["has"]


def test_a_python_without_venv_names_the_package_to_install(bare_house: Path) -> None:
    lacking = bare_house / "lacking"
    lacking.mkdir()
    (lacking / "ensurepip.py").write_text("raise ImportError('packaged apart')", encoding="utf-8")

    started = start(bare_house, PYTHONPATH=str(lacking))

    assert started.returncode == 1
    assert "sudo apt install python3" in started.stderr.splitlines()[-1]
    assert "Traceback" not in started.stderr


def test_a_folder_that_cannot_be_written_is_named(bare_house: Path) -> None:
    (bare_house / ".venv.lock").mkdir()  # root may write everywhere, but not into a file that is a folder

    started = start(bare_house)

    assert started.returncode == 1
    assert started.stderr.startswith("The set-up cannot write to")
    assert started.stderr.count("\n") == 1


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 18), (3, 10, 13)])
def test_an_old_python_gets_one_sentence(version: tuple[int, ...]) -> None:
    pretend = f"import runpy, sys; sys.version_info = {version}; runpy.run_path({str(ROOT / 'aula.py')!r})"

    started = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)

    assert started.returncode == 1
    assert started.stderr.count("\n") == 1
    assert f"this is Python {version[0]}.{version[1]}" in started.stderr


def test_the_door_uses_the_standard_library_only() -> None:
    parts = ("door", "venv", "installation", "torch_build")
    for name in ("aula.py", *(f"apps/setup/{part}.py" for part in parts)):
        imported = re.findall(r"^\s*(?:from|import) (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert {module for module in imported if module not in sys.stdlib_module_names} <= {"apps"}


def test_the_lock_covers_every_requirement_and_names_no_index() -> None:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = dict(re.findall(r"^([\w.-]+)==([\w.+]+)", lock, re.MULTILINE))

    for requirement in [*project["project"]["dependencies"], *project["dependency-groups"]["test"]]:
        name = door._name(requirement)
        assert door._satisfied(pins[name], requirement), requirement
    # One OpenCV, the headless one: the others need libraries of a desktop, and two write the same folder.
    assert [name for name in pins if name.startswith("opencv")] == ["opencv-python-headless"]
    assert "http" not in re.sub(r"^http\w*==", "", lock, flags=re.MULTILINE).replace("httpx2-jsfetch==", "")


def test_the_extra_adds_to_the_lock_and_changes_nothing_in_it() -> None:
    lists = [(ROOT / name).read_text(encoding="utf-8") for name in ("requirements.txt", "requirements-image.txt")]
    lock, extra = (re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE) for text in lists)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [requirement] = project["dependency-groups"]["image"]

    assert door._satisfied(dict(extra)["diffusers"], requirement)
    assert {pin for pin in extra if pin[0] in dict(lock)} <= set(lock)
    assert not [name for name, _ in extra if name.startswith(("torch", "nvidia"))]  # which builds differ by machine
    assert "http" not in re.sub(r"^http\w*==", "", lists[1], flags=re.MULTILINE).replace("httpx2-jsfetch==", "")

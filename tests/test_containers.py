"""The Dockerfiles and compose.yaml: there is no Docker here, so that their steps are run one by one on this machine."""

import http.server
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import pytest
import yaml

from apps import cli
from apps.terminal import suite
from models.folders import cache_folder, huggingface_cache
from serving.api.tasks import ROUTES
from tests.test_aula import ROOT, build_house, settings

FILES = ("Dockerfile", "Dockerfile.lambda")


def instructions(name: str, file: str = "Dockerfile") -> list[str]:
    """What stands behind an instruction of a Dockerfile, each time that it is given; continued lines are one."""
    lines = re.sub(r"\\\n\s*", " ", (ROOT / file).read_text(encoding="utf-8")).splitlines()
    return [line.partition(" ")[2].strip() for line in lines if line.split(" ")[0] == name]


@pytest.mark.parametrize("file", FILES)
def test_the_python_is_one_that_the_suite_supports(file: str) -> None:
    [image] = instructions("FROM", file)
    version = re.fullmatch(r"python:(3\.\d+)-slim", image)
    assert version is not None
    assert version[1] in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES)
def test_all_that_is_copied_is_there_and_the_set_up_needs_no_more(file: str) -> None:
    named = ([word for word in shlex.split(line)[:-1] if word[:2] != "--"] for line in instructions("COPY", file))
    copied = [words for words in named if words != ["."]]
    for source in (source for words in copied for source in words):
        assert (ROOT / source).exists()
    house = {"requirements.txt", "apps/__init__.py", "apps/setup"}
    extras = {"requirements-cluster.txt", "requirements-image.txt"} if file == "Dockerfile" else set()
    assert {source for words in copied for source in words} == house | extras


@pytest.mark.skipif(os.name == "nt", reason="lays out .venv as Linux and macOS do")
@pytest.mark.parametrize("file", FILES)
def test_the_step_that_installs_makes_an_environment_that_the_start_finds_complete(file: str, tmp_path: Path) -> None:
    house = build_house(tmp_path)
    command = next(line for line in instructions("RUN", file) if "ensure_complete" in line)
    command = command.replace("python", shlex.quote(sys.executable), 1).replace("$SETUP", "")
    done = subprocess.run(["sh", "-c", command], cwd=house, env=settings(house), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "The set-up is complete." in done.stderr

    started = subprocess.run(
        [sys.executable, "aula.py", "run"], cwd=house, env=settings(house), capture_output=True, text=True
    )
    assert json.loads(started.stdout)["prefix"] == str(house / ".venv")
    assert started.stderr == ""


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_stcore/health" else 404)
        self.end_headers()

    def log_message(self, *anything: object) -> None:
        """Nothing."""


@pytest.fixture
def healthy() -> Iterator[int]:
    """The port of a server that says that it is well."""
    with http.server.HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_the_health_check_tells_a_server_that_answers_from_one_that_does_not(healthy: int) -> None:
    [check] = instructions("HEALTHCHECK")
    command = json.loads(check.partition("CMD ")[2])
    codes = []
    for port in (healthy, 9):
        program = command[2].replace("8501", str(port))
        codes.append(subprocess.run([sys.executable, "-c", program], capture_output=True).returncode)
    assert codes == [0, 1]


def test_the_command_starts_the_suite_for_the_whole_container(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[str, int]] = []
    monkeypatch.setattr(suite, "serve", lambda host, port: served.append((host, port)))
    monkeypatch.setattr(suite, "announce", lambda *arguments: None)
    monkeypatch.setattr(suite, "is_free", lambda host, port: True)
    [command] = instructions("CMD")
    python, door, *arguments = json.loads(command)
    assert (python, door) == ("python", "aula.py")
    assert cli.main(arguments) == 0
    [port] = instructions("EXPOSE")
    assert served == [("0.0.0.0", int(port))]


def test_it_does_not_run_as_root_and_keeps_weights_in_the_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    assert instructions("USER") == ["aula"]
    [volume] = instructions("VOLUME")
    home = PurePosixPath("/home/aula")
    monkeypatch.setattr(Path, "home", lambda: Path(home))
    monkeypatch.setenv("HOME", str(home))
    for name in ("AULA_HOME", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform == "linux":
        assert all(str(folder).startswith(f"{volume}/") for folder in (cache_folder(), huggingface_cache()))


def test_compose_lets_this_machine_alone_in_unless_it_is_told_otherwise() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["aula"]
    assert service["ports"] == ["${AULA_PUBLISH:-127.0.0.1}:${AULA_PORT:-8501}:8501"]
    [mount] = service["volumes"]
    name, _, place = mount.partition(":")
    assert name in compose["volumes"]
    assert [place] == instructions("VOLUME")
    assert set(service["build"]["args"]) == {line.partition("=")[0] for line in instructions("ARG")}
    assert all("=" not in setting for setting in service["environment"])  # an empty HF_ENDPOINT would be an address


def test_compose_has_a_cluster_whose_commands_ray_and_the_suite_know(monkeypatch: pytest.MonkeyPatch) -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    head, worker = services["head"], services["worker"]
    assert head["profiles"] == worker["profiles"] == ["cluster"]
    assert head["environment"] == worker["environment"]
    assert head["environment"]["RAY_AUTH_MODE"] == "token"  # without a secret, Ray does not start
    assert (ROOT / head["build"]["args"]["EXTRAS"]).is_file()
    start, serve, run = (shlex.split(line.removesuffix("&&")) for line in head["command"][2].splitlines())
    assert start[:3] == [".venv/bin/ray", "start", "--head"]
    assert run[1:] == ["exec", "python", "aula.py", *json.loads(instructions("CMD")[0])[2:]]
    served: list[dict[str, object]] = []
    monkeypatch.setattr("serving.cluster.service.begin", lambda *place, **options: served.append(options))
    monkeypatch.setattr("apps.terminal.cluster.gcs_address", lambda: "head:6379")
    assert cli.main(serve[2:]) == 0
    assert served == [{"processes": 8, "cpus": 0.25, "gpus": 0.0}]
    if find_spec("ray") is not None:
        ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--help"]
        said = subprocess.run(ray, capture_output=True, text=True)
        flags = {word.split("=")[0] for word in (*start, *worker["command"]) if word.startswith("--")}
        assert all(flag in said.stdout for flag in flags)


def test_compose_hands_the_same_settings_to_the_cluster_and_asks_only_for_pages_where_there_are_some() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name in ("head", "worker"):
        given = services[name]["environment"]
        handed_on = set(services["aula"]["environment"]) - {"AULA_API_TOKEN"}
        assert {setting: given[setting] for setting in handed_on} == dict.fromkeys(handed_on)  # none: as outside
    assert "healthcheck" not in services["head"]  # that of the image, which asks for a page
    assert services["worker"]["healthcheck"] == {"disable": True}


def test_what_is_left_out_of_the_image_is_nothing_that_the_suite_reads() -> None:
    left_out = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    assert {".git", ".venv", "runs"} <= left_out
    assert not left_out & {"apps", "models", "serving", "quantization", "training", "courses", "images", "docs"}


def test_a_proxy_is_told_to_name_its_visitors() -> None:
    guide = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    nginx = guide.partition("```nginx")[2].partition("```")[0]
    for part in ("X-Forwarded-For $remote_addr", "Upgrade $http_upgrade", "Host $host", "http://127.0.0.1:8501"):
        assert part in nginx
    service = guide.partition("```ini")[2].partition("```")[0]
    arguments = shlex.split(re.search(r"aula\.py (.*)", service)[1])
    assert arguments == ["run", "--port", "8501", "--no-browser"]


def test_the_lambda_image_runs_lambdas_client_and_writes_below_tmp_only() -> None:
    [entry] = instructions("ENTRYPOINT", "Dockerfile.lambda")
    [command] = instructions("CMD", "Dockerfile.lambda")
    assert json.loads(entry)[1:] == ["-m", "awslambdaric"]
    module, _, name = json.loads(command)[0].rpartition(".")
    assert callable(getattr(import_module(module), name))
    settings_there = dict(
        setting.split("=", 1) for line in instructions("ENV", "Dockerfile.lambda") for setting in line.split()
    )
    assert settings_there["AULA_TASK"] in ROUTES
    folders = ("AULA_HOME", "HF_HOME", "MPLCONFIGDIR", "YOLO_CONFIG_DIR")
    assert all(settings_there[folder].startswith("/tmp/") for folder in folders)


def test_the_template_names_tasks_and_files_that_there_are() -> None:
    text = (ROOT / "infrastructure/template.yaml").read_text(encoding="utf-8")
    tasks = re.findall(r"AULA_TASK: ([\w-]+)", text)
    assert tasks == re.findall(r"{ .* Path: /([\w-]+)", text)
    assert set(tasks) <= set(ROUTES)
    assert set(re.findall(r"Dockerfile: (\S+)", text)) == {"Dockerfile.lambda"}
    assert "AWS_IAM" in text  # not for the whole world


def test_the_line_that_tries_a_function_here_works() -> None:
    guide = (ROOT / "docs/lambda.md").read_text(encoding="utf-8")
    line = re.search(r"^\$ AULA_TASK=answer \S+ -c (.*)$", guide, re.MULTILINE)
    assert line is not None
    [program] = shlex.split(line[1])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"AULA_TASK": "answer"},
        capture_output=True,
        text=True,
    )
    assert "'text': 'London'" in done.stdout, done.stderr

"""Models that Ray really serves, in processes of their own on this machine: asked, watched, stopped, and killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import psutil
import pytest
import yaml

from apps.terminal.cluster import FIRST_PORT
from models.catalog import Task
from models.errors import Cancelled, ClusterUnreachable, InvalidInput
from models.text_generation import GenerationSettings
from serving.api import PLACE
from serving.cluster import engine, service
from serving.cluster.bridge import SHARED
from serving.cluster.direct import APPLICATION
from serving.cluster.engine import VARIABLE
from serving.cluster.store import ClusterStore, model_store
from serving.loading import ModelKey
from serving.model_store import ModelStore
from tests.journeys.conftest import free_port

ROOT = Path(__file__).resolve().parents[3]
CONTEXT = "Anna lives in Paris. Tom lives in Rome."
QUESTION = "Who lives in Paris?"
READER = ModelKey(Task.QUESTION_ANSWERING, "aula/qa-minilm", "cpu", "fp32")
WRITER = ModelKey(Task.TEXT_GENERATION, "aula/gpt2-mini-es", "cpu", "fp32")
LONG = GenerationSettings(max_new_tokens=150, seed=5).resolved()


@pytest.fixture(scope="module")
def http(ray_here: Path) -> Iterator[str]:
    """The address of the API of a cluster that serves."""
    port = free_port()
    service.begin("auto", "127.0.0.1", port)
    yield f"http://127.0.0.1:{port}{PLACE}"
    SHARED.end()
    service.end()


@pytest.fixture
def store(http: str) -> ClusterStore:
    return ClusterStore(engine.gcs_address())


@pytest.mark.serial
def test_a_model_there_answers_as_one_here(store: ClusterStore) -> None:
    with ModelStore().use(READER) as here:
        expected = here.answer(QUESTION, CONTEXT)
    steps: list[str] = []
    with store.use(READER, on_step=steps.append) as there:
        found = there.answer(QUESTION, CONTEXT)
        assert (there.precision, there.device.type) == ("fp32", "cpu")
    assert [(each.text, round(each.score, 5)) for each in found] == [
        (each.text, round(each.score, 5)) for each in expected
    ]
    assert "Starting the libraries" in steps


@pytest.mark.serial
def test_the_api_of_the_cluster_answers(http: str) -> None:
    body = json.dumps({"questions": [QUESTION], "context": CONTEXT}).encode()
    asked = urllib.request.Request(f"{http}/answer", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=120) as response:
        assert json.load(response)[0]["answers"][0]["text"] == "Anna"


@pytest.mark.serial
def test_a_second_start_at_another_place_is_refused_with_the_place_where_it_serves(http: str) -> None:
    with pytest.raises(ClusterUnreachable, match=f"{http.removesuffix(PLACE)} already.*cluster stop"):
        service.begin("auto", "127.0.0.1", free_port())


@pytest.mark.serial
def test_what_goes_wrong_there_is_a_sentence_here(store: ClusterStore) -> None:
    with store.use(READER) as there, pytest.raises(InvalidInput, match="question"):
        there.answer(" ", CONTEXT)


@pytest.mark.serial
def test_stop_stops_it_there(store: ClusterStore) -> None:
    cancelled, pieces = threading.Event(), list[str]()

    def tell(piece: str) -> None:
        pieces.append(piece)
        cancelled.set()

    with store.use(WRITER) as there, pytest.raises(Cancelled):
        there.complete("La niña", LONG, cancelled, tell)
    assert len(pieces) < 150


@pytest.mark.serial
def test_a_process_that_is_killed_in_the_middle_loses_nothing(store: ClusterStore) -> None:
    with ModelStore().use(WRITER) as here:
        expected = here.complete("La niña", LONG).text
    steps, pieces, killed = list[str](), list[str](), list[int]()

    def tell(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == 5:
            killed.extend(kill("text-generation"))

    with store.use(WRITER, on_step=steps.append) as there:
        found = there.complete("La niña", LONG, threading.Event(), tell).text
    assert killed
    assert any("has died" in step for step in steps)
    assert found == expected
    assert "".join(pieces).strip() == expected.strip()


def kill(deployment: str) -> list[int]:
    """End the processes of a deployment as a full memory would; their ids."""
    found = [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(f"ServeReplica:aula:{deployment}" in part for part in process.info["cmdline"] or ())
    ]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return found


@pytest.mark.serial
def test_a_command_uses_the_cluster_that_the_environment_names(http: str) -> None:
    command = [
        sys.executable,
        "aula.py",
        "answer",
        QUESTION,
        "--context",
        CONTEXT,
        "--model",
        "aula/qa-minilm",
        "--json",
    ]
    found = []
    for address in ({}, {VARIABLE: engine.gcs_address()}):
        done = subprocess.run(command, cwd=ROOT, env=os.environ | address, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    assert [each["answers"][0]["text"] for [each] in found] == ["Anna", "Anna"]
    assert "Joining the cluster" in done.stderr


@pytest.mark.serial
def test_status_tells_of_machines_and_processes(http: str) -> None:
    [machine] = service.machines()
    assert machine["cpus"] == 2
    rows = {row["deployment"]: row for row in service.status()}
    assert rows["question-answering"]["processes"] == 1
    assert rows["object-detection"]["processes"] == 0
    assert rows["door"]["processes"] == 1


@pytest.mark.serial
@pytest.mark.usefixtures("ray_here")
def test_the_file_for_serve_deploy_names_what_there_is() -> None:
    from ray.serve import Application
    from ray.serve.schema import ServeDeploySchema

    written = yaml.safe_load((ROOT / "serve/aula.yaml").read_text(encoding="utf-8"))
    schema = ServeDeploySchema(**written)
    assert (schema.http_options.host, schema.http_options.port) == ("127.0.0.1", FIRST_PORT)
    [app] = schema.applications
    module, builder = app.import_path.split(":")
    assert isinstance(getattr(import_module(module), builder)(app.args), Application)
    assert (app.name, app.route_prefix) == (APPLICATION, PLACE)


@pytest.mark.serial
@pytest.mark.usefixtures("ray_here")
def test_a_cluster_that_is_not_there_is_a_sentence() -> None:
    environment = os.environ | {VARIABLE: f"127.0.0.1:{free_port()}"}
    command = [sys.executable, "aula.py", "answer", QUESTION, "--context", CONTEXT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no cluster at" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_store_is_the_clusters_where_the_environment_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert type(model_store()) is ModelStore
    monkeypatch.setenv(VARIABLE, "auto")
    assert isinstance(model_store(), ClusterStore)


def test_without_ray_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match=r"pip install -r requirements-cluster\.txt"):
        engine.connect("auto")


@pytest.mark.serial
@pytest.mark.usefixtures("ray_here")
def test_a_program_outlives_the_end_of_its_cluster_and_uses_the_next_one() -> None:
    first = Cluster()
    store = ClusterStore(first.address)
    assert answer(store) == "Anna"
    first.kill()
    with pytest.raises(ClusterUnreachable, match="There is no cluster"):
        ask_until_it_ends(store)
    second = Cluster()
    assert answer(ClusterStore(second.address)) == "Anna"
    SHARED.end()
    second.end()


def answer(store: ClusterStore) -> str:
    with store.use(READER) as there:
        return there.answer(QUESTION, CONTEXT)[0].text


def ask_until_it_ends(store: ClusterStore) -> None:
    """The processes with the models live a little longer than their cluster, and answer, or are lost one by one."""
    for _ in range(50):
        try:
            answer(store)
        except ClusterUnreachable as error:
            if "There is no cluster" in str(error):
                raise


class Cluster:
    """A cluster of its own, in a program of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "aula.py", "cluster", "serve", "--port", str(free_port()), "--json"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        said = iter(self.process.stdout.readline, b"")
        lines: list[bytes] = []
        while b"}" not in b"".join(lines):
            lines.append(next(said))
        self.address = json.loads(b"".join(lines))["cluster"]

    def kill(self) -> None:
        """As a machine that goes off: without a word to anybody."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        for process in (*family, self.process):
            process.kill()
        psutil.wait_procs(family)
        with self.process:  # closes what it said, and waits
            pass

    def end(self) -> None:
        """As Ctrl-C ends it."""
        with self.process:
            self.process.send_signal(signal.SIGINT)
        assert self.process.returncode == 130

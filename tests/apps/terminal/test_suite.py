"""Starting the suite: ports, addresses, and one real server."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
import webbrowser
from pathlib import Path

import pytest

from apps.terminal import suite
from tests.apps.commands import Aula

SCRIPT = Path(suite.ROOT) / "apps" / "cli.py"


@pytest.fixture
def taken() -> int:
    """A port of 127.0.0.1 that somebody listens on, for the length of a test."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_named(aula: Aula, taken: int) -> None:
    ended = aula("run", "--port", taken)

    assert ended.code == 1
    assert ended.output == ""
    assert ended.errors == f"Port {taken} is taken by another program. Choose another one, or leave --port out.\n"


def test_without_a_port_the_next_free_one_is_taken(monkeypatch: pytest.MonkeyPatch, taken: int) -> None:
    monkeypatch.setattr(suite, "FIRST_PORT", taken)

    assert taken < suite.choose_port("127.0.0.1", None) < taken + 100


@pytest.mark.parametrize("host", ["no such host", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_refused(aula: Aula, host: str) -> None:
    ended = aula("run", "--host", host)

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors == f"“{host}” is not an address of this machine. Leave --host out.\n"


def test_a_port_has_sixteen_bits(aula: Aula) -> None:
    assert aula("run", "--port", 70000).code == 2


def test_letting_the_network_in_is_told_in_one_line(aula: Aula, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite, "serve", lambda host, port: None)
    monkeypatch.setattr(suite, "announce", lambda *arguments: None)

    ended = aula("run", "--host", "0.0.0.0")

    assert ended.code == 0
    assert ended.errors.count("\n") == 1
    assert ended.errors.startswith("Everybody who can reach this machine over the network can now use Aula at http://")
    assert "0.0.0.0" not in ended.errors
    assert aula("run").errors == ""


def test_the_browser_is_opened_where_there_is_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(suite, "_wait_until_up", lambda url: True)
    monkeypatch.setattr(suite.platform, "system", lambda: "Linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    monkeypatch.delenv("DISPLAY", raising=False)
    suite.announce("0.0.0.0", 8501, "http://192.168.1.5:8501", open_browser=True, as_json=False)
    assert opened == []  # it would be a text browser, in this very terminal

    monkeypatch.setenv("DISPLAY", ":0")
    suite.announce("0.0.0.0", 8501, "http://192.168.1.5:8501", open_browser=True, as_json=False)
    suite.announce("127.0.0.1", 8501, "http://127.0.0.1:8501", open_browser=False, as_json=False)
    assert opened == ["http://127.0.0.1:8501"]


@pytest.mark.process
def test_a_server_starts_tells_its_address_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "run", "--no-browser", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        lines = [server.stdout.readline() for _ in range(3)]
        address = json.loads("".join(lines))["address"]
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(address, timeout=120) as page:
            assert page.status == 200
        # Beside the pages, with their store.
        asked = {"questions": ["Where was Ada born?"], "context": "Ada Lovelace was born in London in 1815."}
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}/api/v1/answer", json.dumps(asked).encode(), headers)
        with direct.open(request, timeout=120) as answer:
            assert json.load(answer)[0]["answers"][0]["text"] == "London"
    finally:
        server.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        output, errors = server.communicate(timeout=120)

    assert address.startswith("http://127.0.0.1:")
    assert output == ""
    assert "Traceback" not in errors


# Tells, instead of serving, what the server would do.
TELLING = """
import sys
sys.path.insert(0, {root!r})
from streamlit import config
from streamlit.web import bootstrap, cli
def tell(*arguments, **options):
    print("collects:", config.get_option("runner.postScriptGC"))
bootstrap.run = bootstrap.run_asgi_app = tell
"""
WAYS = {
    "aula.py run": "from apps.terminal import suite; suite.serve('127.0.0.1', 8599)",
    "streamlit run": "cli.main(['run', 'apps/launcher.py'], standalone_mode=False)",
}


@pytest.mark.process
@pytest.mark.parametrize("way", WAYS)
def test_no_page_waits_for_a_collection_of_all_garbage(way: str, tmp_path: Path) -> None:
    folder = tmp_path if way == "aula.py run" else suite.ROOT
    program = TELLING.format(root=str(suite.ROOT)) + WAYS[way]

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=folder)

    assert "collects: False" in told.stdout, told.stderr


@pytest.mark.process
def test_the_pages_that_are_served_have_a_doorkeeper_and_share_the_interpreter_in_short_turns() -> None:
    program = "import sys; from apps.server import app; print(sys.getswitchinterval(), app._user_middleware[0].cls)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=suite.ROOT)

    assert told.stdout.startswith("0.0005"), told.stderr
    assert "Guard" in told.stdout


@pytest.mark.process
def test_the_test_command_is_pytest(aula: Aula) -> None:
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), "test", "--collect-only", "-q", "tests/apps/words/test_amounts.py"],
        capture_output=True,
        text=True,
    )

    assert ended.returncode == 0, ended.stderr
    assert "tests/apps/words/test_amounts.py::" in ended.stdout

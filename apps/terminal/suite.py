"""The suite as a whole: start it, test it, set it up."""

import errno
import importlib.util
import os
import platform
import socket
import sys
import threading
import time
from typing import Annotated

import typer

from apps.setup.venv import ROOT
from apps.terminal import lanes
from apps.terminal.options import AsJson
from apps.terminal.output import note, result, result_json
from models.errors import AulaError, InvalidInput
from serving.addresses import STRANGERS, is_loopback
from serving.api import TOKEN

FIRST_PORT = 8501
HEALTH = "/_stcore/health"
ALL_ADDRESSES = ("0.0.0.0", "::")  # of a machine, as a server is told them
_PATIENCE = 120.0  # seconds that a slow machine may take to start the server

Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help=f"Left out: {FIRST_PORT}, or the next one that is free.")
]
Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 lets the whole network in.")]
Quick = Annotated[bool, typer.Option("--quick", help="Only those that a change of a page or a command may touch.")]
Strangers = Annotated[
    bool,
    typer.Option(
        "--strangers", help="Nobody counts as the person at this machine: for a proxy that adds no X-Forwarded-For."
    ),
]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")]


def run(
    port: Port = None,
    host: Host = "127.0.0.1",
    no_browser: NoBrowser = False,
    strangers: Strangers = False,
    as_json: AsJson = False,
) -> None:
    """Start the suite and open it in the browser. Ctrl-C ends it.
    \f
    With --json: an object with the `address`.
    """
    chosen = choose_port(host, port)
    address = f"http://{in_url(reachable_host(host))}:{chosen}"
    if not is_loopback(host):
        note(f"Everybody who can reach this machine over the network can now use Aula at {address}.{about_token()}")
    if strangers:
        os.environ[STRANGERS] = "1"
    threading.Thread(target=announce, args=(host, chosen, address, not no_browser, as_json), daemon=True).start()
    serve(host, chosen)


def about_token() -> str:
    """What to say behind a sentence about the network where no other machine's program can use the API."""
    if os.environ.get(TOKEN):
        return ""
    return f" Programs on other machines cannot: set {TOKEN} to a secret, to let those in that send it."


def choose_port(host: str, port: int | None) -> int:
    """The port asked for, else the first free one from 8501.

    Raises:
        InvalidInput: it is taken, or this machine has no such address.
    """
    if port is not None:
        if not is_free(host, port):
            raise InvalidInput(f"Port {port} is taken by another program. Choose another one, or leave --port out.")
        return port
    free = next((candidate for candidate in range(FIRST_PORT, FIRST_PORT + 100) if is_free(host, candidate)), None)
    if free is None:
        raise InvalidInput(f"No port from {FIRST_PORT} to {FIRST_PORT + 99} is free. Choose one with --port.")
    return free


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there. Raises InvalidInput where this machine has no such address."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name != "nt":  # there the option means to share a port; here, to take one that was closed just now
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError as error:
        raise InvalidInput(f"You may not use port {port}. Choose one above 1023.") from error
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise InvalidInput(f"“{host}” is not an address of this machine. Leave --host out.") from error
        return False
    return True


def reachable_host(host: str) -> str:
    """The address to tell others: this machine's own in place of “all addresses”."""
    if host not in ALL_ADDRESSES:
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: only asks which of our addresses would be used
            return probe.getsockname()[0]
        except OSError:
            return socket.gethostname()


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def announce(
    host: str, port: int, address: str, open_browser: bool, as_json: bool, health: str = HEALTH, what: str = "Aula"
) -> None:
    """Once the server answers at `health`: say where it is, and open the browser."""
    own = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    if not _wait_until_up(f"http://{in_url(own)}:{port}{health}"):
        note("The server does not answer yet; if it stays so, stop it with Ctrl-C and start again.")
    if as_json:
        result_json({"address": address})
    else:
        result(f"{what} is at {address} (Ctrl-C ends it).")
    if open_browser and _has_screen():
        import webbrowser

        webbrowser.open(f"http://{in_url(own)}:{port}")


def _wait_until_up(url: str) -> bool:
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy cannot reach our loopback
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            with opener.open(url, timeout=5):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def _has_screen() -> bool:
    """Without a screen, Linux would open a text browser in this very terminal."""
    return platform.system() != "Linux" or any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def serve(host: str, port: int) -> None:
    """Run Streamlit in this process until Ctrl-C."""
    from streamlit.web import cli

    os.chdir(ROOT)  # where Streamlit looks for .streamlit/config.toml
    settings = {"server.address": host, "server.port": port, "server.headless": "true"}
    settings |= {"logger.hideWelcomeMessage": "true", "logger.level": "warning"}  # `run` says where it is
    flags = [f"--{name}={value}" for name, value in settings.items()]
    cli.main(["run", str(ROOT / "apps" / "server.py"), *flags], standalone_mode=False)


def test(context: typer.Context, quick: Quick = False) -> None:  # noqa: PT028 (a command, not a test)
    """Run the tests. What follows is passed to pytest, for instance: test -k detect -x"""
    if importlib.util.find_spec("pytest") is None:
        raise AulaError(f"pytest is not installed for {sys.executable}. Start with `python aula.py test`.")
    os.chdir(ROOT)
    raise typer.Exit(lanes.run(context.args, quick))


def setup(
    cuda: Annotated[
        bool, typer.Option("--cuda", help="On Linux: the torch for NVIDIA cards, also without one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Set up what is missing, and stop there.

    Every command does so first, by a quick look; this one checks every file and repairs what is damaged. On Linux a
    machine that shows no NVIDIA card gets the torch for processors alone, without the libraries of cards.
    \f
    With --json: an object with `python`, the interpreter that has everything.
    """
    if as_json:
        result_json({"python": sys.executable})
    else:
        result(f"Aula is set up; its Python is {sys.executable}.")

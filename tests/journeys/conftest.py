"""Journeys: the real server, started as a user would, in a real browser that may not leave this machine."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.apps.classroom import put_in_cache

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# The command of the README for one's own environment.
STREAMLIT = [str(Path(sys.executable).with_name("streamlit")), "run", "apps/launcher.py"]
PATIENCE = 120_000  # milliseconds: the first use of a page imports torch, on a slow laptop for many seconds
expect.set_options(timeout=PATIENCE)

INSTALL = "apt-get install chromium (or any Chrome, Chromium or Edge on the path)"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path. Without one the journeys are reported as not run, and in CI that is a failure."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"The journeys need a browser: {INSTALL}", pytrace=False)
    if found is None:
        pytest.skip(f"JOURNEYS NOT RUN: no Chromium was found. To run them: {INSTALL}")
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, chromium: str) -> dict:
    """Debian's Chromium instead of a browser that Playwright would have to download."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    arguments += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]  # a camera that is allowed
    return {**browser_type_launch_args, "executable_path": chromium, "args": arguments}


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose every request must stay on loopback."""
    strayed: list[str] = []
    forbid_leaving(context, strayed)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    assert strayed == [], "the browser asked for something outside this machine"


def forbid_leaving(context: BrowserContext, strayed: list[str]) -> None:
    """Note every request of `context` whose host is not this machine."""

    def note(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1", "localhost"):
            strayed.append(request.url)

    context.on("request", note)


class Server:
    """Aula in a process of its own, with caches of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], command: list[str]):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port), "--server.address", "127.0.0.1"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(folder: Path, **changes: str) -> dict[str, str]:
    """This process's environment with caches inside `folder`, and without a PYTHONPATH that would hide a wrong path."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "HF_ENDPOINT")}
    caches = {"HF_HUB_CACHE": str(folder / "huggingface"), "AULA_HOME": str(folder / "aula")}
    return kept | caches | {"OMP_NUM_THREADS": "1"} | changes


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory, tiny_models) -> Path:
    """A folder with caches in which tiny models stand under the catalog's ids."""
    folder = tmp_path_factory.mktemp("classroom")
    cache = folder / "huggingface"
    put_in_cache("deepset/roberta-base-squad2", tiny_models.roberta_qa(), cache)
    put_in_cache("google-t5/t5-base", tiny_models.t5(), cache)
    put_in_cache("datificate/gpt2-small-spanish", tiny_models.gpt2(), cache)
    sentiment = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
    put_in_cache(sentiment, tiny_models.distilbert_classifier(), cache)
    return folder


@pytest.fixture(scope="session")
def aula(classroom: Path) -> Iterator[Server]:
    """The server of most journeys."""
    server = Server(classroom, clean_environment(classroom), STREAMLIT)
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text()


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with nothing but what comes with the suite."""
    folder = tmp_path_factory.mktemp("plain")
    server = Server(folder, clean_environment(folder), STREAMLIT)
    yield server
    server.stop()
    assert "Traceback" not in server.log.read_text()


def wait_until_drawn(page: Page) -> None:
    """What is drawn last still moves what is above it: a click before that meets what is not there any more.

    Before the first drawing, a page says that it is not being drawn: so its title is waited for.
    """
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def open_page(page: Page, address: str) -> None:
    """The page at an address, drawn."""
    page.goto(address)
    wait_until_drawn(page)


def open_expander(page: Page, label: str) -> Locator:
    """What is folded up under `label`, unfolded. A click while the page is still being drawn may come to nothing."""
    expander = page.get_by_test_id("stExpander").filter(has_text=label).locator("details")
    for _ in range(3):
        wait_until_drawn(page)
        if expander.get_attribute("open") is None:
            expander.locator("summary").click()
        with suppress(AssertionError):
            expect(expander).to_have_attribute("open", "", timeout=10_000)
            break
    wait_until_drawn(page)
    expect(expander).to_have_attribute("open", "")
    return expander


def choose_model(page: Page, shown: str) -> None:
    """Choose the model whose line in the list has `shown` in it, by typing: a long list draws only what is in view."""
    wait_until_drawn(page)  # which would close the list again
    # So does scrolling, and the page opens as far down as Home was, whose cards are long.
    page.get_by_role("heading", level=1).scroll_into_view_if_needed()
    models = page.get_by_role("combobox", name=re.compile("^Model|Model$"))
    for patience in (5_000, 20_000, PATIENCE):  # ms; a page drawn once more closes a list, which one opens again
        models.click()
        models.fill("")  # the same text once more would not open it
        models.fill(shown)
        try:
            page.get_by_role("option", name=shown).click(timeout=patience)
            return
        except PlaywrightTimeout:
            if patience == PATIENCE:
                raise

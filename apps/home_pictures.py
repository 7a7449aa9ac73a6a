"""Makes the pictures on Home: `python -m apps.home_pictures [PAGE ...]`, all pages without a name.

Starts the suite with caches of its own, opens each page in a Chromium of this machine, presses what `SHOTS` says,
waits until the page rests, and cuts out what tells most. Needs the packages for tests, Playwright among them. A page
that cannot be taken is named, and the others are made.
"""

import argparse
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from apps.pages import PAGES
from apps.ui.page_pictures import FOLDER, HEIGHT, WIDTH

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
MOST_BYTES = 25_000
WINDOW = {"width": 1100, "height": 900}
CUT = (800, 500)  # pixels of the page that become a picture, 16:10
PATIENCE = 300_000  # milliseconds: a first use imports torch, on a busy machine for minutes


@dataclass(frozen=True)
class Shot:
    """How a page is taken: the buttons to press, and what its picture begins with, the page's title if None.

    `region` is a CSS selector, the first match of which counts; it is cut from `above` pixels over it on.
    """

    press: tuple[str, ...] = ()
    region: str | None = None
    above: int = 12


# Only what answers within seconds is pressed; a page that is not named is taken as it opens.
SHOTS = {
    "tasks": Shot(region=".aula-area"),
    "glossary": Shot(region="[data-testid=stTextInput]"),
    "question_answering": Shot(("Answer",), "mark", 150),
    "translate_summarize": Shot(("Translate",), "text=/in fp32 on cpu/", 400),
    "text_classification": Shot(("Classify",), "[data-testid=stVegaLiteChart], [data-testid=stDataFrame]", 120),
    "tokenizers": Shot(region="[data-testid=stMain] [data-testid=stDataFrame]"),
    "step_by_step": Shot(("Run",), "[data-testid=stMain] h5", 40),
    "object_detection": Shot(("Detect",), "[data-testid=stHeading]:has-text('Result')", -150),
    "image_classification": Shot(("Classify",), "[data-testid=stHeading]:has-text('Result')"),
    "text_to_image": Shot(region="[data-testid=stVegaLiteChart]", above=-40),
    "number_formats": Shot(region="[data-testid=stMain] [data-testid=stTextInput]"),
    "tensor_quantization": Shot(("Read the layers",), "[data-testid=stVegaLiteChart]", 20),
    "model_memory": Shot(region="[data-testid=stVegaLiteChart]", above=60),
}


@contextmanager
def suite(folder: Path) -> Iterator[str]:
    """The address of a suite that has no models but its own, started for the length of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {
        "HF_HUB_CACHE": str(folder / "huggingface"),
        "AULA_HOME": str(folder / "aula"),
        "HF_HUB_OFFLINE": "1",
        "AULA_PRELOAD": "0",
        "AULA_RACE": "0",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "apps" / "launcher.py")]
    command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Return when the server answers. Raises RuntimeError where it ends before that, or never does."""
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("The suite did not start. `python aula.py run` shows why.")


def take(page: "Page", address: str, name: str) -> bytes:
    """What tells most of a page, as the bytes of a WebP file."""
    shot = SHOTS.get(name, Shot())
    page.goto(f"{address}/{name}")
    rest(page)
    for label in shot.press:
        page.get_by_role("button", name=re.compile(f"^{re.escape(label)}")).first.click()
        rest(page)
    return as_webp(cut(page, page.locator(shot.region or "[data-testid=stMain] h1").first, shot.above))


def rest(page: "Page") -> None:
    """Wait until the page is drawn and nothing works behind it any more."""
    page.locator("[data-testid=stMain] h1").first.wait_for(timeout=PATIENCE)
    for _ in range(2):  # work in the background draws once more when it is done
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)
        page.get_by_role("button", name="Stop").wait_for(state="hidden", timeout=PATIENCE)
        page.wait_for_timeout(1500)


def cut(page: "Page", region: "Locator", above: int) -> Image.Image:
    """The page from a little above the region on, as wide as it is, 16:10."""
    region.wait_for(timeout=30_000)
    page.set_viewport_size({"width": WINDOW["width"], "height": 3000})  # so that nothing has to be scrolled
    page.wait_for_timeout(800)
    body = page.locator("[data-testid=stMainBlockContainer]").bounding_box()
    box = region.bounding_box()
    if body is None or box is None:
        raise RuntimeError("what is to be seen is not drawn")
    left = max(0.0, body["x"] + (body["width"] - CUT[0]) / 2)
    clip = {"x": left, "y": max(0.0, box["y"] - above), "width": CUT[0], "height": CUT[1]}
    picture = page.screenshot(clip=clip)  # type: ignore[arg-type]
    page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
    return Image.open(io.BytesIO(picture)).convert("RGB")


def as_webp(picture: Image.Image) -> bytes:
    """The picture in its size on Home, as well as `MOST_BYTES` allow."""
    small = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    for quality in range(86, 0, -5):
        file = io.BytesIO()
        small.save(file, "WEBP", quality=quality, method=6)
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def make(names: Sequence[str]) -> list[str]:
    """Write the pictures of these pages; what went wrong, a sentence each."""
    from playwright.sync_api import Error, sync_playwright

    browser_file = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser_file is None:
        return ["No Chromium was found. Install one, for instance with `apt-get install chromium`."]
    problems = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, suite(Path(folder)) as address, sync_playwright() as player:
        browser = player.chromium.launch(executable_path=browser_file, args=["--no-sandbox", "--disable-gpu"])
        for name in names:
            page = browser.new_page(viewport=WINDOW, color_scheme="light", locale="en-US")  # type: ignore[arg-type]
            page.set_default_timeout(PATIENCE)
            try:
                content = take(page, address, name)
                (FOLDER / f"{name}.webp").write_bytes(content)
                print(f"{name}: {len(content) / 1000:.0f} kB", flush=True)
            except (Error, RuntimeError) as error:
                problems.append(f"{name} was not taken: {str(error).splitlines()[0]}")
            page.close()
        browser.close()
    return problems


def main() -> int:
    """Read the command line, and make the pictures; 1 where one could not be made."""
    known = [page.name for page in PAGES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="PAGE", help="names of pages; left out: all")
    chosen = parser.parse_args().names or known
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        parser.error(f"There is no page {', '.join(unknown)}. There are: {', '.join(known)}.")
    try:
        problems = make(chosen)
    except ImportError:
        problems = ["Playwright is not installed. `python aula.py setup` makes an environment that has it."]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

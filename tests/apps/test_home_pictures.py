"""The pictures on Home: there is one for each page, small enough, and the program that makes them."""

import subprocess
import sys
import tomllib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from apps import home_pictures
from apps.pages import PAGES, Page
from apps.ui.page_pictures import FOLDER, HEIGHT, WIDTH, address_of
from tests.apps.classroom import ROOT, open_home

every_page = pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)


@every_page
def test_a_page_has_a_picture(row: Page) -> None:
    file = FOLDER / f"{row.name}.webp"

    assert file.is_file(), f"Run `python -m apps.home_pictures {row.name}` and commit {file.name}."
    assert file.stat().st_size <= home_pictures.MOST_BYTES
    with Image.open(file) as picture:
        assert (picture.format, picture.size) == ("WEBP", (WIDTH, HEIGHT))


def test_no_picture_is_left_of_a_page_that_is_gone() -> None:
    assert {file.stem for file in FOLDER.iterdir()} <= {row.name for row in PAGES}


def test_the_server_hands_out_the_pictures() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))

    assert settings["server"]["enableStaticServing"] is True
    assert FOLDER.parent == ROOT / "apps" / "static"  # beside the launcher, where Streamlit looks


def test_home_shows_every_page_by_its_picture() -> None:
    shown = [element.proto.body for element in open_home().get("html") if 'aula-picture"' in element.proto.body]

    assert len(shown) == len(PAGES)
    for row in PAGES:
        assert len([html for html in shown if f"/{row.name}.webp" in html]) == 1


def test_a_page_without_a_picture_shows_its_icon() -> None:
    assert address_of("no_such_page") is None


def test_a_picture_fits_its_size_whatever_it_shows() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (500, 800, 3), dtype=np.uint8)
    content = home_pictures.as_webp(Image.fromarray(np.kron(noise[:50, :80], np.ones((10, 10, 1), np.uint8))))

    assert len(content) <= home_pictures.MOST_BYTES
    assert Image.open(BytesIO(content)).size == (WIDTH, HEIGHT)


def test_pages_that_are_taken_in_a_special_way_exist() -> None:
    assert set(home_pictures.SHOTS) <= {row.name for row in PAGES}


def test_a_page_that_does_not_exist_is_not_taken() -> None:
    command = [sys.executable, "-m", "apps.home_pictures", "juggling"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert ended.returncode == 2
    assert "There is no page juggling" in ended.stderr


def test_without_playwright_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    monkeypatch.setattr(sys, "argv", ["home_pictures", "tasks"])

    assert home_pictures.main() == 1
    assert "Playwright is not installed" in capsys.readouterr().err

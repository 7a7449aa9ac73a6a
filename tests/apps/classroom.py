"""A classroom machine for page tests: tiny models under the catalog's names, and pages opened as the launcher does."""

import os
import shutil
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from apps.pages import page_named
from apps.ui.run import Outcome
from models.catalog import Task

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "apps" / "launcher.py"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# Of an experiment that was not run here.
CONDITIONS = {
    "threads": 2, "date": "2026-11-21", "machine": "Linux", "processor": "a processor", "cpu_features": ["avx2"],
    "graphics_cards": [], "versions": {"torch": "2.15"},
}  # fmt: skip


def put_in_cache(model_id: str, folder: Path, cache: Path | None = None) -> Path:
    """Copy a checkpoint into `cache` (HF_HUB_CACHE) as the snapshot of `model_id`; the snapshot's folder."""
    storage = (cache or Path(os.environ["HF_HUB_CACHE"])) / f"models--{model_id.replace('/', '--')}"
    snapshot = storage / "snapshots" / COMMIT
    shutil.copytree(folder, snapshot)
    (storage / "refs").mkdir()
    (storage / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    return snapshot


def open_home() -> AppTest:
    """The suite as it starts."""
    return AppTest.from_file(str(LAUNCHER), default_timeout=600).run()


def open_page(name: str) -> AppTest:
    """A page by its name, such as “question_answering”, opened at its address: Home is not drawn first."""
    page = AppTest.from_file(str(LAUNCHER), default_timeout=600)
    # AppTest cannot be given an address: before the first run, its switch_page mistakes the file's name for one.
    page._page_hash = calc_hash(page_named(name).name)
    page.run()
    assert not page.exception
    return page


def go_to(page: AppTest, name: str) -> AppTest:
    """The page of this name, reached from another one in the same session."""
    page.switch_page(page_named(name).file).run()
    assert not page.exception
    return page


def open_with(name: str, task: Task, model_id: str) -> AppTest:
    """A page with a model chosen, which need not be on this machine."""
    page = open_page(name).selectbox(key=f"{task}-model").set_value(model_id).run()
    assert not page.exception
    return page


def open_after(name: str, outcome: str, *items: object, request: object = None) -> AppTest:
    """A page after an experiment that was stopped when it had given these items; `outcome` is its name."""
    page = open_page(name)
    page.session_state[f"{outcome}-outcome"] = Outcome(request, list(items))
    page.run()
    assert not page.exception
    return page


def sentences(page: AppTest) -> str:
    """All that a page says in text and captions."""
    return "\n".join(element.value for element in [*page.markdown, *page.caption])


def button(page: AppTest, label: str):
    """The first button whose label begins so."""
    return next(found for found in page.button if found.label.startswith(label))


def press(page: AppTest, label: str) -> AppTest:
    """Click a button; the page must bear it."""
    button(page, label).click().run()
    assert not page.exception
    return page

import subprocess
import sys
from pathlib import Path

import pytest

from apps.ui import visitor
from apps.ui.run import shared_store
from models.catalog import Task
from serving.loading import ModelKey
from tests.apps.classroom import open_home, put_in_cache

ROOT = Path(__file__).resolve().parents[2]


def test_home_says_what_comes_with_the_suite() -> None:
    page = open_home()
    assert not page.exception
    assert page.title[0].value == "Aula"
    assert any("small models come with the suite" in caption.value for caption in page.caption)
    assert not page.button  # nothing of one's own that could be deleted


def test_home_lists_the_weights_on_this_machine(tiny_models) -> None:
    put_in_cache("deepset/roberta-base-squad2", tiny_models.roberta_qa())
    page = open_home()
    assert any("deepset/roberta-base-squad2" in text.value for text in page.markdown)
    assert page.button(key="free-deepset/roberta-base-squad2").label == "Delete"


def test_weights_can_be_freed(tiny_models) -> None:
    snapshot = put_in_cache("deepset/roberta-base-squad2", tiny_models.roberta_qa())
    page = open_home().button(key="free-deepset/roberta-base-squad2").click().run()
    assert not snapshot.exists()
    assert not page.button


def test_a_stranger_can_delete_nothing(tiny_models, monkeypatch: pytest.MonkeyPatch) -> None:
    put_in_cache("deepset/roberta-base-squad2", tiny_models.roberta_qa())
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    assert [button.label for button in open_home().button] == []


def test_home_imports_no_torch() -> None:
    program = (
        "import sys; from streamlit.testing.v1 import AppTest; "
        "page = AppTest.from_file('apps/launcher.py', default_timeout=120).run(); assert not page.exception; "
        "print(*{'torch', 'transformers', 'ultralytics'} & set(sys.modules))"
    )
    finished = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == ""


def test_a_stranger_learns_no_path_of_a_model_in_memory(tiny_models, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tiny_models.roberta_qa())
    with shared_store().use(ModelKey(Task.QUESTION_ANSWERING, path)):
        pass
    assert any(path in text.value for text in open_home().markdown)
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    assert not any(path in text.value for text in open_home().markdown)

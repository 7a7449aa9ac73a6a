"""What sharing a model would send, what it refuses, and what arrives on a hub on loopback."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from models.errors import InvalidInput, Offline, UploadFailed
from models.folders import trained_folder
from models.weights import sharing
from tests.conftest import TinyModels
from tests.loopback_hub import LoopbackHub

TOKEN = "hf_loopbacktokenofthetest"
CARD = "---\nlicense: apache-2.0\n---\n# A model\n"


@pytest.fixture
def model(tmp_path: Path, tiny_models: TinyModels) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(tiny_models.bert_qa(), folder)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub on which the account “ana” may write, and Ana is logged in here."""
    with LoopbackHub() as hub:
        hub.writers = {TOKEN: "ana"}
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        yield hub


def test_a_plan_lists_every_file_and_asks_nobody(model: Path, hub: LoopbackHub) -> None:
    (model / ".DS_Store").write_bytes(b"left by a system")

    found = sharing.plan(model, "ana/reviews")

    assert [(file.name, file.bytes) for file in found.files] == [
        (path.name, path.stat().st_size) for path in sorted(model.iterdir()) if path.name != ".DS_Store"
    ]
    assert found.address == f"{hub.url}/ana/reviews"
    assert found.bytes == sum(file["bytes"] for file in found.as_dict()["files"])
    assert hub.requests == []


def test_how_a_model_chats_belongs_to_it(model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = "{{ messages[0].content }}"
    tokenizer.save_pretrained(model)
    assert "chat_template.jinja" in {file.name for file in sharing.plan(model, "ana/reviews").files}


def test_an_upload_arrives_byte_for_byte_and_loads_again(model: Path, hub: LoopbackHub, tmp_path: Path) -> None:
    address = sharing.upload(sharing.plan(model, "ana/reviews"))

    assert address == f"{hub.url}/ana/reviews"
    assert hub.visibility == {"ana/reviews": "public"}
    assert hub.received["ana/reviews"] == {path.name: path.read_bytes() for path in model.iterdir()}
    again = tmp_path / "again"
    again.mkdir()
    for name, content in hub.received["ana/reviews"].items():
        (again / name).write_bytes(content)
    AutoModelForQuestionAnswering.from_pretrained(again)


def test_a_second_upload_changes_the_same_repository(model: Path, hub: LoopbackHub) -> None:
    sharing.upload(sharing.plan(model, "ana/reviews", private=True))
    (model / "README.md").write_text(CARD + "More.\n", encoding="utf-8")
    sharing.upload(sharing.plan(model, "ana/reviews", private=True))

    assert hub.visibility == {"ana/reviews": "private"}
    assert hub.received["ana/reviews"]["README.md"].endswith(b"More.\n")


def test_a_model_trained_here_is_shared_by_its_id(model: Path) -> None:
    trained_folder().mkdir(parents=True)
    shutil.move(model, trained_folder() / "reviews")

    assert "model.safetensors" in {file.name for file in sharing.plan("trained/reviews", "ana/reviews").files}


def test_a_picture_classifier_is_shared_with_its_preprocessor(tiny_models: TinyModels, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models.vit(), tmp_path / "vit"))
    (folder / "README.md").write_text(CARD, encoding="utf-8")

    names = {file.name for file in sharing.plan(folder, "ana/pictures").files}

    assert names == {"README.md", "config.json", "model.safetensors", "preprocessor_config.json"}


def test_a_folder_of_timm_is_shared_as_it_is(tiny_models: TinyModels, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models.timm(), tmp_path / "timm"))
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    assert {file.name for file in sharing.plan(folder, "ana/things").files} == {
        "README.md", "config.json", "model.safetensors",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [("config.json", "a config.json"), ("model.safetensors", "weights"), ("README.md", "a model card")],
)
def test_half_a_model_is_not_shared(model: Path, name: str, words: str) -> None:
    (model / name).unlink()

    with pytest.raises(InvalidInput, match=words):
        sharing.plan(model, "ana/reviews")


@pytest.mark.parametrize("name", ["optimizer.pt", "reviews.csv", "events.jsonl", "trainer_state.json", ".env", "x.py"])
def test_what_is_not_a_model_is_not_shared(model: Path, name: str) -> None:
    (model / name).write_text("private", encoding="utf-8")

    with pytest.raises(InvalidInput, match=f"{name} in .* is not part of a model"):
        sharing.plan(model, "ana/reviews")


def test_a_folder_with_checkpoints_is_not_shared(model: Path) -> None:
    (model / "checkpoint-20").mkdir()

    with pytest.raises(InvalidInput, match="checkpoint-20"):
        sharing.plan(model, "ana/reviews")


@pytest.mark.parametrize(("folder", "repository"), [("nowhere", "ana/reviews"), (None, "reviews"), (None, "a/b/c")])
def test_names_that_lead_nowhere_get_a_sentence(model: Path, folder: str | None, repository: str) -> None:
    with pytest.raises(InvalidInput, match=r"folder|repository"):
        sharing.plan(folder or model, repository)


def test_nobody_logged_in_is_a_sentence_with_the_next_step(
    model: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))

    with pytest.raises(UploadFailed, match="hf auth login"):
        sharing.upload(sharing.plan(model, "ana/reviews"))
    assert hub.requests == []


def test_a_login_that_is_no_longer_valid_is_a_sentence(
    model: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_expired")

    with pytest.raises(UploadFailed, match="hf auth login"):
        sharing.upload(sharing.plan(model, "ana/reviews"))


def test_a_repository_of_somebody_else_is_a_sentence(model: Path, hub: LoopbackHub) -> None:
    with pytest.raises(UploadFailed, match="may not write to ben/reviews"):
        sharing.upload(sharing.plan(model, "ben/reviews"))
    assert hub.received == {}


def test_offline_mode_and_a_hub_that_is_gone_are_sentences(
    model: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Offline, match="cannot be reached"):
        sharing.upload(sharing.plan(model, "ana/reviews"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Offline, match="HF_HUB_OFFLINE"):
        sharing.upload(sharing.plan(model, "ana/reviews"))

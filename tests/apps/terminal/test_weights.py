"""Listing, fetching and freeing models, against a hub on loopback."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.catalog import CATALOG
from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels
from tests.loopback_hub import LoopbackHub

KEYS = {"model_id", "task", "here", "embedded", "path", "bytes", "download_bytes", "licence", "languages", "summary"}
MODEL = "school/tiny-gpt2"


@pytest.fixture
def hub(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub that serves a tiny GPT-2 and a tiny detector."""
    with LoopbackHub({MODEL: tiny_models.gpt2()}, {"yolov5nu.pt": tiny_models.yolov5u()}) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


def test_list_shows_the_catalog(aula: Aula) -> None:
    ended = aula("models", "list")

    assert ended.code == 0
    lines = ended.output.splitlines()
    assert lines[0].split() == ["MODEL", "TASK", "HERE", "SIZE", "LICENCE"]
    assert [line.split()[0] for line in lines[1:]] == [card.model_id for card in CATALOG]
    for card, line in zip(CATALOG, lines[1:], strict=True):
        assert (" embedded " if card.embedded else " no ") in line


def test_fetched_models_are_listed_and_freed(aula: Aula, hub: LoopbackHub) -> None:
    fetched = aula("models", "fetch", MODEL, "yolov5nu", "--json")
    assert fetched.code == 0, fetched.errors
    places = {row["model_id"]: Path(row["path"]) for row in json.loads(fetched.output)}
    assert set(places) == {MODEL, "yolov5nu"}
    assert all(path.exists() for path in places.values())
    assert f"{MODEL}: " in fetched.errors  # bytes as they come

    listed = json.loads(aula("models", "list", "--json").output)
    assert all(set(row) == KEYS for row in listed)
    here = {row["model_id"]: row for row in listed if row["here"] and not row["embedded"]}
    assert set(here) == set(places)
    assert here["yolov5nu"]["bytes"] == places["yolov5nu"].stat().st_size
    assert here[MODEL]["task"] == "text-generation"
    encoder = next(row for row in listed if row["model_id"] == "aula/minilm")
    assert encoder["here"]
    assert encoder["embedded"]
    assert 44_000_000 < encoder["bytes"] < 47_000_000  # 22.6 M parameters of two bytes, and a tokenizer

    freed = aula("models", "free", MODEL, "yolov5nu", "--json")
    assert freed.code == 0
    assert [(row["model_id"], row["freed_bytes"] > 0) for row in json.loads(freed.output)] == [
        (MODEL, True),
        ("yolov5nu", True),
    ]
    assert not any(path.exists() for path in places.values())


def test_a_model_that_is_nowhere_is_one_sentence(aula: Aula, hub: LoopbackHub) -> None:
    ended = aula("models", "fetch", "school/no-such-model")

    assert ended.code == 1
    assert ended.output == ""
    assert "school/no-such-model" in ended.errors.splitlines()[-1]


def test_without_a_network_fetching_says_so(aula: Aula) -> None:
    ended = aula("models", "fetch", MODEL)  # HF_HUB_OFFLINE=1 is set for all tests

    assert ended.code == 1
    assert "offline" in ended.errors.splitlines()[-1].lower()


def test_freeing_what_is_not_here_is_one_sentence(aula: Aula) -> None:
    ended = aula("models", "free", "yolov5su")

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.startswith("yolov5su is not on this machine")


def test_a_model_that_cannot_be_fetched_is_named_and_the_others_are(aula: Aula, hub: LoopbackHub) -> None:
    ended = aula("models", "fetch", "no such id", "school/absent", MODEL, "--json")

    assert ended.code == 1
    unknown, absent, here = json.loads(ended.output)
    assert (unknown["model_id"], absent["model_id"], here["model_id"]) == ("no such id", "school/absent", MODEL)
    assert Path(here["path"]).is_dir()
    assert unknown["error"].startswith("There is no model “no such id”")
    assert unknown["error"] in ended.errors
    assert absent["error"] in ended.errors


def test_a_model_that_is_not_here_is_named_and_the_others_are_freed(aula: Aula, hub: LoopbackHub) -> None:
    assert aula("models", "fetch", MODEL).code == 0

    ended = aula("models", "free", "yolov5su", "aula/minilm", MODEL)

    assert ended.code == 1
    assert ended.output.startswith(f"{MODEL}: ")
    assert [line.split()[0] for line in ended.errors.splitlines()] == ["yolov5su", "aula/minilm"]


def test_being_offline_is_said_once_for_all_models(aula: Aula) -> None:
    ended = aula("models", "fetch", MODEL, "aula/minilm", "yolov5nu")

    assert ended.code == 1
    assert ended.errors.lower().count("offline mode is on") == 1
    assert "yolov5nu cannot be fetched either." in ended.errors
    assert ended.output.startswith("aula/minilm is in ")  # what needs no network is found all the same


def test_ctrl_c_ends_a_download(aula: Aula, hub: LoopbackHub, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at()
    ended = aula("models", "fetch", MODEL, "yolov5nu", "--json")

    assert ended.code == 130
    assert json.loads(ended.output) == []


# share


@pytest.fixture
def model(tmp_path: Path, tiny_models: TinyModels) -> Path:
    """A model's folder with its card."""
    folder = tmp_path / "model"
    shutil.copytree(tiny_models.bert_qa(), folder)
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n# A model\n", encoding="utf-8")
    return folder


def test_share_lists_what_it_would_send_and_sends_nothing(aula: Aula, hub: LoopbackHub, model: Path) -> None:
    ended = aula("models", "share", model, "ana/reviews")

    assert ended.code == 0
    assert [line.split()[0] for line in ended.output.splitlines()[1:-3]] == sorted(
        path.name for path in model.iterdir()
    )
    assert f"for {hub.url}/ana/reviews, where everybody can see them." in ended.output
    assert "Nothing was sent" in ended.output
    assert hub.requests == []


def test_share_uploads_with_yes_and_never_prints_the_token(
    aula: Aula, hub: LoopbackHub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.writers = {"hf_secretofthetest": "ana"}
    monkeypatch.setenv("HF_TOKEN", "hf_secretofthetest")

    ended = aula("models", "share", model, "ana/reviews", "--yes", "--private", "--json")

    assert ended.code == 0, ended.errors
    told = json.loads(ended.output)
    assert (told["repository"], told["private"], told["uploaded"]) == ("ana/reviews", True, True)
    assert set(hub.received["ana/reviews"]) == {file["file"] for file in told["files"]}
    assert hub.visibility == {"ana/reviews": "private"}
    assert "hf_secret" not in ended.output + ended.errors


def test_share_refuses_a_folder_with_data_in_one_sentence(aula: Aula, model: Path) -> None:
    (model / "reviews.csv").write_text("text,label\n", encoding="utf-8")

    ended = aula("models", "share", model, "ana/reviews", "--yes")

    assert (ended.code, ended.output) == (1, "")
    assert "reviews.csv" in ended.errors

"""What is asked of servers, and which files of a repository are fetched."""

from pathlib import Path

import pytest

from models import errors
from models.catalog import ModelCard, Task
from models.weights import hub, remote
from models.weights.cards import find_card
from tests.conftest import TinyModels
from tests.loopback_hub import LoopbackHub
from tests.models.weights.served import CARD, DETECTOR, REPOSITORY, content, content_of_served, ignore


def test_fetch_asks_nobody_but_the_hub_for_the_model(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    assert all(REPOSITORY in request.path for request in served.requests)


def test_download_size_is_that_of_the_needed_files(served: LoopbackHub) -> None:
    source = content_of_served(served)
    needed = sum(len(source[name]) for name in ("config.json", "vocab.json", "merges.txt", "model.safetensors"))
    assert hub.download_size(CARD) == needed
    assert hub.download_size(DETECTOR) == served.files["yolov5su.pt"].stat().st_size
    assert hub.locate(CARD) is None


def test_bin_weights_are_fetched_where_there_are_no_safetensors(served: LoopbackHub) -> None:
    (served.repositories[REPOSITORY] / "model.safetensors").unlink()
    assert set(content(hub.fetch(CARD, ignore))) == {"config.json", "vocab.json", "merges.txt", "pytorch_model.bin"}


def test_sharded_weights_are_fetched_with_their_index(served: LoopbackHub) -> None:
    folder = served.repositories[REPOSITORY]
    (folder / "model.safetensors").unlink()
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    (folder / shards[0]).write_bytes(b"one")
    (folder / shards[1]).write_bytes(b"two")
    (folder / "model.safetensors.index.json").write_text(
        f'{{"weight_map": {{"a": "{shards[0]}", "b": "{shards[1]}"}}}}'
    )

    here = hub.fetch(CARD, ignore)

    assert {*shards, "model.safetensors.index.json"} < set(content(here))
    (here / shards[1]).unlink()
    assert hub.locate(CARD) is None


def test_repository_without_weights_for_us(served: LoopbackHub) -> None:
    for name in ("model.safetensors", "pytorch_model.bin"):
        (served.repositories[REPOSITORY] / name).unlink()
    with pytest.raises(errors.UnsupportedCheckpoint, match="no weights that Aula can load"):
        hub.fetch(CARD, ignore)


def test_detector_is_fetched_from_the_base_address(served: LoopbackHub) -> None:
    path = hub.fetch(DETECTOR, ignore)
    assert path == hub.cache_folder() / "yolov5" / "yolov5su.pt"
    assert path.read_bytes() == served.files["yolov5su.pt"].read_bytes()
    assert list(path.parent.iterdir()) == [path]


def test_the_users_token_goes_to_the_hub_and_nowhere_else(
    served: LoopbackHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    weights = served.content(REPOSITORY)["model.safetensors"]
    served.truncate_at = 400_000
    with LoopbackHub(files={"model.safetensors": weights}) as cdn:
        served.cdn, cdn.truncate_at = cdn, 400_000
        with pytest.raises(errors.DamagedFile):
            hub.fetch(CARD, ignore)
        cdn.truncate_at = None
        hub.fetch(CARD, ignore)
        assert {request.token for request in served.requests} == {"Bearer hf_secret"}
        assert {request.token for request in cdn.requests} == {None}
        assert cdn.requests[-1].range == "bytes=400000-"  # the redirect keeps what was asked for
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"hf_secret" in path.read_bytes()]


@pytest.mark.parametrize("told", ["commit", "digest"])
def test_names_that_a_server_makes_up_lead_nowhere(
    served: LoopbackHub, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    if told == "commit":
        monkeypatch.setattr(served, "commit", lambda repository: "../../../elsewhere")
    else:
        monkeypatch.setattr("tests.loopback_hub.digest", lambda path: "../../../elsewhere")
    with pytest.raises(errors.FetchFailed, match="did not answer as a model hub does"):
        hub.fetch(CARD, ignore)
    assert not list(hub.huggingface_cache().parent.rglob("*elsewhere*"))


def test_offline_switch_makes_no_request(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for card in (CARD, DETECTOR):
        with pytest.raises(errors.Offline, match="HF_HUB_OFFLINE"):
            hub.fetch(card, ignore)
    assert served.requests == []


def test_a_fetch_by_id_alone_brings_a_preprocessor_too(served: LoopbackHub, tiny_models: TinyModels) -> None:
    served.repositories["school/vit"] = tiny_models.vit()
    card = find_card("school/vit", Task.TEXT_GENERATION)  # whoever fetches need not know what a model is for
    names = [file.name for file in remote.describe(card).files]
    assert names == ["config.json", "preprocessor_config.json", "model.safetensors"]


def test_what_is_on_no_server_cannot_be_described(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="on no server"):
        remote.describe(ModelCard("mine", Task.TEXT_GENERATION, path=tmp_path))


def test_of_a_translator_both_vocabularies_are_fetched() -> None:
    marian = {"config.json", "vocab.json", "source.spm", "target.spm", "tokenizer_config.json", "pytorch_model.bin"}
    others = {"README.md", "rust_model.ot", "tf_model.h5", "metadata.json", ".gitattributes"}
    card = ModelCard("a/b", Task.TEXT_TO_TEXT, repository="a/b")
    assert set(remote.needed_files(marian | others, card)) == marian


def test_the_vocabulary_of_a_deberta_is_fetched_and_known_for_one() -> None:
    deberta = {"config.json", "spm.model", "tokenizer_config.json", "pytorch_model.bin"}
    others = {"generator_config.json", "pytorch_model.generator.bin", "rust_model.ot", "tf_model.h5"}
    card = ModelCard("a/b", Task.QUESTION_ANSWERING, repository="a/b")
    assert set(remote.needed_files(deberta | others, card)) == deberta
    assert "spm.model" in remote.files_to_read_with(card.task)

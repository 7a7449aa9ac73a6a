"""How downloaded weights lie on the disk, and when they count as here."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from models.catalog import ModelCard, Task, card_of
from models.tasks import ROWS
from models.weights import hub
from serving.loading import ModelKey, load
from tests.conftest import TinyModels
from tests.loopback_hub import LoopbackHub
from tests.models.weights.served import CARD, REPOSITORY, content, ignore


def test_the_commit_is_recorded_and_other_programs_find_the_model(served: LoopbackHub) -> None:
    import huggingface_hub

    folder = hub.fetch(CARD, ignore)

    commit = served.commit(REPOSITORY)
    assert folder.name == commit
    assert [model.revision for model in hub.list_local()] == [commit]
    cached = huggingface_hub.try_to_load_from_cache(REPOSITORY, "model.safetensors", cache_dir=hub.huggingface_cache())
    assert Path(cached) == folder / "model.safetensors"


def test_half_a_download_is_not_here(served: LoopbackHub) -> None:
    folder = hub.fetch(CARD, ignore)
    (folder / "model.safetensors").resolve().unlink()  # the link stays, the bytes are gone
    assert hub.locate(CARD) is None
    assert hub.list_local() == []
    assert hub.fetch(CARD, ignore) == folder
    assert hub.locate(CARD) == folder


@pytest.mark.parametrize("missing", ["config.json", "vocab.json"])
def test_a_snapshot_without_config_or_tokenizer_is_not_here(served: LoopbackHub, missing: str) -> None:
    (hub.fetch(CARD, ignore) / missing).unlink()
    assert hub.locate(CARD) is None


@pytest.mark.parametrize(
    "index", [b'{"weight_map": ["a"]}', b'{"weight_map": {}}', b'{"weight_map": {"a": ["b"]}}', b"{}", b"\xff"]
)
def test_an_index_that_cannot_be_understood_makes_no_complete_model(served: LoopbackHub, index: bytes) -> None:
    folder = hub.fetch(CARD, ignore)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_bytes(index)
    assert hub.list_local() == []
    assert hub.locate(CARD) is None


def test_a_reference_that_cannot_be_read_is_not_a_model(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    (hub.huggingface_cache() / "models--school--tiny-gpt2" / "refs" / "main").write_bytes(b"\xff\xff")
    assert hub.list_local() == []


def test_a_model_that_reads_bytes_is_whole_without_a_vocabulary(served: LoopbackHub, tmp_path: Path) -> None:
    folder = tmp_path / "bytes"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"}')
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "ByT5Tokenizer"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    served.repositories["school/bytes"] = folder
    card = ModelCard("school/bytes", Task.TEXT_TO_TEXT, repository="school/bytes")
    assert hub.fetch(card, ignore) == hub.locate(card)
    assert [model.model_id for model in hub.list_local()] == ["school/bytes"]


@pytest.fixture
def picture_model(picture_task: Task, tiny_models: TinyModels, served: LoopbackHub) -> ModelCard:
    """A picture classifier on the hub: a preprocessor, and no tokenizer."""
    served.repositories["school/vit"] = tiny_models.vit()
    return ModelCard("school/vit", picture_task, repository="school/vit")


def test_a_picture_classifier_is_whole_with_its_preprocessor(picture_model: ModelCard) -> None:
    folder = hub.fetch(picture_model, ignore)
    assert set(content(folder)) == {"config.json", "model.safetensors", "preprocessor_config.json"}
    assert hub.locate(picture_model) == folder
    assert [(model.model_id, model.task) for model in hub.list_local()] == [("school/vit", picture_model.task)]
    (folder / "preprocessor_config.json").unlink()
    assert hub.locate(picture_model) is None
    assert hub.list_local() == []


def test_a_tokenizer_is_of_no_use_to_a_picture_classifier(picture_model: ModelCard) -> None:
    folder = hub.fetch(picture_model, ignore)
    (folder / "preprocessor_config.json").rename(folder / "tokenizer.json")
    assert hub.locate(picture_model) is None


def test_a_preprocessor_is_of_no_use_to_a_text_model(served: LoopbackHub) -> None:
    folder = hub.fetch(CARD, ignore)
    (folder / "vocab.json").rename(folder / "preprocessor_config.json")
    assert hub.locate(CARD) is None


def test_a_model_of_no_known_task_is_whole_with_either(
    picture_model: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROWS, picture_model.task, replace(ROWS[picture_model.task], architectures=None))
    assert hub.fetch(picture_model, ignore) == hub.locate(picture_model)
    assert hub.list_local() == []  # and of no use to any page


def test_a_folder_of_timm_is_whole_without_a_preprocessor_file(tiny_models: TinyModels, served: LoopbackHub) -> None:
    served.repositories["timm/tiny"] = tiny_models.timm()
    card = ModelCard("timm/tiny", Task.IMAGE_CLASSIFICATION, repository="timm/tiny")
    folder = hub.fetch(card, ignore)
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}
    assert hub.locate(card) == folder
    assert ("timm/tiny", Task.IMAGE_CLASSIFICATION) in [(model.model_id, model.task) for model in hub.list_local()]
    assert load(ModelKey(Task.IMAGE_CLASSIFICATION, "timm/tiny", "cpu")).labels == ("crane", "dog", "crane")


def test_the_catalog_s_vision_transformer_is_fetched_and_classifies(
    tiny_models: TinyModels, served: LoopbackHub
) -> None:
    served.repositories["google/vit-base-patch16-224"] = tiny_models.vit()
    card = card_of("google/vit-base-patch16-224")
    assert card is not None
    hub.fetch(card, ignore)
    classifier = load(ModelKey(card.task, card.model_id, "cpu"))
    assert classifier.classify([Image.new("RGB", (20, 20))])[0].label in classifier.labels
    hub.free(card.model_id)
    assert hub.locate(card) is None

"""Where a configuration is found, what is fetched, and what is refused before anything is built."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.catalog import CATALOG, ModelCard, Task
from models.errors import (
    AulaError,
    DamagedFile,
    InvalidInput,
    ModelNotHere,
    Offline,
    UnknownModel,
    UnsafeCheckpoint,
    UnsupportedCheckpoint,
)
from models.weights.configurations import (
    EXAMPLES,
    SHIPPED,
    build,
    configuration,
    fetch_configuration,
    find_configuration,
)
from tests.apps.classroom import put_in_cache
from tests.conftest import TinyModels
from tests.loopback_hub import LoopbackHub

TO_DOWNLOAD = [card.model_id for card in CATALOG if card.repository and card.task.row.has_configuration]
BERT = {"model_type": "bert", "hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 2}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    return tmp_path / "model"


def write(folder: Path, **values) -> str:
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    return str(folder)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub that has one model with a config.json and one without."""
    for name in ("whole", "empty"):
        (tmp_path / name).mkdir()
    write(tmp_path / "whole", **BERT)
    (tmp_path / "whole" / "model.safetensors").write_bytes(b"0" * 1000)
    (tmp_path / "empty" / "README.md").write_text("nothing")
    with LoopbackHub({"owner/whole": tmp_path / "whole", "owner/empty": tmp_path / "empty"}) as hub:
        for name, value in hub.environment().items():
            monkeypatch.setenv(name, value)
        yield hub


def test_what_is_shipped_belongs_to_the_catalog_or_the_examples() -> None:
    assert {path.stem.replace("--", "/") for path in SHIPPED.glob("*.json")} == {*TO_DOWNLOAD, *EXAMPLES}


@pytest.mark.parametrize("model_id", [*TO_DOWNLOAD, *EXAMPLES])
def test_a_shipped_configuration_is_found_without_a_network(model_id: str) -> None:
    found = find_configuration(model_id)
    assert found.source == "comes with the suite"
    assert build(found).model_type == found.values["model_type"]


def test_the_task_is_the_catalogs() -> None:
    assert find_configuration("google-t5/t5-base").task is Task.TEXT_TO_TEXT
    assert find_configuration("EleutherAI/gpt-neo-125m").task is None


def test_weights_on_this_machine_come_before_what_is_shipped(tiny_models) -> None:
    put_in_cache("openai-community/gpt2", tiny_models.gpt2())
    found = find_configuration("openai-community/gpt2")
    assert found.source == "on this machine"
    assert found.values["n_embd"] == 32


def test_a_folder_and_an_adapter_have_theirs_beside_them(tiny_models) -> None:
    assert configuration(str(tiny_models.bert_qa())).hidden_size == 32
    assert configuration("aula/qa-minilm").hidden_size == 384


def test_what_is_not_here_says_how_to_get_it() -> None:
    with pytest.raises(ModelNotHere, match=r"memory owner/model --download"):
        find_configuration("owner/model")


@pytest.mark.parametrize("name", ["", "  ", "nonsense", "trained/missing", "a/b/c"])
def test_what_is_nothing_at_all_gets_a_sentence(name: str) -> None:
    with pytest.raises(UnknownModel, match="Give a Hugging Face id"):
        find_configuration(name)


def test_a_detector_has_no_configuration() -> None:
    with pytest.raises(InvalidInput, match="convolutions"):
        find_configuration("yolov5su")


def test_only_the_configuration_is_fetched_and_then_kept(served: LoopbackHub, monkeypatch) -> None:
    found = fetch_configuration("owner/whole")
    assert (found.source, found.values) == ("fetched from the hub", BERT)
    assert not served.asked_for("model.safetensors")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert find_configuration("owner/whole") == found


def test_a_repository_without_one_or_unknown_or_broken(served: LoopbackHub) -> None:
    with pytest.raises(UnsupportedCheckpoint, match=r"holds no config\.json"):
        fetch_configuration("owner/empty")
    with pytest.raises(UnknownModel, match="no model owner/missing"):
        fetch_configuration("owner/missing")
    served.corrupt = True
    with pytest.raises(DamagedFile, match="damaged"):
        fetch_configuration("owner/whole")


def test_a_file_that_is_too_large_is_not_taken(served: LoopbackHub, tmp_path: Path) -> None:
    write(tmp_path / "whole", **BERT, padding="x" * 5_000_000)
    with pytest.raises(UnsupportedCheckpoint, match="larger than 4 MB"):
        fetch_configuration("owner/whole")


def test_without_a_network_there_is_a_next_step() -> None:
    with pytest.raises(Offline, match="HF_HUB_OFFLINE"):
        fetch_configuration("owner/whole")


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({}, DamagedFile, "cannot be read"),
        ({"hidden_size": 3}, UnsupportedCheckpoint, "model_type"),
        ({**BERT, "num_hidden_layers": 10**9}, UnsupportedCheckpoint, "num_hidden_layers"),
        ({**BERT, "hidden_size": 10**30}, UnsupportedCheckpoint, "hidden_size"),
        ({**BERT, "num_labels": 10**8}, UnsupportedCheckpoint, "num_labels"),
        ({**BERT, "text_config": {"depths": [3, 10**7]}}, UnsupportedCheckpoint, "depths"),
        ({**BERT, "num_hidden_layers": 900, "num_experts": 900}, UnsupportedCheckpoint, "900 layers"),
        ({**BERT, "backbone": "resnet50"}, UnsupportedCheckpoint, "pictures"),
        ({"model_type": "mine", "auto_map": {"AutoConfig": "x.y"}}, UnsafeCheckpoint, "code of its own"),
        ({"model_type": "mine"}, UnsupportedCheckpoint, "does not know"),
        ({**BERT, "hidden_size": "wide"}, UnsupportedCheckpoint, "cannot be used"),
        ({**BERT, "num_attention_heads": 7}, UnsupportedCheckpoint, "cannot be used"),
        ({**BERT, "hidden_size": -32}, UnsupportedCheckpoint, "cannot be used"),
        ({**BERT, "architectures": ["os.system"], "vocab_size": [1]}, UnsupportedCheckpoint, "cannot be used"),
    ],
)
def test_broken_foreign_and_absurd_settings_get_a_sentence(folder: Path, values, error, words: str) -> None:
    from quantization.predict.weight_bytes import anatomy

    with pytest.raises(error, match=words) as caught:
        anatomy(find_configuration(write(folder, **values)))
    assert isinstance(caught.value, AulaError)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_bytes_that_are_no_configuration(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(DamagedFile, match="cannot be read"):
        find_configuration(str(folder))


def test_a_folder_without_one(folder: Path) -> None:
    with pytest.raises(UnsupportedCheckpoint, match=r"holds no config\.json"):
        find_configuration(str(folder))


def test_what_would_fetch_or_run_something_is_dropped(folder: Path) -> None:
    strange = {"attn_implementation": "owner/kernel", "_attn_implementation": "owner/kernel", "auto_map": {"A": "b"}}
    config = configuration(
        write(folder, **BERT, **strange, quantization_config={"load_in_4bit": True}, dtype="bfloat16")
    )
    assert "kernel" not in str(config.to_dict())
    assert not hasattr(config, "quantization_config")


def test_a_picture_classifier_has_a_configuration(tiny_models: TinyModels, picture_task: Task) -> None:
    found = find_configuration(ModelCard("vit", picture_task, path=tiny_models.vit()))
    assert found.values["architectures"] == ["ViTForImageClassification"]
    assert build(found).model_type == "vit"


@pytest.mark.parametrize("endless", ["Infinity", '{"__float__": "Infinity"}'])
def test_a_limit_that_is_none_is_taken_as_both_libraries_write_it(folder: Path, endless: str) -> None:
    (folder / "config.json").write_text(f'{{"model_type": "mamba2", "time_step_limit": [0.0, {endless}]}}')
    assert configuration(str(folder)).time_step_limit[1] == float("inf")


def test_an_endless_size_is_refused(folder: Path) -> None:
    for name in ("hidden_size", "num_hidden_layers"):
        (folder / "config.json").write_text(f'{{"model_type": "bert", "{name}": Infinity}}')
        with pytest.raises(UnsupportedCheckpoint, match="cannot be used"):
            configuration(str(folder))

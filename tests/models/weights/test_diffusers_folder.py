"""Folders of diffusers: what is fetched of a repository, and whether what is here is whole. Needs no diffusers."""

import json
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task, models_for
from models.errors import DamagedFile, UnsupportedCheckpoint
from models.weights import diffusers_folder, hub
from models.weights.completeness import require_whole
from serving.loading import ModelKey
from serving.model_store import expected_bytes
from tests.loopback_hub import LoopbackHub
from tests.models.weights.served import ignore

CARD = ModelCard("school/tiny-sd", Task.TEXT_TO_IMAGE, repository="school/tiny-sd")
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "requires_safety_checker": True,
    "image_encoder": [None, None],
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "unet": ["diffusers", "UNet2DConditionModel"],
}
SETTINGS = [
    "scheduler/scheduler_config.json", "tokenizer/merges.txt", "tokenizer/vocab.json", "text_encoder/config.json",
    "unet/config.json",
]  # fmt: skip
EXCESS = [
    "README.md", "v1-5-pruned.ckpt", "safety_checker/model.safetensors", "vae_1_0/config.json",
    "text_encoder/pytorch_model.bin", "unet/diffusion_pytorch_model.non_ema.safetensors",
    "unet/onnx/model.onnx", "unet/mine.py",
]  # fmt: skip
WHOLE = ["text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors"]
HALF = ["text_encoder/model.fp16.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All files of a pipeline, of weights two numbers each."""
    import torch
    from safetensors.torch import save_file

    root = tmp_path / "pipeline"
    for name in [*SETTINGS, *WHOLE]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("{}", encoding="utf-8")
    for name in WHOLE:
        save_file({"weight": torch.zeros(2)}, root / name)
    (root / "model_index.json").write_text(json.dumps(INDEX), encoding="utf-8")
    return root


def needed(*names: str) -> list[str]:
    return diffusers_folder.needed_files(["model_index.json", *SETTINGS, *EXCESS, *names], INDEX, CARD)


def test_settings_and_weights_of_the_parts_that_the_index_names_are_needed_and_nothing_else() -> None:
    assert sorted(needed(*WHOLE)) == sorted(["model_index.json", *SETTINGS, *WHOLE])


def test_half_precision_is_half_the_download() -> None:
    assert sorted(needed(*WHOLE, *HALF)) == sorted(["model_index.json", *SETTINGS, *HALF])


def test_each_part_is_asked_for_itself() -> None:
    assert set(needed(*WHOLE, HALF[1])) >= {WHOLE[0], HALF[1]}


def test_weights_in_several_files_come_with_their_index() -> None:
    shards = [
        "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
        "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
        "unet/diffusion_pytorch_model.safetensors.index.json",
    ]
    assert set(shards) <= set(needed(WHOLE[0], *shards))


def test_pickles_are_not_fetched() -> None:
    with pytest.raises(UnsupportedCheckpoint, match="those of unet are not in safetensors"):
        needed(WHOLE[0], "unet/diffusion_pytorch_model.bin")


def test_a_part_cannot_lead_out_of_the_folder() -> None:
    index = {"../../etc": ["diffusers", "X"], "a/b": ["diffusers", "X"], "good": ["diffusers", "X"]}
    assert diffusers_folder.parts_in(index) == {"good": ("diffusers", "X")}


def test_fetching_brings_what_is_needed_and_finds_it_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (folder / "README.md").write_text("# Tiny", encoding="utf-8")
    with LoopbackHub({"school/tiny-sd": folder}) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        size = hub.download_size(CARD)
        here = hub.fetch(CARD, ignore)

    brought = {path.relative_to(here).as_posix(): path.stat().st_size for path in here.rglob("*") if path.is_file()}
    assert sorted(brought) == sorted(["model_index.json", *SETTINGS, *WHOLE])
    assert sum(brought.values()) == size
    assert hub.locate(CARD) == here
    assert [(model.model_id, model.task) for model in hub.list_local()] == [("school/tiny-sd", Task.TEXT_TO_IMAGE)]
    assert hub.free("school/tiny-sd") > 0
    assert hub.locate(CARD) is None


def test_a_repository_of_another_kind_is_refused_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert" / "config.json").write_text("{}", encoding="utf-8")
    with LoopbackHub({"school/tiny-sd": tmp_path / "bert"}) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        with pytest.raises(UnsupportedCheckpoint, match="not a pipeline of diffusers"):
            hub.fetch(CARD, ignore)
        assert served.asked_for("config.json") == []


def test_a_folder_with_all_its_parts_is_whole(folder: Path) -> None:
    assert diffusers_folder.lacking(folder) is None
    require_whole(CARD, folder)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda root: (root / "model_index.json").write_text("{"), "model_index.json, which names the parts"),
        (lambda root: (root / WHOLE[1]).unlink(), "unet holds no weights in safetensors"),
        (lambda root: (root / WHOLE[1]).write_bytes(b""), "is empty"),
        (lambda root: (root / WHOLE[1]).write_bytes((root / WHOLE[1]).read_bytes()[:-1]), "is cut off"),
        (lambda root: (root / "scheduler" / "scheduler_config.json").unlink(), "the folder scheduler"),
    ],
)
def test_a_folder_that_lacks_something_says_what(folder: Path, spoil, told: str) -> None:
    spoil(folder)
    with pytest.raises(DamagedFile, match=told):
        require_whole(CARD, folder)


def test_a_missing_shard_is_named(folder: Path) -> None:
    (folder / WHOLE[1]).unlink()
    shard = "diffusion_pytorch_model-00001-of-00001.safetensors"
    (folder / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"weight": shard}}), encoding="utf-8"
    )
    assert diffusers_folder.lacking(folder) == f"unet/{shard} is missing"


def test_a_folder_without_an_index_is_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedCheckpoint, match=r"holds no model_index\.json"):
        require_whole(CARD, tmp_path)


def test_all_parts_count_when_room_is_made_in_memory(folder: Path) -> None:
    files = [folder / name for name in WHOLE]
    assert expected_bytes(ModelKey(Task.TEXT_TO_IMAGE, str(folder))) == sum(file.stat().st_size for file in files)


@pytest.mark.parametrize("card", models_for(Task.TEXT_TO_IMAGE), ids=lambda card: card.model_id)
def test_the_catalog_s_downloads_are_two_bytes_a_parameter(card: ModelCard) -> None:
    assert card.download_bytes == pytest.approx(2 * card.parameters, rel=0.01)


def test_a_repository_is_fetched_by_what_it_is_where_nobody_says_a_task(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackHub({"school/tiny-sd": folder}) as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        # As `models fetch` asks for one that is not in the catalog.
        hub.fetch(ModelCard("school/tiny-sd", Task.TEXT_GENERATION, repository="school/tiny-sd"), ignore)
    assert hub.locate(CARD) is not None

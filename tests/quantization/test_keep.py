"""A kept model: its folder, its card, the roads that take it, and what is left behind when keeping fails."""

import shutil
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task
from models.errors import Cancelled, DiskFull, InvalidInput, PrecisionNotApplicable, UnknownModel
from models.folders import trained_folder
from models.precision import BF16, FP16, FP32, read_saved
from models.text_generation import GenerationSettings
from models.weights import hub
from models.weights.cards import find_card
from quantization.keep import keep, own_folder
from quantization.recipes import BNB_INT8, INT8, INT8_TIED
from serving.loading import ModelKey, load
from serving.model_store import ModelStore, expected_bytes

SETTINGS = GenerationSettings(max_new_tokens=6, seed=3)


@pytest.fixture
def gpt2(tiny_models) -> ModelCard:
    return find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)


@pytest.fixture
def kept(gpt2, tmp_path) -> Path:
    return keep(gpt2, INT8, tmp_path / "kept")


def key_of(folder: Path, precision: str | None = None) -> ModelKey:
    return ModelKey(Task.TEXT_GENERATION, str(folder), "cpu", precision)


def text_of(generator) -> str:
    return "".join(generator.generate("Me gusta", SETTINGS))


# The folder


@pytest.mark.parametrize("precision", [FP32, BF16, INT8, INT8_TIED, BNB_INT8], ids=lambda precision: precision.name)
def test_a_kept_folder_loads_in_its_own_precision_and_writes_the_same(gpt2, tmp_path, precision) -> None:
    folder = keep(gpt2, precision, tmp_path / "kept")
    again = load(key_of(folder))
    assert again.precision == precision.name
    assert text_of(again) == text_of(load(key_of(gpt2.path, precision.name)))


def test_weights_that_are_not_quantized_load_in_other_precisions_too(gpt2, tmp_path) -> None:
    folder = keep(gpt2, BF16, tmp_path / "kept")
    assert find_card(str(folder), Task.TEXT_GENERATION).precision is None
    assert [load(key_of(folder, name)).precision for name in ("fp32", "int8")] == ["fp32", "int8"]


def test_the_card_of_a_kept_folder_names_its_only_precision(kept: Path) -> None:
    card = find_card(str(kept), Task.TEXT_GENERATION)
    assert (card.precision, card.saved_in) == ("int8", "int8")
    assert card.summary == "Saved in int8 by Aula."


@pytest.mark.parametrize(
    ("model_id", "task", "ask"),
    [
        ("aula/qa-minilm", Task.QUESTION_ANSWERING, lambda model: model.answer("How old is Ana?", "Ana came.")),
        ("aula/sentiment-minilm", Task.TEXT_CLASSIFICATION, lambda model: model.classify(["A good film."])),
        ("aula/t5-mini", Task.TEXT_TO_TEXT, lambda model: [*model.translate("Good morning.")]),
        ("aula/minilm", Task.SENTENCE_SIMILARITY, lambda model: model.encode(["A good film."]).tolist()),
        ("aula/extractive", Task.SUMMARIZATION, lambda model: model.precision),
    ],
)
def test_embedded_models_of_each_task_are_kept_adapters_merged(tmp_path, model_id, task, ask) -> None:
    folder = keep(find_card(model_id, task), INT8, tmp_path / "kept")
    assert not list(folder.glob("adapter_*"))
    again = load(ModelKey(task, str(folder), "cpu"))
    assert ask(again) == ask(load(ModelKey(task, model_id, "cpu", "int8")))


def test_the_store_takes_it_under_one_key(kept: Path) -> None:
    store = ModelStore(capacity_bytes=10**9)
    for key in (key_of(kept), key_of(kept, "int8")):
        with store.use(key) as model:
            assert model.precision == "int8"
    assert list(store.loaded()) == [key_of(kept, "int8")]
    assert expected_bytes(key_of(kept)) == (kept / "model_int8.pt").stat().st_size
    assert store.loaded()[key_of(kept, "int8")] == model.footprint


def test_int8_on_cuda_is_refused_naming_the_device(kept: Path, monkeypatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: "a card")
    with pytest.raises(PrecisionNotApplicable, match=r"int8, which does not run on the device “cuda”.* device “cpu”"):
        load(ModelKey(Task.TEXT_GENERATION, str(kept), "cuda"))


# Among the models of this machine


def test_a_kept_model_is_listed_by_its_task_and_freed(gpt2) -> None:
    place = own_folder(gpt2, INT8)
    assert place == trained_folder() / "gpt2-int8"
    keep(gpt2, INT8, place)
    assert [card.model_id for card in hub.trained_models(Task.TEXT_GENERATION)] == ["trained/gpt2-int8"]
    assert hub.trained_models(Task.TEXT_GENERATION)[0].precision == "int8"
    assert load(ModelKey(Task.TEXT_GENERATION, "trained/gpt2-int8", "cpu")).precision == "int8"
    assert own_folder(gpt2, INT8).name == "gpt2-int8-2"
    hub.free("trained/gpt2-int8")
    assert own_folder(gpt2, INT8) == place


def test_a_half_written_one_is_not_listed(kept: Path) -> None:
    shutil.copytree(kept, trained_folder() / ".stories-int8-0badcafe")
    assert hub.trained_models(Task.TEXT_GENERATION) == []
    assert hub.list_local() == []


def test_names_of_any_folder_become_names_that_are_found_again() -> None:
    card = ModelCard("/home/ana/Mi modelo (v1.2)/", Task.TEXT_GENERATION, path=Path("/home/ana"))
    assert own_folder(card, INT8).name == "Mi-modelo-v1-2--int8"


# Refusals


def nothing_is_left(folder: Path) -> bool:
    return list(folder.iterdir()) == []


def test_a_folder_that_holds_something_is_refused(gpt2, tmp_path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInput, match=r"exists and is not empty\. Name a folder that does not exist yet"):
        keep(gpt2, INT8, tmp_path)
    with pytest.raises(InvalidInput, match="exists and is not empty"):
        keep(gpt2, INT8, tmp_path / "notes.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_filled(gpt2, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    assert read_saved(keep(gpt2, INT8, tmp_path / "empty")).name == "int8"
    assert [file.name for file in tmp_path.iterdir()] == ["empty"]


def test_a_precision_that_does_not_apply_is_refused(gpt2, tmp_path) -> None:
    with pytest.raises(PrecisionNotApplicable, match="“fp16” does not apply on the device “cpu”"):
        keep(gpt2, FP16, tmp_path / "kept")
    assert nothing_is_left(tmp_path)


def test_a_kept_model_is_not_kept_again_in_another_precision(kept: Path, tmp_path) -> None:
    with pytest.raises(PrecisionNotApplicable, match="was saved in int8"):
        keep(find_card(str(kept), Task.TEXT_GENERATION), BF16, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_detector_is_refused(tmp_path) -> None:
    with pytest.raises(InvalidInput, match="only text models can be kept"):
        keep(find_card("aula/yolov5s", Task.OBJECT_DETECTION), FP32, tmp_path / "kept")


def test_a_full_disk_is_told_before_anything_is_written(gpt2, tmp_path, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("quantization.keep.shutil.disk_usage", lambda folder: usage(100, 99, 1))
    with pytest.raises(DiskFull, match=r"The model needs 20\.\d MB on the disk"):
        keep(gpt2, INT8, tmp_path / "kept")
    assert nothing_is_left(tmp_path)


def test_a_second_copy_of_the_weights_in_memory_needs_no_room_on_the_disk(gpt2, tmp_path, monkeypatch) -> None:
    def loaded(card, precision, device):
        def forward(*given, **named) -> None:
            """As OpenVINO's, which holds the weights once more."""

        forward.weight_bytes = 10**18
        generator = load(key_of(card.path, "fp32"))
        generator.model.forward = forward
        generator.footprint += forward.weight_bytes
        return generator

    monkeypatch.setattr("quantization.keep._load", loaded)
    assert (keep(gpt2, FP32, tmp_path / "kept") / "model.safetensors").is_file()


def test_a_place_that_cannot_be_written_is_told(gpt2, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match=r"cannot be written.* Name another folder"):
        keep(gpt2, INT8, tmp_path / "file" / "kept")


@pytest.mark.parametrize("step", ["Loading", "Saving the weights", "Saving the tokenizer"])
def test_stopping_leaves_nothing_behind(gpt2, tmp_path, step: str) -> None:
    cancelled = threading.Event()

    def stop(said: str) -> None:
        if said.startswith(step):
            cancelled.set()

    with pytest.raises(Cancelled):
        keep(gpt2, INT8, tmp_path / "kept", on_step=stop, cancelled=cancelled)
    assert nothing_is_left(tmp_path)


def test_a_model_that_is_gone_is_told(gpt2, tmp_path) -> None:
    gone = ModelCard("gone", Task.TEXT_GENERATION, path=tmp_path / "gone")
    with pytest.raises(UnknownModel):
        keep(gone, INT8, tmp_path / "kept")

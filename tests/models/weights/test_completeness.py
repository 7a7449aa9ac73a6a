"""Half a model: every way in which a folder lacks a part is refused, before anything is loaded, with its own step."""

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from models import errors
from models.catalog import ModelCard, Task, models_for
from models.tasks import wrapper_class
from models.weights import hub
from models.weights.cards import find_card
from models.weights.completeness import require_whole, stored_in
from tests.conftest import TinyModels

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12345\n"
Break = Callable[[Path], object]


@pytest.fixture
def gpt2(tiny_models: TinyModels, tmp_path: Path) -> Path:
    """A copy of the tiny GPT-2, with tokenizer.json and with vocab.json and merges.txt."""
    return Path(shutil.copytree(tiny_models.gpt2(), tmp_path / "gpt2"))


@pytest.fixture
def shards(gpt2: Path) -> Path:
    """The same with its weights in several files."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(gpt2)
    (gpt2 / "model.safetensors").unlink()
    model.save_pretrained(gpt2, max_shard_size="30KB")
    assert len(list(gpt2.glob("model-*.safetensors"))) > 3
    return gpt2


def card_of(folder: Path, task: Task = Task.TEXT_GENERATION) -> ModelCard:
    return find_card(str(folder), task)


def without(*names: str) -> Break:
    def remove(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return remove


def holding(name: str, text: str, *removed: str) -> Break:
    def write(folder: Path) -> None:
        without(*removed)(folder)
        (folder / name).write_text(text, encoding="utf-8")

    return write


def half(name: str, *removed: str) -> Break:
    def cut(folder: Path) -> None:
        without(*removed)(folder)
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return cut


TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without(*TOKENIZER), r"holds no tokenizer.* Copy its files"),
        (without("tokenizer.json", "vocab.json", "merges.txt"), "holds no tokenizer"),
        (holding("tokenizer.json", ""), "tokenizer.json is empty.* Copy it again"),
        (holding("tokenizer.json", POINTER), "tokenizer.json .*Git LFS"),
        (half("tokenizer.json"), "tokenizer.json is cut off"),
        (holding("tokenizer_config.json", "{"), "tokenizer_config.json .* is cut off"),
        (holding("tokenizer_config.json", ""), "tokenizer_config.json .* is empty"),
        (without("tokenizer.json", "merges.txt"), "merges.txt, .*missing"),
        (without("tokenizer.json", "vocab.json"), "vocab.json, .*missing"),
        (holding("merges.txt", "", "tokenizer.json"), "merges.txt is empty"),
        (holding("merges.txt", "#version: 0.2\n", "tokenizer.json"), "merges.txt is cut off"),
        (half("merges.txt", "tokenizer.json"), "merges.txt is cut off"),
        (holding("vocab.json", POINTER, "tokenizer.json"), "vocab.json .*Git LFS"),
        (without("config.json"), "weights without their config.json"),
        (holding("config.json", ""), "config.json .* is empty"),
        (half("config.json"), "config.json .* is cut off"),
        (holding("generation_config.json", "{"), "generation_config.json .* is cut off"),
        (without("model.safetensors"), r"holds no weights \(model\.safetensors"),
        (holding("tf_model.h5", "x", "model.safetensors"), "tf_model.h5, are for TensorFlow"),
    ],
)
def test_a_part_that_is_missing_or_broken_is_named(gpt2: Path, spoil: Break, said: str) -> None:
    spoil(gpt2)
    with pytest.raises(errors.UnsupportedCheckpoint, match=said):
        hub.require(card_of(gpt2))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (holding("model.safetensors", ""), "model.safetensors is empty"),
        (holding("model.safetensors", POINTER), "model.safetensors .*Git LFS"),
        (holding("model.safetensors", "<html>404</html>" * 9), "model.safetensors is not a safetensors file"),
        (half("model.safetensors"), "model.safetensors is cut off"),
        (holding("pytorch_model.bin", "<html>404</html>", "model.safetensors"), "not a file of PyTorch"),
        (holding("pytorch_model.bin", "", "model.safetensors"), "pytorch_model.bin is empty"),
    ],
)
def test_weights_that_are_no_weights_are_damaged(gpt2: Path, spoil: Break, said: str) -> None:
    spoil(gpt2)
    with pytest.raises(errors.DamagedFile, match=f"Copy or save them again: .*{said}"):
        hub.require(card_of(gpt2))


INDEX = "model.safetensors.index.json"


def spoil_index(change: Callable[[dict[str, str]], object]) -> Break:
    def rewrite(folder: Path) -> None:
        files = json.loads((folder / INDEX).read_text())["weight_map"]
        (folder / INDEX).write_text(json.dumps({"weight_map": change(files)}))

    return rewrite


def last(folder: Path) -> Path:
    return sorted(folder.glob("model-*.safetensors"))[-1]


def first_over_last(folder: Path) -> None:
    shutil.copy(sorted(folder.glob("model-*.safetensors"))[0], last(folder))


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda folder: last(folder).unlink(), errors.DamagedFile, r"model-\d+-of-\d+\.safetensors is missing"),
        (lambda folder: last(folder).write_bytes(b""), errors.DamagedFile, "safetensors is empty"),
        (lambda folder: last(folder).write_text(POINTER), errors.DamagedFile, "Git LFS"),
        (lambda folder: half(last(folder).name)(folder), errors.DamagedFile, "safetensors is cut off"),
        (first_over_last, errors.DamagedFile, "does not hold “transformer"),
        (without(INDEX), errors.DamagedFile, f"{INDEX}, the list of .* is missing"),
        (holding(INDEX, ""), errors.DamagedFile, f"{INDEX} is empty"),
        (spoil_index(lambda files: {}), errors.DamagedFile, "is not a list of files"),
        (spoil_index(lambda files: {"a": ["b"]}), errors.DamagedFile, "is not a list of files"),
        (spoil_index(lambda files: dict.fromkeys(files, "../w.safetensors")), errors.UnsafeCheckpoint, "outside"),
    ],
)
def test_every_file_that_an_index_names_is_looked_at(
    shards: Path, spoil: Break, error: type[Exception], said: str
) -> None:
    hub.require(card_of(shards))
    spoil(shards)
    with pytest.raises(error, match=said):
        hub.require(card_of(shards))


def test_shapes_and_places_in_a_safetensors_file_must_agree(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    assert stored_in(tmp_path / "a.safetensors") == ({}, "says of “a” another shape than it has room for")


@pytest.mark.parametrize("removed", [("tokenizer.json",), ("vocab.json", "merges.txt"), ("tokenizer_config.json",)])
def test_one_whole_tokenizer_is_enough(gpt2: Path, removed: tuple[str, ...]) -> None:
    without(*removed)(gpt2)
    wrapper_class(Task.TEXT_GENERATION).load(card_of(gpt2), "cpu")


def test_a_leftover_beside_a_whole_tokenizer_does_not_matter(tiny_models: TinyModels, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_models.t5(), tmp_path / "t5"))
    (folder / "spiece.model").write_text(POINTER)
    assert hub.require(card_of(folder, Task.TEXT_TO_TEXT)) == folder


def test_a_model_that_reads_bytes_needs_no_vocabulary(tmp_path: Path) -> None:
    from transformers import ByT5Tokenizer, T5Config, T5ForConditionalGeneration

    sizes = {"d_model": 16, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    T5ForConditionalGeneration(T5Config(vocab_size=384, decoder_start_token_id=0, **sizes)).save_pretrained(tmp_path)
    ByT5Tokenizer().save_pretrained(tmp_path)
    wrapper_class(Task.TEXT_TO_TEXT).load(card_of(tmp_path, Task.TEXT_TO_TEXT), "cpu")


def test_the_next_step_fits_where_a_model_is_from(gpt2: Path) -> None:
    without(*TOKENIZER)(gpt2)
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"`python aula\.py models free school/gpt2`"):
        require_whole(ModelCard("school/gpt2", Task.TEXT_GENERATION, repository="school/gpt2"), gpt2)


@pytest.mark.parametrize("task", list(Task))
def test_the_embedded_models_are_whole(task: Task) -> None:
    for card in models_for(task):
        if card.embedded is not None:
            assert hub.require(card).exists()


def test_a_detector_that_is_only_a_note_is_told(tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_text(POINTER)
    with pytest.raises(errors.DamagedFile, match="Git LFS"):
        hub.require(card_of(tmp_path / "best.pt", Task.OBJECT_DETECTION))


@pytest.mark.parametrize("task", [Task.TEXT_GENERATION, Task.TEXT_CLASSIFICATION, Task.SENTENCE_SIMILARITY])
@pytest.mark.parametrize("pictures", [Task.IMAGE_CLASSIFICATION, Task.OBJECT_DETECTION])
def test_the_folder_of_a_model_for_pictures_misses_no_tokenizer(task: Task, pictures: Task) -> None:
    folder = hub.require(next(card for card in models_for(pictures) if card.embedded is not None))
    with pytest.raises(errors.UnsupportedCheckpoint, match=f"is a model for {pictures.label}, not for {task.label}"):
        require_whole(card_of(folder, task), folder)


def test_a_folder_that_timm_wrote_is_for_pictures(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"architecture": "resnet18", "pretrained_cfg": {}}')
    with pytest.raises(errors.UnsupportedCheckpoint, match="is a model for image classification"):
        require_whole(card_of(tmp_path), tmp_path)


def test_a_classifier_serves_where_only_its_encoder_is_needed(tiny_models: TinyModels) -> None:
    folder = tiny_models.bert_classifier()
    require_whole(card_of(folder, Task.SENTENCE_SIMILARITY), folder)

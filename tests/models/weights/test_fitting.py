"""Parts of different models: a tokenizer, settings, labels or an adapter of other weights are refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from apps.cli import app
from models import errors
from models.catalog import Task
from models.tasks import wrapper_class
from models.weights.cards import find_card
from models.weights.fitting import lacking
from models.weights.sharing import plan
from tests.conftest import TinyModels
from tests.models.weights.test_adapters import save_adapter

QA, CLASSIFIER, GPT, T5 = (
    (Task.QUESTION_ANSWERING, "bert_qa"),
    (Task.TEXT_CLASSIFICATION, "bert_classifier"),
    (Task.TEXT_GENERATION, "gpt2"),
    (Task.TEXT_TO_TEXT, "t5"),
)
WEIGHTS = "model.safetensors"


@pytest.fixture
def copy_of(tiny_models: TinyModels, tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: Path(shutil.copytree(getattr(tiny_models, name)(), tmp_path / name))


def load(folder: Path, task: Task) -> Any:
    return wrapper_class(task).load(find_card(str(folder), task), "cpu")


def configure(folder: Path, **settings: Any) -> None:
    """Change settings in config.json; those that are None are taken out."""
    config = json.loads((folder / "config.json").read_text()) | settings
    kept = {name: value for name, value in config.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept))


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object], name: str = WEIGHTS) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / name)
    change(weights)
    save_file(weights, folder / name, metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("own", "other"),
    [
        *((QA, "roberta_qa"), (QA, "gpt2"), (CLASSIFIER, "bert_qa"), (CLASSIFIER, "t5")),
        *((GPT, "bert_qa"), (T5, "gpt2"), (T5, "bert_classifier")),
    ],
)
def test_the_tokenizer_of_another_model_is_refused(
    own: tuple[Task, str], other: str, copy_of: Callable[[str], Path], tiny_models: TinyModels
) -> None:
    (task, name), files = own, ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "spiece.model")
    folder = copy_of(name)
    for file in files:
        (folder / file).unlink(missing_ok=True)
        if (source := getattr(tiny_models, other)() / file).exists():
            shutil.copy(source, folder)
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"tokenizer of .*: it is another model's.*Copy"):
        load(folder, task)


def test_a_vocabulary_of_special_tokens_alone_is_none(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert_qa")
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
    with pytest.raises(errors.UnsupportedCheckpoint, match="tokenizer without a vocabulary"):
        load(folder, Task.QUESTION_ANSWERING)


def test_words_that_were_added_without_weights_are_refused_and_marks_for_others_are_not(
    copy_of: Callable[[str], Path],
) -> None:
    from transformers import AutoTokenizer

    folder = copy_of("gpt2")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<picture>"]})
    tokenizer.save_pretrained(folder)
    load(folder, Task.TEXT_GENERATION)
    tokenizer.add_tokens(["gazpacho"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(errors.UnsupportedCheckpoint, match="tokens were added"):
        load(folder, Task.TEXT_GENERATION)


def test_a_table_that_is_filled_up_to_a_round_number_is_fine(copy_of: Callable[[str], Path]) -> None:
    from transformers import AutoModelForCausalLM

    folder = copy_of("gpt2")
    model = AutoModelForCausalLM.from_pretrained(folder)
    model.resize_token_embeddings(512)
    model.save_pretrained(folder)
    assert load(folder, Task.TEXT_GENERATION).model.config.vocab_size == 512


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"id2label": {"1": "bad", "2": "fair", "3": "good"}}, "does not number its labels"),
        ({"id2label": {}}, "does not number its labels"),
        ({"id2label": ["bad", "fair", "good"]}, "does not number its labels"),
        ({"num_labels": 2}, "names 3 labels .* there are 2"),
        ({"id2label": {"0": "bad", "1": "good"}}, "tell 3 labels apart .* names 2.*Copy config.json again"),
        ({"id2label": None, "label2id": None}, "tell 3 labels apart .* names 2"),
    ],
)
def test_labels_that_do_not_fit_the_head_are_refused(
    settings: dict[str, Any], said: str, copy_of: Callable[[str], Path]
) -> None:
    folder = copy_of("bert_classifier")
    configure(folder, **settings)
    with pytest.raises(errors.UnsupportedCheckpoint, match=said):
        load(folder, Task.TEXT_CLASSIFICATION)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"n_layer": 1}, errors.UnsupportedCheckpoint, "more layers than its config.json says"),
        ({"n_layer": 3}, errors.DamagedFile, r"there are none for transformer\.h\.2\..* and \d+ more"),
        ({"n_embd": 64}, errors.UnsupportedCheckpoint, "is 96 in the file, and 192 by the settings"),
        ({"n_head": 5}, errors.UnsupportedCheckpoint, "does not describe a model that can be built: .*num_heads"),
        ({"model_type": "gpt9"}, errors.UnsupportedCheckpoint, "“gpt9” model, which transformers does not know"),
        ({"model_type": None}, errors.UnsupportedCheckpoint, "does not say what kind of model"),
    ],
)
def test_settings_of_another_model_are_refused(
    settings: dict[str, Any], error: type[Exception], said: str, copy_of: Callable[[str], Path]
) -> None:
    folder = copy_of("gpt2")
    configure(folder, **settings)
    with pytest.raises(error, match=said):
        load(folder, Task.TEXT_GENERATION)


def test_a_layer_that_is_gone_is_half_a_model(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("gpt2")
    change_weights(folder, lambda weights: weights.pop("transformer.h.1.mlp.c_fc.weight"))
    with pytest.raises(errors.DamagedFile, match=r"there are none for transformer\.h\.1\.mlp\.c_fc\.weight"):
        load(folder, Task.TEXT_GENERATION)


def test_weights_of_another_architecture_are_not_called_damaged(
    copy_of: Callable[[str], Path], tiny_models: TinyModels
) -> None:
    folder = copy_of("bert_qa")
    shutil.copy(tiny_models.roberta_qa() / WEIGHTS, folder)
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"not those of the model that its config\.json"):
        load(folder, Task.QUESTION_ANSWERING)


def test_a_model_of_another_task_is_not_called_damaged(copy_of: Callable[[str], Path]) -> None:
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"not a text classification model.*made for this task"):
        load(copy_of("bert_qa"), Task.TEXT_CLASSIFICATION)


def test_a_translator_must_say_how_an_answer_begins(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("t5")
    configure(folder, decoder_start_token_id=None)
    (folder / "generation_config.json").unlink()
    with pytest.raises(errors.UnsupportedCheckpoint, match="decoder_start_token_id"):
        load(folder, Task.TEXT_TO_TEXT)


# Adapters


@pytest.fixture
def adapter(tiny_models: TinyModels, tmp_path: Path) -> Path:
    save_adapter(tiny_models.bert_qa(), tmp_path / "adapter")
    return tmp_path / "adapter"


def set_adapter(folder: Path, **settings: Any) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"r": 4}, "does not fit .*size mismatch"),
        ({"target_modules": ["word_embeddings", "query", "key"]}, "adapter_model.safetensors holds no .*key.lora_A"),
        ({"target_modules": ["word_embeddings"]}, "also changes .*query.lora_A"),
        ({"base_model_name_or_path": "aula/minilm"}, "does not fit aula/minilm"),
        ({"base_model_name_or_path": "/nowhere/at/all"}, "changes the model “/nowhere/at/all”, which is not on this"),
    ],
)
def test_an_adapter_that_does_not_fit_its_base_is_refused(settings: dict[str, Any], said: str, adapter: Path) -> None:
    set_adapter(adapter, **settings)
    with pytest.raises((errors.UnsupportedCheckpoint, errors.UnknownModel), match=said):
        load(adapter, Task.QUESTION_ANSWERING)


def test_half_an_adapter_is_refused(adapter: Path) -> None:
    name = "base_model.model.bert.encoder.layer.1.attention.self.query.lora_A.weight"
    change_weights(adapter, lambda weights: weights.pop(name), "adapter_model.safetensors")
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"holds no bert\.encoder\.layer\.1\..*Copy the adapter"):
        load(adapter, Task.QUESTION_ANSWERING)
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(errors.DamagedFile, match=r"adapter_model\.safetensors, .*missing"):
        load(adapter, Task.QUESTION_ANSWERING)


def test_an_adapter_of_an_adapter_is_refused(adapter: Path) -> None:
    set_adapter(adapter, base_model_name_or_path=str(adapter))
    with pytest.raises(errors.UnsupportedCheckpoint, match="an adapter itself"):
        load(adapter, Task.QUESTION_ANSWERING)


def test_a_base_needs_no_tokenizer_of_its_own(adapter: Path, copy_of: Callable[[str], Path]) -> None:
    base = copy_of("bert_qa")
    (base / "tokenizer.json").unlink()
    set_adapter(adapter, base_model_name_or_path=str(base))
    load(adapter, Task.QUESTION_ANSWERING)


# The terminal


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("bert_classifier", ["classify", "A joy.", "--model"]),
        ("bert_qa", ["answer", "Who?", "--context", "Ana came.", "--model"]),
        ("t5", ["translate", "Good morning.", "--model"]),
        ("t5", ["summarize", "A long text. Another sentence.", "--model"]),
        ("gpt2", ["generate", "Me gusta", "--model"]),
        ("gpt2", ["tensor"]),
        ("gpt2", ["quantize"]),
        ("gpt2", ["sensitivity"]),
        ("gpt2", ["freed"]),
    ],
)
def test_each_command_refuses_a_folder_without_its_tokenizer(
    name: str, command: list[str], copy_of: Callable[[str], Path]
) -> None:
    folder = copy_of(name)
    for file in ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "spiece.model"):
        (folder / file).unlink(missing_ok=True)
    done = CliRunner().invoke(app, [*command, str(folder)])
    assert done.exit_code == 1
    assert "holds no tokenizer" in (done.output or str(done.exception))


def words_alone(count: int) -> Any:
    """A BERT's tokenizer with so many tokens."""
    from transformers import BertTokenizer

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"word{number}" for number in range(count - 5))]
    return BertTokenizer(vocab={piece: number for number, piece in enumerate(pieces)})


def save_gpt2(folder: Path, tokenizer: Any, end: int) -> Path:
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = {"vocab_size": len(tokenizer), "n_embd": 8, "n_layer": 1, "n_head": 1, "n_positions": 32}
    GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=end, eos_token_id=end)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_tokenizer_of_another_kind_and_the_same_large_size_is_taken_and_asked_about(tmp_path: Path) -> None:
    folder = save_gpt2(tmp_path / "odd", words_alone(10_000), end=2)
    doubt = load(folder, Task.TEXT_GENERATION).doubt
    assert "is a BertTokenizer, and models of the kind “gpt2” are read with a GPT2Tokenizer" in doubt
    assert "cannot be told for sure" in doubt
    told = CliRunner().invoke(app, ["generate", "word1", "--model", str(folder), "--max-new-tokens", "1"])
    assert doubt in told.stderr
    configure(folder, tokenizer_class="BertTokenizer")  # then its own settings say that this is right
    assert load(folder, Task.TEXT_GENERATION).doubt is None


@pytest.mark.parametrize(("size", "end"), [(400, 2), (10_000, 9_000)])
def test_two_signs_or_a_tiny_vocabulary_decide(size: int, end: int, tmp_path: Path) -> None:
    folder = save_gpt2(tmp_path / "wrong", words_alone(size), end)
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"(read with a GPT2|no mark with the number 9000).*another"):
        load(folder, Task.TEXT_GENERATION)


def test_a_bert_that_says_it_reads_with_robertas_tokenizer_is_taken(
    copy_of: Callable[[str], Path], tiny_models: TinyModels
) -> None:
    # Multilingual E5 is so: its settings fill up with 0, which is the mark in front of a text for this tokenizer.
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    folder = copy_of("roberta_qa")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    config = BertConfig(vocab_size=len(tokenizer), pad_token_id=0, **sizes)
    BertForSequenceClassification(config).save_pretrained(folder)
    with pytest.raises(errors.UnsupportedCheckpoint, match="another model's"):
        load(folder, Task.TEXT_CLASSIFICATION)
    configure(folder, tokenizer_class="RobertaTokenizer")
    wrapper = load(folder, Task.TEXT_CLASSIFICATION)
    assert wrapper.doubt is None
    assert len(wrapper.classify(["a word"])) == 1


@pytest.mark.parametrize("rows", [20, 60])
def test_a_tokenizer_of_nearly_the_same_size_is_refused(rows: int, tmp_path: Path) -> None:
    folder = save_gpt2(tmp_path / "near", words_alone(1_003), end=2)
    words_alone(1_003 - rows).save_pretrained(folder)
    with pytest.raises(errors.UnsupportedCheckpoint, match=f"has {1_003 - rows:,} tokens, and the weights know 1,003"):
        load(folder, Task.TEXT_GENERATION)


def test_labels_numbered_in_two_ways_are_refused_and_leftover_names_are_not(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert_classifier")
    names = {"0": "bad", "1": "fair", "2": "good"}
    configure(folder, id2label=names, label2id={"bad": 2, "fair": 1, "good": 0})
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"“bad” is label 0 \(“id2label”\) and label 2 \("):
        load(folder, Task.TEXT_CLASSIFICATION)
    for numbers in ({"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}, {"bad": "0", "fair": 1, "good": 2}, {}):
        configure(folder, label2id=numbers)
        assert load(folder, Task.TEXT_CLASSIFICATION).labels == ("bad", "fair", "good")


@pytest.mark.parametrize(
    "name", ["bert_qa", "bert_classifier", "gpt2", "t5", "roberta_qa", "bart", "pegasus", "marian"]
)
def test_whole_folders_lack_nothing_by_their_files(name: str, tiny_models: TinyModels) -> None:
    folder = getattr(tiny_models, name)()
    assert lacking(find_card(str(folder), Task.TEXT_GENERATION), folder) is None


def test_what_files_alone_tell_is_told_before_sharing_and_beside_a_prediction(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("bert_classifier")
    card = find_card(str(folder), Task.TEXT_CLASSIFICATION)
    configure(folder, id2label={"0": "bad", "1": "fair", "2": "good"}, label2id={"bad": 2, "good": 0})
    assert "label 2 (“label2id”)" in str(lacking(card, folder))
    configure(folder, label2id=None)
    words_alone(4_000).save_pretrained(folder)
    assert "has 4,000 tokens, and the weights know" in str(lacking(card, folder))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    with pytest.raises(errors.UnsupportedCheckpoint, match="has 4,000 tokens, and the weights know"):
        plan(folder, "ana/reviews")


def test_an_end_beyond_the_table_was_never_set(copy_of: Callable[[str], Path]) -> None:
    folder = copy_of("gpt2")
    configure(folder, eos_token_id=50256, bos_token_id=50256)  # as GPT2Config has it, for a vocabulary of its own size
    assert load(folder, Task.TEXT_GENERATION).doubt is None

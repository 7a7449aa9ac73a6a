"""Adapters: what is merged at load gives the numbers that peft itself gives, in every precision."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from models.catalog import Task
from models.errors import AulaError, UnknownModel, UnsupportedCheckpoint
from models.question_answering import QuestionAnswerer
from models.weights import hub
from models.weights.adapters import base_card, digest_of, is_adapter
from models.weights.cards import find_card
from models.weights.pretrained import load_pretrained
from quantization.recipes import find_precision
from tests.conftest import TinyModels


def save_adapter(base: Path, target: Path) -> "torch.nn.Module":
    """A LoRA on the word table and the queries of a BERT, with a head stored whole; the unmerged model."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    model = AutoModelForQuestionAnswering.from_pretrained(base)
    settings = LoraConfig(r=2, target_modules=["word_embeddings", "query"], modules_to_save=["qa_outputs"])
    adapted = get_peft_model(model, settings)
    torch.manual_seed(0)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                parameter.normal_(std=0.2)
    adapted.save_pretrained(target)
    model.config.save_pretrained(target)
    AutoTokenizer.from_pretrained(base).save_pretrained(target)
    return adapted.eval()


@pytest.fixture(scope="module")
def adapter(tiny_models: TinyModels, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "torch.nn.Module"]:
    target = tmp_path_factory.mktemp("adapter") / "model"
    return target, save_adapter(tiny_models.bert_qa(), target)


def test_merged_gives_the_logits_of_peft(adapter: tuple[Path, "torch.nn.Module"]) -> None:
    from transformers import AutoModelForQuestionAnswering

    folder, unmerged = adapter
    loaded = load_pretrained(AutoModelForQuestionAnswering, find_card(str(folder), Task.QUESTION_ANSWERING), "cpu")
    ids = torch.arange(10, 40)[None]
    with torch.inference_mode():
        expected, found = unmerged(input_ids=ids), loaded.model(input_ids=ids)
    torch.testing.assert_close(found.start_logits, expected.start_logits, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.end_logits, expected.end_logits, atol=1e-5, rtol=1e-4)
    assert not any("lora" in name for name, _ in loaded.model.named_parameters())


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8", "bnb-int8", "bnb-nf4"])
def test_every_precision_applies_to_the_merged_weights(adapter: tuple[Path, "torch.nn.Module"], precision: str) -> None:
    card = find_card(str(adapter[0]), Task.QUESTION_ANSWERING)
    answerer = QuestionAnswerer.load(card, "cpu", find_precision(precision))
    answers = answerer.answer("Who wrote this book?", "Miguel de Cervantes wrote this book in 1605.")
    assert answers
    assert answerer.precision == precision


def test_only_a_folder_with_adapter_settings_is_one(adapter: tuple[Path, "torch.nn.Module"], tmp_path: Path) -> None:
    assert is_adapter(adapter[0])
    assert not is_adapter(tmp_path)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"peft_type": "LORA"}, UnsupportedCheckpoint),
        ({"peft_type": "PREFIX_TUNING", "base_model_name_or_path": "aula/minilm"}, UnsupportedCheckpoint),
        ({"peft_type": "LORA", "base_model_name_or_path": "no such model"}, UnknownModel),
        ({"peft_type": "LORA", "base_model_name_or_path": "school/never-downloaded"}, AulaError),
    ],
)
def test_what_cannot_be_merged_is_said(
    settings: dict[str, str], error: type[Exception], tmp_path: Path, adapter: tuple[Path, "torch.nn.Module"]
) -> None:
    for file in adapter[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(error):
        QuestionAnswerer.load(find_card(str(tmp_path), Task.QUESTION_ANSWERING), "cpu")


def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path, adapter: tuple[Path, "torch.nn.Module"]) -> None:
    (tmp_path / "adapter_config.json").write_bytes((adapter[0] / "adapter_config.json").read_bytes())
    (tmp_path / "adapter_model.bin").write_bytes(b"pickled")
    with pytest.raises(UnsupportedCheckpoint, match="not a LoRA in safetensors"):
        base_card(tmp_path)


def test_an_addition_is_refused_on_other_weights_than_it_was_trained_with(
    adapter: tuple[Path, "torch.nn.Module"], tmp_path: Path
) -> None:
    addition = tmp_path / "addition"
    shutil.copytree(adapter[0], addition)
    digest = digest_of(hub.present(base_card(addition)))
    (addition / "base.json").write_text(json.dumps({"sha256": digest}))
    assert QuestionAnswerer.load(find_card(str(addition), Task.QUESTION_ANSWERING), "cpu") is not None
    (addition / "base.json").write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(UnsupportedCheckpoint, match=r"trained with other weights of .* Train it anew"):
        QuestionAnswerer.load(find_card(str(addition), Task.QUESTION_ANSWERING), "cpu")

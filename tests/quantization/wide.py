"""Models as wide as the real ones (768), with one layer and a small vocabulary; their weights are random.

Some faults show only at this width: bitsandbytes repacks weights for a kernel that narrower layers never reach.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    BertForQuestionAnswering,
    GPT2LMHeadModel,
    T5ForConditionalGeneration,
)

from models.catalog import ModelCard, Task
from models.errors import AulaError
from models.precision import Precision
from models.weights.cards import find_card
from models.weights.pretrained import Pretrained, load_pretrained
from tests.conftest import TinyModels

SIZES = {
    "gpt2": {"n_embd": 768, "n_head": 12, "n_layer": 1},
    "bert_qa": {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072, "num_hidden_layers": 1},
    "t5": {"d_model": 768, "d_kv": 64, "num_heads": 12, "d_ff": 1536, "num_layers": 1, "num_decoder_layers": 1},
}


@dataclass(frozen=True)
class Kind:
    """One architecture: the tiny model that it takes tokenizer and settings from, and how it is loaded."""

    name: str
    task: Task
    auto_class: type
    model_class: type


GPT2 = Kind("gpt2", Task.TEXT_GENERATION, AutoModelForCausalLM, GPT2LMHeadModel)
BERT = Kind("bert_qa", Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering, BertForQuestionAnswering)
T5 = Kind("t5", Task.TEXT_TO_TEXT, AutoModelForSeq2SeqLM, T5ForConditionalGeneration)
KINDS = (GPT2, BERT, T5)


def save_wide(tiny: TinyModels, kind: Kind, target: Path) -> Path:
    """Write the folder of a wide model of this kind."""
    shutil.copytree(getattr(tiny, kind.name)(), target)
    config = AutoConfig.from_pretrained(target)
    config.update({**SIZES[kind.name], "initializer_range": 0.05})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        kind.model_class(config).save_pretrained(target)
    return target


def load(kind: Kind, folder: Path, precision: Precision) -> Pretrained:
    return load_pretrained(kind.auto_class, card_of(kind, folder), "cpu", precision)


def card_of(kind: Kind, folder: Path) -> ModelCard:
    return find_card(str(folder), kind.task)


def save(kind: Kind, source: Path, precision: Precision, folder: Path) -> Path:
    """Write what `source` becomes in `precision`, with its tokenizer, as a new folder."""
    fresh = load(kind, source, precision)
    folder.mkdir()
    precision.save(fresh.model, folder)
    fresh.tokenizer.save_pretrained(folder)
    return folder


@torch.inference_mode()
def run(loaded) -> tuple[torch.Tensor, torch.Tensor]:
    """Scores for a text, and tokens: generated ones, or the places of the best answer."""
    ids = loaded.tokenizer("the teacher opened the window", return_tensors="pt")["input_ids"]
    if loaded.card.task == Task.QUESTION_ANSWERING:
        output = loaded.model(ids)
        scores = torch.stack([output.start_logits, output.end_logits])
        return scores.float(), scores.argmax(-1)
    tokens = loaded.model.generate(ids, max_new_tokens=6, do_sample=False)
    extra = {"decoder_input_ids": tokens} if loaded.card.task == Task.TEXT_TO_TEXT else {}
    return loaded.model(ids, **extra).logits.float(), tokens


def refusal(folder: Path, precision: Precision, kind: type[AulaError] = AulaError) -> str:
    """The sentence with which loading a GPT-2 from `folder` is refused."""
    with pytest.raises(kind) as refused:
        load(GPT2, folder, precision)
    return str(refused.value)

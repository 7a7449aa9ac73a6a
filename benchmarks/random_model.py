"""Writes a checkpoint of a real shape: seeded random weights, and a vocabulary of the real size.

How fast a model is depends on its shape and hardly on its weights, so nothing has to be downloaded. The words of the
vocabulary mean nothing: “w4”, “w5” and so on, one token each.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.subjects import SPECIAL_TOKENS, Subject
from models.catalog import Task
from models.wrapper import BUILDING

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

_SPELLED = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "bos_token": "<s>"}
_TEMPLATES = {
    Task.QUESTION_ANSWERING: {"single": "<s> $A </s>", "pair": "<s> $A </s> </s> $B </s>"},
    Task.TEXT_TO_TEXT: {"single": "$A </s>"},
}


def save(subject: Subject, folder: Path, seed: int = 0) -> None:
    """Write configuration, weights in fp32 and tokenizer of `subject` to `folder`, which exists."""
    import torch

    config = subject.configuration()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _built(subject.task, config)
    if subject.writes:
        _never_end(model)
    model.save_pretrained(folder)
    tokenizer(subject.task, config).save_pretrained(folder)


def words(count: int, vocabulary: int) -> str:
    """A text of `count` words of such a vocabulary, spread over it."""
    first = len(SPECIAL_TOKENS)
    return " ".join(f"w{first + 7919 * number % (vocabulary - first)}" for number in range(count))


def tokenizer(task: Task, config: "PretrainedConfig") -> "PreTrainedTokenizerFast":
    """A tokenizer with as many words as the configuration says."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    known = {_SPELLED[name]: number for name, number in SPECIAL_TOKENS.items()}
    known |= {f"w{number}": number for number in range(len(known), config.vocab_size)}
    made = Tokenizer(WordLevel(known, unk_token=_SPELLED["unk_token"]))
    made.pre_tokenizer = WhitespaceSplit()
    made.post_processor = _template(task)
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
        cls_token=_SPELLED["bos_token"],
        sep_token=_SPELLED["eos_token"],
        **_SPELLED,
    )


def _template(task: Task) -> Any:
    from tokenizers.processors import ByteLevel, TemplateProcessing

    if task not in _TEMPLATES:
        return ByteLevel(trim_offsets=False)  # adds nothing
    ends = ("bos_token", "eos_token")
    special = [(_SPELLED[name], SPECIAL_TOKENS[name]) for name in ends]
    return TemplateProcessing(**_TEMPLATES[task], special_tokens=special)


def _built(task: Task, config: "PretrainedConfig") -> "PreTrainedModel":
    import transformers

    with BUILDING:
        return getattr(transformers, str(task.row.auto_class)).from_config(config)


def _never_end(model: "PreTrainedModel") -> None:
    """Give the special tokens a score of 0, below the best words', so that every text reaches its full length."""
    import torch

    with torch.no_grad():
        model.get_output_embeddings().weight[: len(SPECIAL_TOKENS)] = 0.0

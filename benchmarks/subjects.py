"""The models of real shapes that are measured with random weights, and the work that they do.

Knows shapes and figures; builds nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.catalog import Task

if TYPE_CHECKING:
    from transformers import PretrainedConfig

BEAMS = 4
PREFIX = "translate English to French: "  # the words that tell a T5 its task
# The first tokens of every vocabulary here. Real vocabularies have them elsewhere, which costs no time.
PAD, END, UNKNOWN, START = range(4)
SPECIAL_TOKENS = {"pad_token": PAD, "eos_token": END, "unk_token": UNKNOWN, "bos_token": START}


@dataclass(frozen=True)
class Subject:
    """One model and one piece of work.

    `shape` is the model id whose configuration comes with the suite, `settings` what is changed in it. `reads` and
    `writes` count tokens; a model that writes nothing reads a text and a question. `asked_int8` is how many times as
    fast as plain fp32 int8 should be, `asked_bytes` how large the weight file may be, by precision.
    """

    name: str
    title: str
    shape: str
    task: Task
    reads: int
    writes: int
    asked_int8: float
    asked_bytes: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def configuration(self) -> "PretrainedConfig":
        """The shape as transformers knows it, with the special tokens of the vocabularies that are made here."""
        from models.weights.configurations import configuration

        config = configuration(self.shape)
        config.update(_TOKENS | dict(self.settings))
        return config


_TOKENS = {"pad_token_id": PAD, "eos_token_id": END, "bos_token_id": START}
# Random weights go round in circles, which the suite would cut: neither side may.
_TRANSLATION = {
    "prefix": PREFIX, "num_beams": BEAMS, "max_length": 300, "no_repeat_ngram_size": 3,
}  # fmt: skip

SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject(
            "gpt2", "GPT-2 124 M, 16 tokens read, 64 written", "openai-community/gpt2", Task.TEXT_GENERATION,
            reads=16, writes=64, asked_int8=3.2, asked_bytes={"int8": 285_000_000, "int8-embeddings": 170_000_000},
        ),
        Subject(
            "roberta", "RoBERTa-base, one question on a text, 384 tokens", "deepset/roberta-base-squad2",
            Task.QUESTION_ANSWERING, reads=384, writes=0, asked_int8=3.0,
        ),
        Subject(
            "t5", f"T5-base, {BEAMS} beams, 40 tokens read, 32 written", "google-t5/t5-base", Task.TEXT_TO_TEXT,
            reads=40, writes=32, asked_int8=5.0,
            settings={"decoder_start_token_id": PAD, "task_specific_params": {"translation_en_to_fr": _TRANSLATION}},
        ),
    )
}  # fmt: skip

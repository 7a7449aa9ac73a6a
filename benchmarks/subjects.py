"""What is measured: models of the real shapes, the work they do, and the figures that the suite asks of itself.

Knows shapes and figures; builds nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.catalog import Task
from models.errors import InvalidInput

if TYPE_CHECKING:
    from transformers import PretrainedConfig

BEAMS = 4
LANGUAGE = "french"
# The first tokens of every vocabulary here. Real vocabularies have them elsewhere, which costs no time.
PAD, END, UNKNOWN, START = range(4)
SPECIAL_TOKENS = {"pad_token": PAD, "eos_token": END, "unk_token": UNKNOWN, "bos_token": START}


@dataclass(frozen=True)
class Subject:
    """One model and one piece of work.

    `shape` is the model id whose configuration comes with the suite, `settings` what is changed in it. `reads` and
    `writes` count tokens; a model that writes nothing is measured by what it reads. `asked_ratio` is how many times as
    fast as plain fp32 int8 should be, `asked_bytes` how large the weight file may be, by precision.
    """

    name: str
    title: str
    shape: str
    task: Task
    reads: int
    writes: int
    asked_ratio: float
    asked_bytes: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Tokens by which the work is counted."""
        return self.writes or self.reads

    def configuration(self) -> "PretrainedConfig":
        """The shape as transformers knows it, with the special tokens of the vocabularies that are made here."""
        from models.weights.configurations import configuration

        config = configuration(self.shape)
        config.update(_TOKENS | dict(self.settings))
        return config


_TOKENS = {"pad_token_id": PAD, "eos_token_id": END, "bos_token_id": START}
_TRANSLATION = {"prefix": "translate English to French: ", "num_beams": BEAMS, "max_length": 300}

SUBJECTS = (
    Subject(
        "gpt2", "GPT-2 124 M, decode", "openai-community/gpt2", Task.TEXT_GENERATION,
        reads=16, writes=64, asked_ratio=3.2, asked_bytes={"int8": 285_000_000, "int8-embeddings": 170_000_000},
    ),
    Subject(
        "roberta", "RoBERTa-base, question answering", "deepset/roberta-base-squad2", Task.QUESTION_ANSWERING,
        reads=384, writes=0, asked_ratio=3.0,
    ),
    Subject(
        "t5", f"T5-base, {BEAMS} beams", "google-t5/t5-base", Task.TEXT_TO_TEXT,
        reads=40, writes=32, asked_ratio=5.0,
        settings={"decoder_start_token_id": PAD, "task_specific_params": {"translation_en_to_fr": _TRANSLATION}},
    ),
)  # fmt: skip
NAMES = tuple(subject.name for subject in SUBJECTS)


def find_subjects(names: Iterable[str] | None) -> tuple[Subject, ...]:
    """The subjects with these names, in the order of the list; all of them for None or nothing.

    Raises:
        InvalidInput: there is no model of that name.
    """
    wanted = tuple(names or NAMES)
    for name in wanted:
        if name not in NAMES:
            raise InvalidInput(f"There is no model “{name}” to measure. Choose one of: {', '.join(NAMES)}.")
    return tuple(subject for subject in SUBJECTS if subject.name in wanted)

"""Makes a tokenizer from a text: BPE, WordPiece or Unigram, in a second or two and without a graphics card.

BPE begins with single characters (or bytes) and joins, again and again, the two neighbours that stand together most
often; each such *merge* is a new piece. WordPiece's pieces are made likewise, and found again from the longest one
down. Unigram goes the other way: from far too many pieces it drops those that are missed least.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from models.cancellation import stop_if
from models.errors import InvalidInput
from models.wrapper import OnStep, readable, silent

BYTE_BPE, BPE, WORDPIECE, UNIGRAM = "byte-level BPE", "BPE", "WordPiece", "Unigram"
KINDS = {
    BYTE_BPE: "GPT-2's way: begins with the 256 bytes, so nothing is unknown.",
    BPE: "SentencePiece's way: begins with the characters of the text.",
    WORDPIECE: "BERT's way: words first, and ## in front of what goes on within a word.",
    UNIGRAM: "T5's way: keeps the pieces under which the text is likeliest.",
}
FEWEST, MOST = 300, 10_000  # tokens of a vocabulary; the 256 bytes must have room
MOST_CHARACTERS = 200_000
_LINE = 200  # characters that are handed over at once; a text without blanks would be one word, and take minutes
_CONTROLS = {
    BYTE_BPE: ["<|endoftext|>"],
    BPE: ["<unk>", "<s>", "</s>", "<pad>"],
    WORDPIECE: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    UNIGRAM: ["<unk>", "<s>", "</s>", "<pad>"],
}


@dataclass(frozen=True)
class TokenizerPlan:
    """What is to be made: one of KINDS, with a vocabulary of FEWEST to MOST tokens.

    A pair of neighbours that stands in the text less than `least` times is never joined (Unigram knows no such limit).
    """

    kind: str = BYTE_BPE
    vocabulary: int = 1000
    least: int = 2
    lowercase: bool = False

    def require_sound(self) -> None:
        """Raises InvalidInput where nothing can be made of it."""
        if self.kind not in KINDS:
            raise InvalidInput(f"“{self.kind}” is not a kind of tokenizer. Choose one of {', '.join(KINDS)}.")
        if not FEWEST <= self.vocabulary <= MOST or self.least < 1:
            raise InvalidInput(
                f"A vocabulary has {FEWEST} to {MOST} tokens, and a pair must stand in the text once at least. "
                "Choose other numbers."
            )


@dataclass(frozen=True)
class TrainedTokenizer:
    """A tokenizer that was made: its plan, the text of its tokenizer.json, and how it came about.

    `steps` are the pieces in the order in which they were made, each as its two halves; of Unigram and WordPiece, whose
    files do not tell the halves, as one. Unigram's come in the order of their likelihood. `characters` of text were
    read, in `seconds`.
    """

    plan: TokenizerPlan
    json: str
    vocabulary: int
    steps: tuple[tuple[str, ...], ...]
    characters: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def train_tokenizer(
    text: str, plan: TokenizerPlan, on_step: OnStep = silent, cancelled: threading.Event | None = None
) -> TrainedTokenizer:
    """Make a tokenizer from a text. Stops between two steps; the training itself is one, of a second or two for most
    texts, and of up to a minute for the longest ones without blanks.

    Raises:
        InvalidInput: the text is empty, too long, or not text; or the plan is not sound.
    """
    plan.require_sound()
    _require_text(text)
    started = time.perf_counter()
    on_step("Reading the text")
    tokenizer, trainer = _empty(plan)
    stop_if(cancelled)
    on_step(f"Training {plan.kind}")
    _train(tokenizer, trainer, list(_lines(text, cancelled)))
    stop_if(cancelled)
    written = str(tokenizer.to_str(pretty=True))
    steps = tuple(_steps(json.loads(written)["model"], plan.kind))
    return TrainedTokenizer(plan, written, tokenizer.get_vocab_size(), steps, len(text), time.perf_counter() - started)


def _require_text(text: str) -> None:
    if not readable(text).strip():
        raise InvalidInput("There is no text to learn from. Write or upload one.")
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(
            f"The text has {len(text):,} characters; {MOST_CHARACTERS:,} are enough to see how it works. Shorten it."
        )


def _lines(text: str, cancelled: threading.Event | None) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        stop_if(cancelled)
        yield from (line[start : start + _LINE] for start in range(0, len(line), _LINE))


def _train(tokenizer: Any, trainer: Any, lines: list[str]) -> None:
    try:
        tokenizer.train_from_iterator(lines, trainer=trainer, length=len(lines))
    except BaseException as error:  # a panic of the library's own language is not an Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InvalidInput(
            f"No tokenizer could be made of this text ({str(error).splitlines()[0]}). Take a longer text or a smaller "
            "vocabulary."
        ) from error


def _empty(plan: TokenizerPlan) -> tuple[Any, Any]:
    """A tokenizer with rules and without a vocabulary, and what will give it one."""
    from tokenizers import Tokenizer, normalizers

    model, trainer = _model_and_trainer(plan)
    tokenizer = Tokenizer(model)
    _RULES[plan.kind](tokenizer, plan)
    if plan.lowercase and plan.kind != WORDPIECE:  # which has a normalizer of its own
        tokenizer.normalizer = normalizers.Lowercase()
    return tokenizer, trainer


def _model_and_trainer(plan: TokenizerPlan) -> tuple[Any, Any]:
    from tokenizers import models, pre_tokenizers, trainers

    controls = _CONTROLS[plan.kind]
    shared: dict[str, Any] = {"vocab_size": plan.vocabulary, "special_tokens": controls, "show_progress": False}
    if plan.kind == BYTE_BPE:
        letters = pre_tokenizers.ByteLevel.alphabet()
        return models.BPE(), trainers.BpeTrainer(min_frequency=plan.least, initial_alphabet=letters, **shared)
    if plan.kind == BPE:
        return models.BPE(unk_token="<unk>"), trainers.BpeTrainer(min_frequency=plan.least, **shared)
    if plan.kind == WORDPIECE:
        return models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(min_frequency=plan.least, **shared)
    return models.Unigram(), trainers.UnigramTrainer(unk_token="<unk>", **shared)


def _bytes_rules(tokenizer: Any, plan: TokenizerPlan) -> None:
    from tokenizers import decoders, pre_tokenizers

    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()


def _blank_rules(tokenizer: Any, plan: TokenizerPlan) -> None:
    from tokenizers import decoders, pre_tokenizers

    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()


def _bert_rules(tokenizer: Any, plan: TokenizerPlan) -> None:
    from tokenizers import decoders, normalizers, pre_tokenizers, processors

    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=plan.lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)]
    )


_RULES: dict[str, Callable[[Any, TokenizerPlan], None]] = {
    BYTE_BPE: _bytes_rules, BPE: _blank_rules, WORDPIECE: _bert_rules, UNIGRAM: _blank_rules,
}  # fmt: skip


def _steps(model: dict[str, Any], kind: str) -> Iterator[tuple[str, ...]]:
    """How the vocabulary grew: merges, or pieces of more than one character."""
    if kind in (BYTE_BPE, BPE):
        yield from (tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in model["merges"])
    elif kind == WORDPIECE:
        ordered = sorted(model["vocab"], key=model["vocab"].__getitem__)
        yield from ((piece,) for piece in ordered if not _is_basic(piece, kind))
    else:  # written with the likeliest first, behind the controls
        yield from ((piece,) for piece, _ in model["vocab"] if not _is_basic(piece, kind))


def _is_basic(piece: str, kind: str) -> bool:
    """Whether a piece was there from the start: a control token, or a single character."""
    return piece in _CONTROLS[kind] or len(piece.removeprefix("##")) == 1

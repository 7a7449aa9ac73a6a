"""Sentences and their translations, as files and as the tokens that a T5 learns from."""

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

from models.errors import InvalidInput
from models.text.task_settings import USUAL_WINDOW
from training.collection import existing

PREFIX = "translate English to French: "  # as in the published T5, so that whoever knows that one knows this one
MAX_TOKENS = 40
RARE_CAPITALS = "ŒÆÀÂÇÈÊËÎÏÔÙÛÜŸ"  # they begin French sentences, and may be missing in the pairs

Pair = tuple[str, ...]  # a text and its translation, or several of them


@dataclass(frozen=True)
class Example:
    """The tokens of the task's prefix with a text, and of its translation; both end with `</s>`."""

    source: list[int]
    target: list[int]


def read_pairs(file: Path) -> list[Pair]:
    """A text and its translation a line, or several translations, with tabs between; equal lines only once.

    Raises:
        InvalidInput: there is no such file, or it has a line without a translation.
    """
    with gzip.open(existing(file), "rt", encoding="utf-8") as lines:
        pairs = [tuple(filter(None, map(str.strip, line.split("\t")))) for line in lines]
    for number, pair in enumerate(pairs, start=1):
        if len(pair) < 2:
            raise InvalidInput(f"Line {number} of {file} has no translation: a text, a tab, and its translation.")
    return list(dict.fromkeys(pairs))


def with_joined(pairs: list[Pair], seed: int, share: float = 0.06) -> list[Pair]:
    """The pairs, and some more of two pairs one after the other: a line that is pasted has more than one sentence.

    Every other of these has the curved apostrophes of printed text, which hardly anybody types, in English.
    """
    generator = random.Random(seed)
    joined = []
    for number in range(int(len(pairs) * share)):
        one, other = generator.sample(pairs, 2)
        english = f"{one[0]} {other[0]}"
        joined.append((english if number % 2 else english.replace("'", "’"), f"{one[1]} {other[1]}"))
    return pairs + joined


def train_tokenizer(pairs: list[Pair], vocabulary: int, folder: Path) -> Any:
    """Write a T5 tokenizer to `folder`: one vocabulary for both languages, in which the task's prefix is one token.

    Method: the unigram language model of SentencePiece (Kudo 2018), its text made uniform by NFKC.
    """
    import sentencepiece
    from tokenizers import AddedToken
    from transformers import T5Tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(text for pair in pairs for text in pair), model_prefix=str(folder / "spiece"),
        vocab_size=vocabulary, hard_vocab_limit=False, character_coverage=1.0, required_chars=RARE_CAPITALS,
        split_digits=True, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, num_threads=1, minloglevel=2,
    )  # fmt: skip
    (folder / "spiece.vocab").unlink()
    tokenizer = T5Tokenizer.from_pretrained(folder, extra_ids=0, model_max_length=USUAL_WINDOW)
    tokenizer.add_tokens(AddedToken(PREFIX.strip(), rstrip=True, normalized=False))
    tokenizer.save_pretrained(folder)
    return tokenizer


def tokenize(tokenizer: Any, pairs: list[Pair]) -> Iterator[Example]:
    """The pairs as tokens, without those of more than MAX_TOKENS on either side."""
    sources = tokenizer([PREFIX + pair[0] for pair in pairs])["input_ids"]
    targets = tokenizer([pair[1] for pair in pairs])["input_ids"]
    for source, target in zip(sources, targets, strict=True):
        if max(len(source), len(target)) <= MAX_TOKENS:
            yield Example(source, target)


def collate(examples: list[Example]) -> dict[str, torch.Tensor]:
    """Tensors of shape (examples, tokens of the longest); labels of -100 are not learned."""
    sources = pad_sequence([torch.tensor(example.source) for example in examples], batch_first=True)
    targets = pad_sequence([torch.tensor(example.target) for example in examples], batch_first=True)
    # A T5 begins with the padding token, and reads each token to write the next.
    read = torch.cat([torch.zeros_like(targets[:, :1]), targets[:, :-1]], dim=1)
    return {
        "input_ids": sources,
        "attention_mask": (sources != 0).long(),
        "decoder_input_ids": read,
        "labels": targets.masked_fill(targets == 0, -100),
    }

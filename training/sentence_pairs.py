"""Sentences and their translations, as files and as the tokens that a T5 learns from."""

import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from models.errors import InvalidInput
from models.text.task_settings import USUAL_WINDOW
from models.text.tokenizer_file import neither_cutting_nor_filling
from training.collection import existing

LANGUAGES = {"fr": "French", "es": "Spanish"}  # that English is translated to, in the order of the cards
EVERYDAY = "everyday"  # the kind of the pairs of Tatoeba; the others name theirs in a third column
# What a class types first, greetings above all, which the pairs hardly have. In English, then in each of LANGUAGES.
PHRASES = Path(__file__).with_name("phrases.tsv")
MAX_TOKENS = 128
RARE_CAPITALS = "ŒÆÀÂÇÈÊËÎÏÔÙÛÜŸÁÉÍÓÚÑ¿¡"  # they begin sentences, and may be missing in the pairs
TOKENIZER_LINES = 300_000
# What print writes for what people type, and signs that nobody sees.
ALIKE = {
    "’": "'", "…": "...", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl",
    "\u200b": "", "\ufeff": "", "\u00ad": "",
}  # fmt: skip
TEXTS_AT_ONCE = 20_000  # so that their tokens do not fill the memory

Pair = tuple[str, ...]  # a text and its translation, or several of them


def prefix(language: str) -> str:
    """What tells a T5 its task, as in the published one, so that whoever knows that one knows this one."""
    return f"translate English to {LANGUAGES[language]}: "


@dataclass(frozen=True)
class Translated:
    """A sentence of English and its translation to `language`, a key of LANGUAGES; `kind` is where it comes from."""

    english: str
    translation: str
    language: str
    kind: str = EVERYDAY


def read_rows(file: Path) -> list[Pair]:
    """The columns of each line, with tabs between; equal lines only once.

    Raises:
        InvalidInput: there is no such file, or it has a line without a translation.
    """
    with gzip.open(existing(file), "rt", encoding="utf-8") as lines:
        rows = [tuple(filter(None, (" ".join(cell.split()) for cell in line.split("\t")))) for line in lines]
    for number, row in enumerate(rows, start=1):
        if len(row) < 2:
            raise InvalidInput(f"Line {number} of {file} has no translation: a text, a tab, and its translation.")
    return list(dict.fromkeys(rows))


def read_translated(data: Path) -> list[Translated]:
    """What may be learned: phrases of the suite's own, and the pairs of `translation/` in `data`.

    These are the everyday ones of each language, and those of other kinds where the collection has them.

    Raises:
        InvalidInput: the everyday pairs of a language are missing, or a line has too few columns.
    """
    translated = _phrases()
    for language in LANGUAGES:
        everyday = read_rows(data / f"translation/en-{language}.train.tsv.gz")
        others = data / f"translation/other.en-{language}.train.tsv.gz"
        translated += [Translated(row[0], row[1], language) for row in everyday]
        translated += [
            Translated(row[0], row[1], language, row[2]) for row in (read_rows(others) if others.is_file() else ())
        ]
    return translated


def _phrases() -> list[Translated]:
    rows = [line.split("\t") for line in PHRASES.read_text(encoding="utf-8").splitlines()]
    return [
        Translated(english, translation, language, "phrases")
        for english, *translations in rows
        for language, translation in zip(LANGUAGES, translations, strict=True)
    ]


def train_tokenizer(texts: Iterable[str], vocabulary: int, folder: Path) -> Any:
    """Write a T5 tokenizer to `folder`: one vocabulary for all languages, in which each task's prefix is one token.

    Method: the unigram language model of SentencePiece (Kudo 2018). What has no piece is spelled in its UTF-8 bytes,
    so that nothing is unknown. What print writes otherwise than people type is read as they type it (ALIKE).
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram(_pieces(texts, vocabulary), unk_id=2, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), *(normalizers.Replace(printed, typed) for printed, typed in ALIKE.items())]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 1)])
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=USUAL_WINDOW,
    )
    wrapped.add_tokens([AddedToken(prefix(name).strip(), rstrip=True, normalized=False) for name in LANGUAGES])
    wrapped.save_pretrained(folder)
    return wrapped


def _pieces(texts: Iterable[str], vocabulary: int) -> list[tuple[str, float]]:
    """The pieces of a vocabulary with their log-probabilities, the controls and the 256 bytes first."""
    import sentencepiece

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=map(_as_typed, texts), model_writer=written, vocab_size=vocabulary,
        hard_vocab_limit=False, character_coverage=0.9999, required_chars=RARE_CAPITALS, byte_fallback=True,
        normalization_rule_name="identity", split_digits=True, pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        input_sentence_size=TOKENIZER_LINES, shuffle_input_sentence=True, minloglevel=2,
    )  # fmt: skip
    known = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    return [(known.id_to_piece(number), known.get_score(number)) for number in range(known.get_piece_size())]


def _as_typed(text: str) -> str:
    return text.translate({ord(printed): typed for printed, typed in ALIKE.items()})


@dataclass(frozen=True)
class Example:
    """The tokens of the task's prefix with a text, and of its translation, both of type uint16 and with `</s>`."""

    source: np.ndarray
    target: np.ndarray


class Examples(Sequence[Example]):
    """Very many examples in little memory: all tokens in one row each, and where each example ends.

    Those of more than MAX_TOKENS on either side are left out.
    """

    def __init__(self, tokenizer: Any, translated: Iterable[Translated]):
        kept = [
            (source, target)
            for source, target in _tokenized(tokenizer, translated)
            if max(len(source), len(target)) <= MAX_TOKENS
        ]
        self._sources, self._targets = (_Rows([pair[side] for pair in kept]) for side in range(2))

    def __len__(self) -> int:
        return len(self._sources.ends)

    def __getitem__(self, index: Any) -> Any:
        return Example(self._sources.row(index), self._targets.row(index))

    def lengths(self) -> torch.Tensor:
        """By which to sort: the target's length, and among equals the source's, so that there is hardly any padding."""
        return torch.from_numpy(self._targets.lengths() + self._sources.lengths() / 100)


class _Rows:
    def __init__(self, rows: list[np.ndarray]):
        self.ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
        self.tokens = np.concatenate(rows) if rows else np.empty(0, np.uint16)

    def row(self, index: int) -> np.ndarray:
        return self.tokens[self.ends[index - 1] if index else 0 : self.ends[index]]

    def lengths(self) -> np.ndarray:
        return np.diff(self.ends, prepend=0)


def _tokenized(
    tokenizer: Any, translated: Iterable[Translated], at_once: int = 20_000
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    waiting = list(translated)
    for start in range(0, len(waiting), at_once):
        some = waiting[start : start + at_once]
        sides = [prefix(one.language) + one.english for one in some], [one.translation for one in some]
        # A file may say “fill up”: then all would be as long as the longest, and left out where that is too long.
        whole = neither_cutting_nor_filling(tokenizer.backend_tokenizer)
        encoded = [whole.encode_batch_fast(side) for side in sides]
        for source, target in zip(*encoded, strict=True):
            yield np.array(source.ids, np.uint16), np.array(target.ids, np.uint16)


def collate(examples: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Tensors of shape (examples, tokens of the longest); labels of -100 are not learned."""
    sources, targets = _padded([one.source for one in examples]), _padded([one.target for one in examples])
    # A T5 begins with the padding token, and reads each token to write the next.
    read = torch.cat([torch.zeros_like(targets[:, :1]), targets[:, :-1]], dim=1)
    return {
        "input_ids": sources,
        "attention_mask": (sources != 0).long(),
        "decoder_input_ids": read,
        "labels": targets.masked_fill(targets == 0, -100),
    }


def _padded(rows: list[np.ndarray]) -> torch.Tensor:
    return pad_sequence([torch.from_numpy(row.astype(np.int64)) for row in rows], batch_first=True)

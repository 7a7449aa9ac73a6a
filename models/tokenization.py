"""Cuts texts into tokens, and puts them together again: `TextTokenizer`.

A tokenizer is a set of rules and a list of pieces; it needs no model, no torch and no graphics card. It works in four
steps: *normalize* (lower case, accents off), *cut into words*, *cut words into pieces* of the vocabulary, and *put
tokens around* that tell a model where a text begins and ends.
"""

import functools
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

from models.cancellation import stop_if
from models.errors import InvalidInput
from models.text.token_batches import Batch, BatchSettings, make_batch, pad_token_of
from models.text.token_pieces import shown_piece
from models.text.tokenized import Token, TokenizedText
from models.text.tokenizer_file import parse_tokenizer, read_tokenizer
from models.weights.tokenizers import TokenizerCard
from models.wrapper import readable

SHOWN_CHANGES = 20  # words that are shown with what normalizing makes of them
_MOST_WORDS = 20_000  # different words that are looked at for this
_MARKS = str.maketrans("", "", "▁ \t\n\r\u00a0\u3000")  # how normalizers move blanks about, which is no loss of letters


class TextTokenizer:
    """One tokenizer, ready to use. `card` says whose it is; `backend` is the `tokenizers.Tokenizer` beneath."""

    def __init__(self, card: TokenizerCard, backend: Any):
        self.card, self.backend = card, backend
        self.byte_level = "ByteLevel" in str(backend.decoder)
        added = backend.get_added_tokens_decoder()
        self._plain = frozenset(str(token) for token in added.values())  # written as they are, in every vocabulary
        self._special = frozenset(number for number, token in added.items() if token.special)
        self._unknown = _unknown_id(backend)
        self._unknown_piece = "" if self._unknown is None else str(backend.id_to_token(self._unknown))
        self._shown = functools.lru_cache(100_000)(functools.partial(shown_piece, byte_level=self.byte_level))

    @classmethod
    def load(cls, card: TokenizerCard) -> Self:
        """Read the tokenizer of a card. Raises DamagedFile or UnsupportedCheckpoint where its file is not one."""
        return cls(card, read_tokenizer(card))

    @classmethod
    def from_json(cls, card: TokenizerCard, text: str) -> Self:
        """From the text of a tokenizer.json. Raises DamagedFile where it describes none."""
        return cls(card, parse_tokenizer(text, card.tokenizer_id))

    @property
    def kind(self) -> str:
        """How it cuts, in the words of the field: byte-level BPE, WordPiece, Unigram …"""
        kind = type(self.backend.model).__name__
        if kind == "BPE" and self.byte_level:
            return "byte-level BPE"
        if getattr(self.backend.model, "byte_fallback", False):
            return f"{kind}, bytes for the rest"
        return kind

    @property
    def vocabulary(self) -> int:
        """How many tokens it knows, special ones included."""
        return int(self.backend.get_vocab_size())

    @property
    def pad_token(self) -> str | None:
        """The token that fills up short texts."""
        return pad_token_of(self.backend, self.card.pad_token)

    def tokenize(self, text: str, special_tokens: bool = True) -> TokenizedText:
        """Cut a text into tokens, with those around it unless `special_tokens` is False.

        A special token that is typed in the text (`</s>`) counts as one, as it does wherever its tokenizer is used.

        Raises:
            InvalidInput: there is no text, or it holds bytes that are not UTF-8.
        """
        if not readable(text):
            raise InvalidInput("There is no text. Write one.")
        encoding = self.backend.encode(text, add_special_tokens=special_tokens)
        tokens = tuple(self._tokens(encoding))
        changes, count = self._normalized(text)
        own = [token.id for token in tokens if not token.added]
        return TokenizedText(self.card.tokenizer_id, text, tokens, changes, count, self.decode(own))

    def _tokens(self, encoding: Any) -> Iterator[Token]:
        parts = (encoding.ids, encoding.tokens, encoding.offsets, encoding.special_tokens_mask, encoding.sequence_ids)
        for number, piece, (start, end), added, of in zip(*parts, strict=True):
            around = bool(added) and of is None
            unknown = number == self._unknown and not around
            name = self._unknown_piece if unknown else piece  # Unigram gives the letters that it does not have
            shown = name if name in self._plain else self._shown(name)
            yield Token(number, name, shown, start, end, number in self._special, around, unknown)

    def decode(self, ids: Sequence[int]) -> str:
        """The text that these tokens stand for. A part of a character becomes “�”."""
        return str(self.backend.decode(list(ids), skip_special_tokens=False))

    def batch(self, texts: Sequence[str], settings: BatchSettings) -> Batch:
        """The texts as rows of numbers, cut and filled up. Raises InvalidInput as `make_batch`, or without a text."""
        if not texts:
            raise InvalidInput("There is no text. Write one in each line.")
        return make_batch(self.backend, [readable(text) for text in texts], settings, self.pad_token)

    def _normalized(self, text: str) -> tuple[tuple[tuple[str, str], ...], int]:
        """Words that normalizing changes, with what becomes of them; blanks that only move do not count."""
        normalizer = self.backend.normalizer
        if normalizer is None:
            return (), 0
        words = list(dict.fromkeys(text.split()))[:_MOST_WORDS]
        pairs = ((word, normalizer.normalize_str(word).translate(_MARKS)) for word in words)
        changed = [(word, after) for word, after in pairs if after != word.translate(_MARKS)]
        return tuple(changed[:SHOWN_CHANGES]), len(changed)


def _unknown_id(backend: Any) -> int | None:
    """The number of the token for what a vocabulary does not have; None where there is none."""
    model = backend.model
    if type(model).__name__ == "Unigram":  # which does not tell its number otherwise
        number = json.loads(backend.to_str())["model"].get("unk_id")
        return int(number) if number is not None else None
    name = getattr(model, "unk_token", None)
    return backend.token_to_id(name) if name else None


def tokenize_each(
    text: str,
    tokenizers: Iterable[TextTokenizer],
    special_tokens: bool = True,
    cancelled: threading.Event | None = None,
) -> Iterator[TokenizedText]:
    """The same text by one tokenizer after the other; stops between two. Raises what `tokenize` raises."""
    for tokenizer in tokenizers:
        stop_if(cancelled)
        yield tokenizer.tokenize(text, special_tokens)

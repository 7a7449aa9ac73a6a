"""Reads a tokenizer from its file: a tokenizer.json, one compressed with xz, or the folder of an older model.

What is read is data: rules and a vocabulary. No code of a folder is run.
"""

import lzma
from pathlib import Path
from typing import Any

from models.errors import DamagedFile, UnsupportedCheckpoint
from models.weights.tokenizers import TOKENIZER_JSON, TokenizerCard
from models.wording import size_text

MOST_BYTES = 100_000_000  # the largest known one has 35 MB
COMPRESSED = ".xz"


def read_tokenizer(card: TokenizerCard) -> Any:
    """The `tokenizers.Tokenizer` of a card, which neither cuts long texts nor fills up short ones.

    Raises:
        DamagedFile: the file is broken, or gone.
        UnsupportedCheckpoint: it is too large, or not a tokenizer.
    """
    path = card.path / TOKENIZER_JSON if card.path.is_dir() else card.path
    if path.exists():
        return parse_tokenizer(_text_of(path, card.tokenizer_id), card.tokenizer_id)
    if card.path.is_dir():
        return neither_cutting_nor_filling(_from_older_files(card))
    raise _damaged(card.tokenizer_id, "the file is gone")


def parse_tokenizer(text: str, name: str) -> Any:
    """The tokenizer that the text of a tokenizer.json describes. Raises DamagedFile where it describes none."""
    from tokenizers import Tokenizer

    try:
        return neither_cutting_nor_filling(Tokenizer.from_str(text))
    except BaseException as error:  # a panic of the library's own language is not an Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise _damaged(name, str(error).strip().split("\n")[0] or "it says nothing") from error


def neither_cutting_nor_filling(tokenizer: Any) -> Any:
    """The same tokenizer without what its file, or an earlier call through transformers, told it to cut and to fill.

    It keeps both for every later call of its own, so that texts would come back shorter or longer than they are.
    """
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _text_of(path: Path, name: str) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            size = size_text(path.stat().st_size)
            raise UnsupportedCheckpoint(f"{path.name} of {name} has {size}, too much for a tokenizer. Choose another.")
        content = path.read_bytes()
        return (lzma.decompress(content) if path.suffix == COMPRESSED else content).decode("utf-8")
    except (OSError, lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise _damaged(name, str(error)) from error


def _from_older_files(card: TokenizerCard) -> Any:
    """Through transformers, which knows how vocab.txt and its kin are read."""
    if (card.path / "source.spm").exists():
        raise UnsupportedCheckpoint(
            f"{card.tokenizer_id} translates, and has one vocabulary for what it reads and another for what it writes: "
            "there is no single tokenizer to show. Choose another one."
        )
    from transformers import AutoTokenizer

    auto_class: Any = AutoTokenizer  # without types in the library
    try:
        read = auto_class.from_pretrained(card.path, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # whatever the library trips over, these files are at fault
        raise _damaged(card.tokenizer_id, str(error).strip().split("\n")[0]) from error
    if not getattr(read, "is_fast", False):
        raise UnsupportedCheckpoint(
            f"The tokenizer of {card.tokenizer_id} cannot say which characters a token covers. Choose another one."
        )
    return read.backend_tokenizer


def _damaged(name: str, why: str) -> DamagedFile:
    return DamagedFile(
        f"The tokenizer “{name}” cannot be read: {why.rstrip('.')}. Get its {TOKENIZER_JSON} again, or choose another "
        "tokenizer."
    )

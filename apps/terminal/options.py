"""The options that several commands share, under the names that the pages use."""

from pathlib import Path
from typing import Annotated

import typer

from models.device import DEVICE_NAMES
from quantization.recipes import PRECISION_NAMES

Model = Annotated[
    str | None,
    typer.Option(
        help="A model of the catalog, another Hugging Face id, or a folder. "
        "Left out: the catalog's first that is on this machine.",
        metavar="ID|FOLDER",
    ),
]
DetectionModel = Annotated[
    str | None,
    typer.Option(
        help="A model of the catalog, or a YOLOv5 .pt file. Left out: the catalog's first that is on this machine.",
        metavar="ID|FILE",
    ),
]
Device = Annotated[str, typer.Option(help=f"One of {', '.join(DEVICE_NAMES)}.", metavar="NAME")]
Precision = Annotated[str, typer.Option(help=f"One of {', '.join(PRECISION_NAMES)}.", metavar="NAME")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else on standard output.")]
TextFile = Annotated[Path | None, typer.Option("--file", help="Read the text from this file (UTF-8).", metavar="FILE")]
Beams = Annotated[
    int | None, typer.Option(help="How many continuations the search keeps. Left out: what the model was tuned for.")
]
Sample = Annotated[bool, typer.Option(help="Draw each token, or always take the likeliest.")]
Temperature = Annotated[float, typer.Option(help="Below 1 likely words become likelier, above 1 unlikely ones.")]
TopK = Annotated[int, typer.Option(help="Draw among so many of the likeliest tokens; 0: all.")]
TopP = Annotated[float, typer.Option(help="Draw among the likeliest tokens that add up to this probability.")]

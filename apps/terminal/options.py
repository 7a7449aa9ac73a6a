"""The options that several commands share, under the names that the pages use."""

from pathlib import Path
from typing import Annotated

import typer

from apps.words.doubts import EVEN_IF_UNREADABLE
from models.device import DEVICE_NAMES
from models.precision import FP32
from quantization.automatic.choice import AUTO, DEFAULT
from quantization.mapping import GRANULARITIES
from quantization.recipes import PRECISION_NAMES

Model = Annotated[
    str | None,
    typer.Option(
        help="A model of the catalog, another Hugging Face id, or a folder. "
        "Left out: a full one that is on this machine, else the small one that comes with the suite.",
        metavar="ID|FOLDER",
    ),
]
DetectionModel = Annotated[
    str | None,
    typer.Option(
        help="A model of the catalog, a YOLOv5 .pt file, or a folder made of one. "
        "Left out: aula/yolov5s, which comes with the suite.",
        metavar="ID|FILE|FOLDER",
    ),
]
GenerationModel = Annotated[
    str | None,
    typer.Argument(help="A text generation model. Left out: the catalog's first that is here.", metavar="MODEL"),
]
Device = Annotated[str, typer.Option(help=f"One of {', '.join(DEVICE_NAMES)}.", metavar="NAME")]
Precision = Annotated[
    str | None,
    typer.Option(
        help=f"One of {', '.join(PRECISION_NAMES)}, or {AUTO}: the fastest that is known to cost the model little, as "
        f"measured here by `benchmark --auto` or after a first use on a page; fp32 until then. Left out: {DEFAULT}; "
        f"where several models are compared, the one that each was saved in, else {FP32.name}.",
        metavar="NAME",
    ),
]
SavedPrecision = Annotated[
    str | None,
    typer.Option(
        "--precision",
        help=f"One of {', '.join(PRECISION_NAMES)}. Left out: the one that a folder was saved in, else {FP32.name}.",
        metavar="NAME",
    ),
]
Precisions = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        help=f"Of {', '.join(PRECISION_NAMES)}; repeat it, or separate them by commas. Left out: all that apply.",
        metavar="NAME",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else on standard output.")]
TextFile = Annotated[Path | None, typer.Option("--file", help="Read the text from this file (UTF-8).", metavar="FILE")]
EvenIfUnreadable = Annotated[bool, typer.Option("--even-if-unreadable", help=EVEN_IF_UNREADABLE)]
Beams = Annotated[
    int | None, typer.Option(help="How many continuations the search keeps. Left out: what the model was tuned for.")
]
Sample = Annotated[bool, typer.Option(help="Draw each token, or always take the likeliest.")]
Temperature = Annotated[float, typer.Option(help="Below 1 likely words become likelier, above 1 unlikely ones.")]
TopK = Annotated[int, typer.Option(help="Draw among so many of the likeliest tokens; 0: all.")]
TopP = Annotated[float, typer.Option(help="Draw among the likeliest tokens that add up to this probability.")]
Bits = Annotated[int, typer.Option(help="Bits of each weight, 2 to 8.")]
Symmetric = Annotated[bool, typer.Option("--symmetric/--affine", help="The zero point at code 0, or where it fits.")]
Granularity = Annotated[str, typer.Option(help=f"What shares a scale: {', '.join(GRANULARITIES)}.", metavar="NAME")]
GroupSize = Annotated[int, typer.Option(help="Neighbours that share a scale, with the granularity “group”.")]
Clipping = Annotated[
    float, typer.Option(help="The percentile of the absolute weights where the range ends: 50 to 100.")
]


def names_in(values: list[str] | None) -> list[str]:
    """What was given for an option that can be repeated and takes several names separated by commas; each once."""
    given = (name.strip() for several in values or () for name in several.split(","))
    return list(dict.fromkeys(name for name in given if name))

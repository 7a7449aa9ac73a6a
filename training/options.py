"""The options that all trainings share, under the same names and with the same meaning."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path,
    typer.Option(
        help="Folder of the data, laid out as in the collection: qa/, translation/, spanish/, sentiment/ and so on.",
        metavar="FOLDER",
    ),
]
Output = Annotated[Path, typer.Option(help="Where the trained model is written, with its card.", metavar="FOLDER")]
RunFolder = Annotated[Path, typer.Option("--run", help="Where checkpoints and events are kept.", metavar="FOLDER")]
Minutes = Annotated[float, typer.Option(help="Time budget; the minutes before an interruption count.", min=0.01)]
Steps = Annotated[int | None, typer.Option(help="End after so many steps, if the minutes allow them.", min=1)]
Seed = Annotated[int, typer.Option(help="Seed of everything random: first weights, order, cuts.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.", metavar="NAME")]
Threads = Annotated[int | None, typer.Option(help="Processor threads. Left out: all.", min=1)]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the run folder.")]
StartFrom = Annotated[
    Path | None, typer.Option(help="Begin with the weights of this model folder instead of new ones.", metavar="FOLDER")
]

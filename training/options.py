"""What every training is told, and the options of the command line that tell it: the same for all trainings."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

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
Minutes = Annotated[float, typer.Option(help="Time budget; the minutes before an interruption count.")]
Steps = Annotated[
    int | None, typer.Option(help="End after so many steps, if the minutes allow them.", min=1, max=10**9)
]
Seed = Annotated[int, typer.Option(help="Seed of everything random: first weights, order, cuts.")]
MOST_MINUTES = 7 * 24 * 60.0
MOST_EPOCHS = 1_000_000.0
LEAST_RATE, MOST_RATE = 1e-9, 1.0
Device = Annotated[str, typer.Option(help="cpu or cuda.", metavar="NAME")]
Threads = Annotated[int | None, typer.Option(help="Processor threads. Left out: all.", min=1)]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the run folder.")]
StartFrom = Annotated[
    Path | None, typer.Option(help="Begin with the weights of this model folder instead of new ones.", metavar="FOLDER")
]

Command = Callable[..., None]


@dataclass(frozen=True)
class Run:
    """What every training is told: where it keeps its checkpoints, how long it may take, on what it runs.

    It ends after `minutes` of wall time or after `steps` optimizer steps, whichever come first. `device` is `cpu` or
    `cuda`; `threads` are those of the processor, all for None. `resume` goes on from the last checkpoint in `folder`.
    """

    folder: Path
    minutes: float
    steps: int | None = None
    seed: int = 0
    device: str = "cpu"
    threads: int | None = None
    resume: bool = False


def run_of(
    run: RunFolder,
    minutes: Minutes,
    steps: Steps = None,
    seed: Seed = 0,
    device: Device = "cpu",
    threads: Threads = None,
    resume: Resume = False,
) -> Run:
    """What a training is told by these options. Raises InvalidInput for minutes or a seed beyond their range."""
    require_run(minutes, seed)
    return Run(run, minutes, steps, seed, device, threads, resume)


def rest_of(run: Run, seconds: float) -> Run:
    """The run with the minutes that are left of it after so many seconds: half of them at least.

    Looking at the examples, which comes before any learning, may take the other half.
    """
    return replace(run, minutes=max(run.minutes / 2, run.minutes - seconds / 60))


def require_run(minutes: float, seed: int) -> None:
    """Raise InvalidInput, with the range, for minutes or a seed that no training can have."""
    from models.text.sampling import LARGEST_SEED, require_between

    require_between("minutes", minutes, 0.001, MOST_MINUTES)
    require_between("seed", seed, 0, LARGEST_SEED)


def require_learning(epochs: float | None, learning_rate: float | None) -> None:
    """Raise InvalidInput, with the range, for epochs or a learning rate that nothing can be learned with."""
    from models.text.sampling import require_between

    require_between("epochs", epochs, 0.001, MOST_EPOCHS)
    require_between("learning_rate", learning_rate, LEAST_RATE, MOST_RATE)


def with_run_options(folder: str, minutes: float) -> Callable[[Command], Command]:
    """Let a command have the options of `run_of` where it has the parameter `run`, and be called with what they give.

    `folder` and `minutes` are the defaults of this training. Typer reads a command's options from its signature, so
    a new signature is all that is needed: the command's own parameters, with the shared ones in the place of `run`.
    """
    defaults = {"run": Path(folder), "minutes": minutes}
    shared = [
        parameter.replace(default=defaults.get(name, parameter.default))
        for name, parameter in inspect.signature(run_of).parameters.items()
    ]

    def decorate(main: Command) -> Command:
        @functools.wraps(main)
        def command(**given: Any) -> None:
            run = run_of(**{parameter.name: given.pop(parameter.name) for parameter in shared})
            main(run=run, **given)

        own = inspect.signature(main).parameters.items()
        options = [option for name, parameter in own for option in (shared if name == "run" else [parameter])]
        # By keyword only, so that one with a default may stand before one without.
        keywords = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in options]
        command.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
        return command

    return decorate

"""Trains the suite's own weights further for some minutes, and puts what came out better in their place.

    python -m training.night translation text_generation --data FOLDER --minutes 300
    python -m training.night translation --data FOLDER --minutes 9 --device cuda

Each training goes on from the weights that the suite has. What it makes is compared with them on validation text, and
only better weights take their place, with their card, and with the README's table. docs/training.md tells more.
"""

import importlib
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from models.errors import InvalidInput, sentence_for
from models.folders import EMBEDDED
from training import sittings
from training.command import run_command
from training.events import readable
from training.options import Data, Run, with_run_options


@dataclass(frozen=True)
class Weights:
    """What can be trained: its folder among the embedded ones, the module, and what makes one better than another."""

    folder: str
    metric: str
    greater_is_better: bool = True

    def better(self, one: dict[str, float], other: dict[str, float]) -> bool:
        """Whether the first figures are better than the second."""
        gained = one[self.metric] - other[self.metric]
        return gained > 0 if self.greater_is_better else gained < 0


# By the name of the module of `training` that trains them.
TRAININGS = {
    "translation": Weights("t5-mini", "BLEU"),
    "text_generation": Weights("gpt2-mini-es", "bits_per_byte", greater_is_better=False),
    "question_answering": Weights("qa-minilm", "f1"),
}


@dataclass(frozen=True)
class Outcome:
    """The validation figures of the weights that were there, if any, and of the new ones, and whether those stay."""

    name: str
    before: dict[str, float] | None
    after: dict[str, float]
    kept: bool
    made: Path

    def sentence(self, into: Path) -> str:
        """What happened, and where the weights are."""
        was = f"{readable(self.before)} before, " if self.before else ""
        figures = f"{self.name}: on validation data {was}{readable(self.after)} now."
        folder = into / TRAININGS[self.name].folder
        return f"{figures} They are in {folder}." if self.kept else f"{figures} Not better: left in {self.made}."


def improve(name: str, data: Path, run: Run, into: Path, new: bool = False) -> Outcome:
    """Train one kind of weights and keep them if they are better than those of `into`; `new` begins with random ones.

    Raises:
        InvalidInput: the collection or a part of it is missing.
    """
    weights, module = TRAININGS[name], importlib.import_module(f"training.{name}")
    present, made = into / weights.folder, run.folder / "model"
    before = module.validated(present, data) if present.is_dir() else None
    start_from = None if new or before is None else present
    # Another order of the data, and other variations, than in the sittings before.
    run = replace(run, seed=run.seed + len(sittings.read(start_from)))
    module.train(data, made, run, start_from=start_from)
    after = module.validated(made, data)
    kept = before is None or weights.better(after, before)
    if kept:
        put_in_place(made, present)
    return Outcome(name, before, after, kept, made)


def improve_each(
    names: list[str], data: Path, run: Run, into: Path, new: bool = False
) -> tuple[list[Outcome], list[str]]:
    """What came of each training, and a sentence for each that could not be done: the others are done all the same."""
    outcomes: list[Outcome] = []
    failures: list[str] = []
    for name in names:
        try:
            outcomes.append(improve(name, data, replace(run, folder=run.folder / name), into, new))
        except Exception as error:
            sentence = sentence_for(error)
            if sentence is None:
                raise
            failures.append(f"{name}: {sentence}")
    return outcomes, failures


def put_in_place(made: Path, place: Path) -> None:
    """Copy a finished folder to `place`, whole or not at all.

    What was measured of the weights before, such as what int8 costs them, is gone with them.
    """
    arriving, leaving = place.with_name(f".{place.name}.new"), place.with_name(f".{place.name}.old")
    for folder in (arriving, leaving):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, arriving)
    if place.is_dir():
        place.rename(leaving)
    arriving.rename(place)
    shutil.rmtree(leaving, ignore_errors=True)


def require_known(names: list[str]) -> None:
    """Raise InvalidInput for a name that is no training, or for none at all."""
    unknown = [name for name in names if name not in TRAININGS]
    if unknown or not names:
        told = f"There is no training “{unknown[0]}”." if unknown else "Nothing is asked for."
        raise InvalidInput(f"{told} Choose from: {', '.join(TRAININGS)}.")


def refresh_readme() -> None:
    """Write the figures of the new cards into the README's table."""
    subprocess.run([sys.executable, "-m", "apps.reference"], check=True)


def finished(outcomes: list[Outcome], into: Path) -> None:
    """Say what came out, and what is to be done where weights were exchanged."""
    for outcome in outcomes:
        print(outcome.sentence(into))
    if any(outcome.kept for outcome in outcomes) and into.resolve() == EMBEDDED.resolve():
        refresh_readme()
        print("What int8 costs the new weights is not known yet: measure it with python -m benchmarks.losses.")


@with_run_options("runs/training/night", minutes=60)
def main(
    trainings: Annotated[list[str], typer.Argument(help=f"What to train: {', '.join(TRAININGS)}.", metavar="NAME")],
    data: Data,
    run: Run,
    into: Annotated[Path, typer.Option(help="Where better weights are put.", metavar="FOLDER")] = EMBEDDED,
    new: Annotated[
        bool, typer.Option("--new", help="Begin with random weights instead of those that are there.")
    ] = False,
) -> None:
    """Train the suite's own weights further, one after another, each for its share of the minutes."""
    require_known(trainings)
    share = replace(run, minutes=run.minutes / len(trainings))
    outcomes, failures = improve_each(trainings, data, share, into, new)
    finished(outcomes, into)
    if failures:
        raise InvalidInput("\n".join(failures))


if __name__ == "__main__":
    run_command(main)

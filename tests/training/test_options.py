"""Every training has the same options under the same names, with the same help."""

import importlib
import math
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperOption
from typer.testing import CliRunner

from models.errors import InvalidInput
from training.options import Output, Run, require_learning, require_run, rest_of, with_run_options

SHARED = {"data", "output", "run", "minutes", "steps", "seed", "device", "threads", "resume", "start_from"}
EMBEDDED = ("question_answering", "translation", "text_generation", "object_detection")
# Classifiers also learn from a person's file instead of the collection, and always start from a model.
OWN = {"text_classification": SHARED - {"data", "start_from"}}
TRAININGS = [*((training, SHARED) for training in EMBEDDED), *OWN.items()]


def options(training: str) -> dict[str, TyperOption]:
    module = importlib.import_module(f"training.{training}")
    application = typer.Typer(add_completion=False)
    application.command()(module.main)
    return {parameter.name: parameter for parameter in typer.main.get_command(application).params}


def test_looking_at_the_examples_counts_in_the_minutes() -> None:
    run = Run(Path("run"), minutes=10.0, seed=3)
    assert rest_of(run, 120.0) == Run(Path("run"), minutes=8.0, seed=3)
    assert rest_of(run, 3600.0).minutes == 5.0  # what comes first has half of them


@pytest.mark.parametrize(("training", "shared"), TRAININGS)
def test_the_shared_options_have_one_help_text(training, shared) -> None:
    first, this = options(EMBEDDED[0]), options(training)
    assert {name: this[name].help for name in shared} == {name: first[name].help for name in shared}
    assert all(first[name].help.endswith(".") for name in shared)


@pytest.mark.parametrize("training", EMBEDDED)
def test_data_and_output_have_to_be_named_and_the_rest_not(training) -> None:
    required = {name for name, option in options(training).items() if option.required}
    assert required == {"data", "output"}


@pytest.mark.parametrize(("training", "shared"), TRAININGS)
def test_options_are_written_as_their_names(training, shared) -> None:
    for name in shared:
        assert options(training)[name].opts == [f"--{name.replace('_', '-')}"]
        assert options(training)[name].secondary_opts == []


@pytest.mark.parametrize("seed", [-1, 4_294_967_296, 10**20])
def test_a_seed_beyond_its_range_is_refused(seed) -> None:
    with pytest.raises(InvalidInput, match=f"seed is {seed}, but must lie between 0 and 4294967295"):
        require_run(1.0, seed)


def test_numbers_that_mean_nothing_are_refused() -> None:
    for minutes in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(InvalidInput, match="minutes"):
            require_run(minutes, 0)
    for epochs in (0.0, -1.0, math.nan, math.inf, 1e9):
        with pytest.raises(InvalidInput, match="epochs"):
            require_learning(epochs, None)
    for rate in (0.0, -1.0, math.nan, math.inf, 2.0):
        with pytest.raises(InvalidInput, match="learning_rate"):
            require_learning(None, rate)
    require_learning(None, None)


def test_a_command_is_called_with_the_run_that_its_options_tell() -> None:
    calls: list[tuple[Any, ...]] = []

    @with_run_options("runs/some", minutes=5)
    def main(output: Output, run: Run, width: int = 3) -> None:
        calls.append((output, run, width))

    application = typer.Typer()
    application.command()(main)
    done = CliRunner().invoke(application, ["--output", "model", "--steps", "7", "--resume", "--width", "4"])
    assert done.exit_code == 0, done.output
    assert calls == [(Path("model"), Run(Path("runs/some"), 5, steps=7, resume=True), 4)]

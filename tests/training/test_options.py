"""Every training has the same options under the same names, with the same help."""

import importlib

import pytest
import typer
from typer.core import TyperOption

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

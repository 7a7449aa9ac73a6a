"""What the folder of a training tells, when nobody works on it or somebody else has its number."""

import json
from pathlib import Path

import psutil
import pytest

from tests.training.runs import fabricated
from training.job_folders import TrainingSettings, find, look, process_of
from training.job_folders import jobs as every_job


def test_a_process_that_took_the_number_of_a_dead_one_is_not_taken_for_it() -> None:
    own = psutil.Process()
    job = fabricated(**{"process.json": json.dumps({"pid": own.pid, "created": own.create_time() - 100})})

    assert process_of(job) is None
    assert look(job).state == "failed"
    (job.folder / "process.json").write_text(json.dumps({"pid": own.pid, "created": own.create_time()}))
    assert process_of(job) == own
    assert look(job).state == "waiting"


def test_a_stop_before_the_training_could_say_a_word_is_a_stop() -> None:
    job = fabricated(**{"process.json": '{"pid": 0, "created": 0}', "stop": "", "log.txt": "KeyboardInterrupt\n"})

    assert look(job).state == "stopped"
    assert not job.has_model


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"data": 1}', '{"data": "a", "settings": {"no": 1}, "created": 0}']
)
def test_folders_that_hold_no_training_are_passed_over(content: str) -> None:
    job = fabricated()
    (job.folder / "job.json").write_text(content)

    assert every_job() == []
    assert find(job.name) is None
    assert find("../" + job.name) is None


def test_the_settings_are_the_options_of_the_training(tmp_path: Path) -> None:
    from typer import Typer
    from typer.main import get_command

    from training.text_classification import main

    app = Typer()
    app.command()(main)
    known = {option for parameter in get_command(app).params for option in parameter.opts}
    given = TrainingSettings("t", "l", epochs=1.0, learning_rate=0.1, threads=1).options()
    read = TrainingSettings("t", "l", header=False, missing=("NA", "-"), encoding="cp1252").options()
    assert read[:4] == ["--missing", "NA", "--missing", "-"]
    assert read[-1] == "--no-header"
    known |= {option for parameter in get_command(app).params for option in parameter.secondary_opts}
    assert {part for part in read if part.startswith("--")} <= known
    assert set(given[::2]) | {"--file", "--run", "--output"} <= known

"""What the folder of a training tells, when nobody works on it or somebody else has its number."""

import json
import sys
from importlib import import_module

import psutil
import pytest

from tests.training.runs import fabricated
from training import job_process
from training.job_folders import (
    PICTURES,
    TEXTS,
    PictureSettings,
    Settings,
    TrainingSettings,
    find,
    jobs_folder,
    look,
    process_of,
)
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


def test_a_training_that_died_after_a_stop_is_not_said_to_have_kept_its_weights() -> None:
    told = json.dumps({"event": "evaluation", "step": 1, "figures": {}, "fraction": 0.1}) + "\n"
    job = fabricated(**{"process.json": '{"pid": 0, "created": 0}', "stop": "", "events.jsonl": told})

    assert look(job).state == "failed"
    (job.folder / "result.json").write_text('{"accuracy": 1}', encoding="utf-8")
    assert look(job).state == "stopped"


def test_what_ended_a_training_is_said_though_it_was_asked_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sees a loss grow clicks Stop, and the step that follows may be the one that diverges."""
    job = fabricated(stop="")

    def diverge(*arguments: object, **options: object) -> None:
        raise SystemExit("The training diverged.")

    monkeypatch.setattr(job_process.runpy, "run_module", diverge)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(job_process, "last_line", lambda asked: "The training diverged.")

    assert job_process._train(job) == 1

    (job.folder / "process.json").write_text('{"pid": 0, "created": 0}')
    assert (look(job).state, look(job).problem) == ("failed", "The training diverged.")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"data": 1}', '{"data": "a", "settings": {"no": 1}, "created": 0}']
)
def test_folders_that_hold_no_training_are_passed_over(content: str) -> None:
    job = fabricated()
    (job.folder / "job.json").write_text(content)

    assert every_job() == []
    assert find(job.name) is None
    assert find("../" + job.name) is None


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        (
            TrainingSettings("t", "l", header=False, missing=("NA", "-"), encoding="cp1252", threads=1),
            ("--text-column t", "--missing NA --missing -", "--no-header", "--encoding cp1252", "--threads 1"),
        ),
        (TrainingSettings("t", "l", header=True, epochs=1.0, learning_rate=0.1), ("--header", "--learning-rate 0.1")),
        (
            PictureSettings(epochs=2.0, augment=False),
            ("--base aula/efficientnet-lite0", "--epochs 2.0", "--no-augment"),
        ),
        (PictureSettings("b", "all", learning_rate=0.1, augment=True), ("--base b --method all", "--augment")),
    ],
)
def test_the_settings_are_the_options_of_the_training(settings: Settings, options: tuple[str, ...]) -> None:
    from typer import Typer
    from typer.main import get_command

    app = Typer()
    app.command()(import_module(settings.module).main)
    known = {option for each in get_command(app).params for option in (*each.opts, *each.secondary_opts)}
    given = settings.options()
    for option in options:
        assert option in " ".join(given)
    assert {part for part in given if part.startswith("--")} | {"--file", "--run", "--output"} <= known


def test_a_training_is_found_by_its_kind() -> None:
    texts = fabricated()
    told = {"kind": "pictures", "data": "pictures.zip", "settings": {"method": "all"}, "created": 1.0}
    (jobs_folder() / "other").mkdir()
    (jobs_folder() / "other/job.json").write_text(json.dumps(told), encoding="utf-8")
    pictures = find("other")
    assert pictures is not None
    assert pictures.settings == PictureSettings(method="all")
    assert (every_job(), every_job(TEXTS), every_job(PICTURES)) == ([pictures, texts], [texts], [pictures])
    assert find("other", TEXTS) is None
    (jobs_folder() / "other/job.json").write_text(json.dumps(told | {"kind": "films"}), encoding="utf-8")
    assert find("other") is None

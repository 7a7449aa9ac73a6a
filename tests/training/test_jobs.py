"""Real trainings of a tiny base in processes of their own: started, queued, stopped, killed, kept."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from models.catalog import Task
from models.errors import InvalidInput
from models.folders import trained_folder
from models.text_classification import TextClassifier
from models.weights.cards import find_card
from tests.conftest import TinyModels
from training import jobs
from training.job_folders import Job, Progress, TrainingSettings, find, jobs_folder, look, process_of
from training.job_folders import jobs as every_job

PATIENCE = 600  # seconds for a slow machine to read its libraries several times
FOREVER = 100_000.0


def rows() -> bytes:
    """Texts whose label stands in their words."""
    good, bad = (
        ("a wonderful film", "the best ending", "good value"),
        ("the waiter was rude", "cold food", "it was slow"),
    )
    lines = [f"{text} {number},{label}" for label, texts in (("good", good), ("bad", bad)) for text in texts
             for number in range(6)]  # fmt: skip
    return ("text,label\n" + "\n".join(lines) + "\n").encode()


@pytest.fixture
def settings(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> TrainingSettings:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return TrainingSettings("text", "label", str(tiny_models.sentence_encoder()), minutes=100.0, epochs=1.0, threads=1)


@pytest.fixture(autouse=True)
def nothing_left() -> None:
    """No process outlives its test, whatever the test found."""
    yield
    for job in every_job():
        process = process_of(job)
        if process is not None and process.pid != os.getpid():
            process.kill()
            process.wait(PATIENCE)


def wait(job: Job, until: Callable[[Progress], bool] = lambda progress: progress.is_over) -> Progress:
    deadline = time.monotonic() + PATIENCE
    while not until(progress := look(job)):
        assert time.monotonic() < deadline, f"still {progress}"
        assert not progress.is_over, progress
        time.sleep(0.1)
    return progress


def has_begun(progress: Progress) -> bool:
    return any(event["event"] == "step" for event in progress.events)


def fabricated(**files: str) -> Job:
    """A training as its folder would tell of it."""
    folder = jobs_folder() / "20260101-120000-abc"
    folder.mkdir(parents=True)
    told = {"data": "reviews.csv", "settings": {"text_column": "text", "label_column": "label"}, "created": time.time()}
    for name, content in {"job.json": json.dumps(told), **files}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return find(folder.name)


def test_a_training_runs_in_a_session_of_its_own_and_its_model_can_be_kept(settings: TrainingSettings) -> None:
    job = jobs.start(rows(), "../my reviews.csv", settings)
    if os.name != "nt":
        assert os.getsid(process_of(job).pid) != os.getsid(0)

    progress = wait(job)

    assert (progress.state, progress.problem) == ("done", None)
    assert {event["event"] for event in progress.events} == {"step", "evaluation", "end"}
    assert job.data_file.parent.parent == job.folder
    assert job.result()["data"]["name"] == "_my_reviews.csv"
    assert find(job.name) == job == every_job()[-1]
    assert not list(job.folder.glob("checkpoint-*"))
    assert jobs.keep(job, "films-1") == "trained/films-1"
    classifier = TextClassifier.load(find_card("trained/films-1", Task.TEXT_CLASSIFICATION), device="cpu")
    assert set(classifier.classify(["good value"])[0].scores) == {"good", "bad"}
    assert "trained/model" not in (trained_folder() / "films-1" / "README.md").read_text(encoding="utf-8")
    with pytest.raises(InvalidInput, match="already"):
        jobs.keep(job, "films-1")
    jobs.keep(job, "films-1", overwrite=True)
    assert {path.name for path in trained_folder().iterdir()} == {"films-1"}


def test_one_trains_the_others_wait_and_a_stop_keeps_the_best(settings: TrainingSettings) -> None:
    first = jobs.start(rows(), "a.csv", replace(settings, epochs=FOREVER))
    second = jobs.start(rows(), "b.csv", settings)
    third = jobs.start(rows(), "c.csv", settings)
    wait(first, has_begun)

    assert (look(second).state, look(second).ahead) == ("waiting", 1)
    assert (look(third).state, look(third).ahead) == ("waiting", 2)
    with pytest.raises(InvalidInput, match="has not ended"):
        jobs.delete(first)
    jobs.stop(third)
    assert wait(third).state == "stopped"
    assert not (third.folder / "begun").exists()
    assert not third.has_model
    jobs.stop(first)
    assert look(first).state in ("stopping", "stopped")
    assert wait(first).state == "stopped"
    assert first.has_model
    assert first.result()["settings"]["epochs"] == FOREVER
    assert wait(second).state == "done"
    first_end = max(event["time"] for event in look(first).events)
    assert first_end <= min(event["time"] for event in look(second).events)
    jobs.delete(third)
    assert third not in every_job()


def test_what_the_training_refuses_is_the_sentence_of_the_job(settings: TrainingSettings) -> None:
    job = jobs.start(rows().replace(b",bad", b",good"), "reviews.csv", settings)

    progress = wait(job)

    assert progress.state == "failed"
    assert progress.problem == "All rows of reviews.csv have the label “good”. Add texts of a second class."
    with pytest.raises(InvalidInput, match="no model to save"):
        jobs.keep(job, "nothing")


def test_a_training_that_is_killed_has_failed_and_blocks_nobody(settings: TrainingSettings) -> None:
    killed = jobs.start(rows(), "a.csv", replace(settings, epochs=FOREVER))
    wait(killed, has_begun)
    process_of(killed).kill()

    progress = wait(killed)

    assert progress.state == "failed"
    assert "perhaps because memory was full" in progress.problem
    assert "step" in progress.problem  # the last line of its log
    assert wait(jobs.start(rows(), "b.csv", settings)).state == "done"


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


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "-dash", "ñandú", "a b", "x" * 41, "con\0"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a model's name"):
        jobs.keep(fabricated(), name)


def test_a_full_queue_says_so(settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_UNFINISHED", 1)
    fabricated()  # as one whose process is just being started

    with pytest.raises(InvalidInput, match="waiting already"):
        jobs.start(rows(), "a.csv", settings)


def test_the_settings_are_the_options_of_the_training(tmp_path: Path) -> None:
    from typer import Typer
    from typer.main import get_command

    from training.text_classification import main

    app = Typer()
    app.command()(main)
    known = {option for parameter in get_command(app).params for option in parameter.opts}
    given = TrainingSettings("t", "l", epochs=1.0, learning_rate=0.1, threads=1).options()
    assert set(given[::2]) | {"--file", "--run", "--output"} <= known

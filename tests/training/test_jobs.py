"""Real trainings of a tiny base in processes of their own: started, queued, stopped, killed, kept."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from models.catalog import Task
from models.errors import InvalidInput
from models.folders import trained_folder
from models.text_classification import TextClassifier
from models.weights.cards import find_card
from tests.conftest import TinyModels
from tests.training.here import run_at_once
from tests.training.runs import fabricated
from training import jobs
from training.job_folders import Job, Standing, TrainingSettings, find, look, process_of
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


def settings_for(base: Path) -> TrainingSettings:
    return TrainingSettings("text", "label", str(base), minutes=100.0, epochs=1.0, threads=1)


@pytest.fixture
def settings(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> TrainingSettings:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return settings_for(tiny_models.sentence_encoder())


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process outlives its test, whatever happens in the test."""
    yield
    end_all()


def end_all() -> None:
    for job in every_job():
        process = process_of(job)
        if process is not None and process.pid != os.getpid():
            process.kill()
            process.wait(PATIENCE)


def wait(job: Job, until: Callable[[Standing], bool] = lambda progress: progress.is_over) -> Standing:
    deadline = time.monotonic() + PATIENCE
    while not until(progress := look(job)):
        assert time.monotonic() < deadline, f"still {progress}"
        assert not progress.is_over, progress
        time.sleep(0.1)
    return progress


def has_begun(progress: Standing) -> bool:
    return any(event["event"] == "step" for event in progress.events)


@dataclass(frozen=True)
class Queue:
    """Four trainings that were started one after the other, and what was seen of them on the way.

    One was killed while it trained, one stopped while it trained, one `done`, and one `withdrawn` before its turn.
    `waiting` are the states of the last three, and how many were ahead of them, while the first one trained;
    `session` was that of the third one's process; `refusal` is why a training that runs could not be deleted;
    `after_stop` was the second one's state as soon as it was asked to stop.
    """

    home: Path
    killed: Job
    stopped: Job
    done: Job
    withdrawn: Job
    waiting: list[tuple[str, int]]
    session: int
    refusal: str
    after_stop: str


def seen_through(home: Path, settings: TrainingSettings) -> Queue:
    """Start the four, end each in its way, and wait until all are over."""
    killed = jobs.start(rows(), "a.csv", replace(settings, epochs=FOREVER))
    stopped = jobs.start(rows(), "b.csv", replace(settings, epochs=FOREVER))
    done = jobs.start(rows(), "../my reviews.csv", settings)
    withdrawn = jobs.start(rows(), "c.csv", settings)
    wait(killed, has_begun)
    waiting = [(look(job).state, look(job).ahead) for job in (stopped, done, withdrawn)]
    session = os.getsid(process_of(done).pid) if os.name != "nt" else -1
    with pytest.raises(InvalidInput) as refusal:
        jobs.delete(killed)
    jobs.stop(withdrawn)
    wait(withdrawn)
    process_of(killed).kill()
    wait(stopped, has_begun)
    jobs.stop(stopped)
    after_stop = look(stopped).state
    for job in (stopped, done):
        wait(job)
    return Queue(home, killed, stopped, done, withdrawn, waiting, session, str(refusal.value), after_stop)


@pytest.fixture(scope="module")
def trainings(tiny_models: TinyModels, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queue]:
    home = tmp_path_factory.mktemp("aula")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"AULA_HOME": home, "HF_HUB_CACHE": home / "hub", "OMP_NUM_THREADS": 1}.items():
            patch.setenv(name, str(value))
        try:
            yield seen_through(home, settings_for(tiny_models.sentence_encoder()))
        finally:
            patch.setenv("AULA_HOME", str(home))
            end_all()


@pytest.fixture
def queue(trainings: Queue, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """The trainings, which this test meets where they were made."""
    monkeypatch.setenv("AULA_HOME", str(trainings.home))
    return trainings


def test_one_trains_and_the_others_wait_in_the_order_they_came(queue: Queue) -> None:
    assert queue.waiting == [("waiting", 1), ("waiting", 2), ("waiting", 3)]
    ends = [max(event["time"] for event in look(job).events) for job in (queue.killed, queue.stopped)]
    begins = [min(event["time"] for event in look(job).events) for job in (queue.stopped, queue.done)]
    assert all(end <= begin for end, begin in zip(ends, begins, strict=True))
    assert every_job() == [queue.killed, queue.stopped, queue.done, queue.withdrawn]


def test_a_training_runs_in_a_session_of_its_own(queue: Queue) -> None:
    if os.name != "nt":
        assert queue.session != os.getsid(0)


def test_a_training_leaves_its_events_its_result_and_no_checkpoint(queue: Queue) -> None:
    progress = look(queue.done)
    assert (progress.state, progress.problem) == ("done", None)
    assert {event["event"] for event in progress.events} == {"step", "evaluation", "end"}
    assert queue.done.data_file.parent.parent == queue.done.folder
    assert queue.done.result()["data"]["name"] == "_my_reviews.csv"
    assert find(queue.done.name) == queue.done
    assert not list(queue.done.folder.glob("checkpoint-*"))


def test_what_was_trained_can_be_kept_under_a_name(queue: Queue) -> None:
    assert jobs.keep(queue.done, "films-1") == "trained/films-1"
    classifier = TextClassifier.load(find_card("trained/films-1", Task.TEXT_CLASSIFICATION), device="cpu")
    assert set(classifier.classify(["good value"])[0].scores) == {"good", "bad"}
    assert "trained/model" not in (trained_folder() / "films-1" / "README.md").read_text(encoding="utf-8")
    with pytest.raises(InvalidInput, match="already"):
        jobs.keep(queue.done, "films-1")
    jobs.keep(queue.done, "films-1", overwrite=True)
    assert {path.name for path in trained_folder().iterdir()} == {"films-1"}


def test_a_stop_keeps_the_best(queue: Queue) -> None:
    assert queue.after_stop in ("stopping", "stopped")
    assert look(queue.stopped).state == "stopped"
    assert queue.stopped.has_model
    assert queue.stopped.result()["settings"]["epochs"] == FOREVER


def test_a_training_that_is_stopped_before_its_turn_never_begins(queue: Queue) -> None:
    assert look(queue.withdrawn).state == "stopped"
    assert not (queue.withdrawn.folder / "begun").exists()
    assert not queue.withdrawn.has_model


def test_a_training_that_is_killed_has_failed_and_blocks_nobody(queue: Queue) -> None:
    progress = look(queue.killed)
    assert progress.state == "failed"
    assert "perhaps because memory was full" in progress.problem
    assert "step" in progress.problem  # the last line of its log
    assert look(queue.done).state == "done"


def test_a_training_is_deleted_when_it_is_over_and_not_before(queue: Queue) -> None:
    assert "has not ended" in queue.refusal
    copy = replace(queue.withdrawn, folder=queue.withdrawn.folder.with_name("20260101-120000-copy"))
    shutil.copytree(queue.withdrawn.folder, copy.folder)
    assert copy in every_job()
    jobs.delete(copy)
    assert copy not in every_job()


def test_what_the_training_refuses_is_the_sentence_of_the_job(
    settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_at_once(monkeypatch)
    job = jobs.start(rows().replace(b",bad", b",good"), "reviews.csv", settings)

    progress = look(job)

    assert progress.state == "failed"
    assert progress.problem == "All rows of reviews.csv have the label “good”. Add texts of a second class."
    with pytest.raises(InvalidInput, match="no model to save"):
        jobs.keep(job, "nothing")


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "-dash", "ñandú", "a b", "x" * 41, "con\0"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be a model's name"):
        jobs.keep(fabricated(), name)


def test_a_base_whose_name_only_begins_as_the_models_keeps_it_in_the_card() -> None:
    job = fabricated(**{"result.json": '{"accuracy": 1}'})
    job.model_folder.mkdir()
    (job.model_folder / "config.json").write_text("{}")
    (job.model_folder / "README.md").write_text("# trained/model\nIt stands on `trained/model-1`, as trained/model.\n")

    jobs.keep(job, "films")

    card = (trained_folder() / "films" / "README.md").read_text(encoding="utf-8")
    assert card == "# trained/films\nIt stands on `trained/model-1`, as trained/films.\n"


def test_a_full_queue_says_so(settings: TrainingSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_UNFINISHED", 1)
    fabricated()  # as one whose process is just being started

    with pytest.raises(InvalidInput, match="waiting already"):
        jobs.start(rows(), "a.csv", settings)

"""A training in the test's own process: one of its own would first read all libraries, for some ten seconds.

That trainings run, wait, stop and die in processes of their own is tested in tests/training/test_jobs.py.
"""

import contextlib
import signal
from importlib import import_module
from pathlib import Path

import pytest

from training import job_process, jobs
from training.command import run_command
from training.job_folders import Job


def wait_to_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings that are started do not begin by themselves: `run_here` is their process."""
    monkeypatch.setattr(jobs, "_launch", lambda job: None)


def run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings that are started are over when `jobs.start` returns."""
    monkeypatch.setattr(jobs, "_launch", run_here)


def run_here(job: Job) -> None:
    """Be the process of a training, all but its modesty, and end as it would."""
    heeded = signal.getsignal(signal.SIGINT)
    with (
        pytest.MonkeyPatch.context() as patch,
        (job.folder / "log.txt").open("a", buffering=1, encoding="utf-8") as log,
    ):
        patch.setattr("sys.argv", [])
        patch.setattr(job_process, "_be_modest", lambda: None)
        patch.setattr(job_process.runpy, "run_module", lambda name, **how: run_command(import_module(name).main))
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            job_process.main(Path(job.folder))
    signal.signal(signal.SIGINT, heeded)
    (job.folder / "process.json").write_text('{"pid": 0, "created": 0}', encoding="utf-8")

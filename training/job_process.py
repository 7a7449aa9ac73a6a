"""The process of one training, `python training/job_process.py FOLDER`: waits for its turn, and then is the training.

One training at a time runs on a machine. The oldest that lives comes next; the lock makes sure of it, and the system
gives it back however a process ends.
"""

import runpy
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Started as a script, so that it runs in the folder of whoever starts it, where relative paths mean the same; Python
# then puts this file's folder first on the path, and the suite's packages live one above.
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])

import psutil
from filelock import FileLock, Timeout

from models.errors import sentence_for
from models.folders import cache_folder
from training.job_folders import Job, ahead, last_line, read_job

_LOOK_SECONDS = 0.5


def main(folder: Path) -> int:
    """Wait for one's turn, train, and leave word of how it ended; the exit code."""
    job = read_job(folder)
    if job is None:
        print(f"{folder} holds no training.")
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a server in the background may have handed down “ignore”
    if sys.platform == "win32":  # where a stop from outside comes as Ctrl-Break
        signal.signal(signal.SIGBREAK, lambda number, frame: signal.raise_signal(signal.SIGINT))
    _be_modest()
    try:
        with _turn(job):
            (folder / "begun").touch()
            return _train(job)
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        traceback.print_exc()
        return _fail(job, sentence_for(error) or f"The training failed: {type(error).__name__}: {error}")
    finally:
        for checkpoint in folder.glob("checkpoint-*"):  # with the optimizer's state, three times the model
            shutil.rmtree(checkpoint, ignore_errors=True)


def _be_modest() -> None:
    """Leave the processor to the pages where they want it."""
    low = 10
    if sys.platform == "win32":
        low = psutil.BELOW_NORMAL_PRIORITY_CLASS
    try:
        psutil.Process().nice(low)
    except psutil.AccessDenied:
        return


@contextmanager
def _turn(job: Job) -> Iterator[None]:
    """Hold the machine's lock, once no older training lives. Raises KeyboardInterrupt when asked to stop meanwhile."""
    path = cache_folder() / "locks" / "training.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    while not lock.is_locked:
        if (job.folder / "stop").exists():
            raise KeyboardInterrupt
        if ahead(job):
            time.sleep(_LOOK_SECONDS)
            continue
        try:
            lock.acquire(timeout=_LOOK_SECONDS)
        except Timeout:
            continue
    try:
        yield
    finally:
        lock.release()


def _train(job: Job) -> int:
    """Be the training itself, as if it had been started from the terminal."""
    folders = {"--file": job.data_file, "--run": job.folder, "--output": job.model_folder}
    paths = [part for option, path in folders.items() for part in (option, str(path))]
    module = job.settings.module
    sys.argv = [module, *paths, *job.settings.options()]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        is_sentence = isinstance(ended.code, str)  # of an error that a person can meet, asked to stop or not
        if is_sentence:
            print(ended.code)
        if is_sentence or (ended.code and not (job.folder / "stop").exists()):
            return _fail(job, last_line(job) or f"The training ended with exit code {ended.code}.")
    return 0


def _fail(job: Job, problem: str) -> int:
    (job.folder / "problem.txt").write_text(problem, encoding="utf-8")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

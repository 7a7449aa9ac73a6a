"""Trainings as processes of their own: start one, stop it, keep what it learned, forget it.

A training belongs to nobody's browser: a closed page, a reload, or another server changes nothing. What its folder
tells is in `training.job_folders`, what its process does in `training.job_process`.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from models.errors import InvalidInput
from models.folders import trained_folder
from models.weights.cards import TRAINED
from training.job_folders import Job, Settings, jobs, jobs_folder, look, process_of
from training.options import require_learning, require_run

PROCESS = Path(__file__).with_name("job_process.py")
MOST_UNFINISHED = 10
MOST_KEPT = 20  # folders of trainings that have ended; a saved model is a copy elsewhere

_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def start(content: bytes, file_name: str, settings: Settings) -> Job:
    """Begin a training on the rows or pictures in `content`, or queue it behind those that are there. Returns at once.

    The ending of `file_name` says how rows are written; the name is what the model card calls them. Pictures are what
    `training.pictures.packing.pack` makes.

    Raises:
        InvalidInput: too many are waiting already, or a number is beyond its range.
    """
    require_run(settings.minutes, settings.seed)
    require_learning(settings.epochs, settings.learning_rate)
    progress = {job: look(job) for job in jobs()}
    unfinished = [job for job in progress if not progress[job].is_over]
    if len(unfinished) >= MOST_UNFINISHED:
        raise InvalidInput(f"{len(unfinished)} trainings are waiting already. Try again when some of them have ended.")
    over = [job for job in progress if progress[job].is_over]
    for job in over[: max(0, len(over) - MOST_KEPT + 1)]:
        delete(job)
    job = _lay_out(content, file_name, settings)
    _launch(job)
    return job


def _lay_out(content: bytes, file_name: str, settings: Settings) -> Job:
    """The folder with everything that the process needs; `job.json` comes last, because it makes the folder count."""
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(6)}"
    own_name = re.sub(r"[^\w.-]", "_", file_name)[-80:].lstrip(".") or "data"  # the card will name it, too
    job = Job(jobs_folder() / name, own_name, settings, time.time())
    job.data_file.parent.mkdir(parents=True)
    job.data_file.write_bytes(content)
    asked = {"kind": settings.kind, "data": job.data, "settings": asdict(settings), "created": job.created}
    _write_json(job.folder / "job.json", asked)
    return job


def _launch(job: Job) -> None:
    """Start the process outside the group of this one: neither Ctrl-C in the server's terminal nor its end reach it."""
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    settings = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "TOKENIZERS_PARALLELISM": "false"}
    with (job.folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), str(job.folder)],
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **apart,
        )
    try:
        born = psutil.Process(process.pid).create_time()
    except psutil.NoSuchProcess:
        born = 0.0
    _write_json(job.folder / "process.json", {"pid": process.pid, "created": born})
    # Waited for, because Linux keeps a process that nobody waits for as a zombie.
    threading.Thread(target=process.wait, name="aula-training", daemon=True).start()


def stop(job: Job) -> None:
    """Ask a training to end after its present step and to keep its best weights.

    Changes nothing a second time, nor when it has learned and is only being measured and saved.
    """
    progress = look(job)
    if progress.is_over or progress.has_learned or (job.folder / "stop").exists():
        return
    (job.folder / "stop").touch()  # for one that waits, and for whoever watches
    process = process_of(job)
    interrupt = signal.SIGINT
    if sys.platform == "win32":
        interrupt = signal.CTRL_BREAK_EVENT
    try:
        if process is not None:
            process.send_signal(interrupt)
    except (psutil.Error, OSError):
        return  # it has just ended by itself


def delete(job: Job) -> None:
    """Delete the folder of a training that is over. Raises InvalidInput while it is not."""
    if not look(job).is_over:
        raise InvalidInput("This training has not ended. Stop it first.")
    shutil.rmtree(job.folder, ignore_errors=True)


def keep(job: Job, name: str, overwrite: bool = False) -> str:
    """Save the trained model under `name` on this machine; the model id, `trained/name`.

    Raises:
        InvalidInput: the name cannot be one, is taken (without `overwrite`), or there is no model to save.
    """
    require_new_name(name, overwrite)
    if not job.has_model:
        raise InvalidInput("This training has no model to save. Start another one, and let it run for a while.")
    target = trained_folder() / name
    trained_folder().mkdir(parents=True, exist_ok=True)
    part = trained_folder() / f".{name}-{secrets.token_hex(4)}"  # half a copy is never taken for a model
    shutil.copytree(job.model_folder, part)
    _rename_in_card(part, f"{TRAINED}{job.model_folder.name}", f"{TRAINED}{name}")
    if target.exists():
        shutil.rmtree(target)
    part.replace(target)
    return f"{TRAINED}{name}"


def _rename_in_card(folder: Path, before: str, after: str) -> None:
    """A card that was written before the model had its name gets it now."""
    card = folder / "README.md"
    if card.is_file():
        whole = re.compile(re.escape(before) + r"(?![\w-])")  # the base may be called so and longer
        card.write_text(whole.sub(after, card.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def require_new_name(name: str, overwrite: bool = False) -> None:
    """Raise InvalidInput for a name that is taken, could not be a folder's on every system, or leads out of it."""
    if not _MODEL_NAME.fullmatch(name):
        raise InvalidInput(
            f"“{name}” cannot be a model's name. Take letters without accents, digits, “-” and “_”, at most 40."
        )
    if (trained_folder() / name).exists() and not overwrite:
        raise InvalidInput(f"There is a model “{name}” already. Take another name.")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1), encoding="utf-8")
    part.replace(path)

"""Real workers in Ray's processes: streamed results, a worker that is killed, a full object store, a small /dev/shm."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest
from pyarrow.parquet import read_table

from models.errors import ClusterUnreachable
from serving.api import running
from serving.api.tasks import ROUTES
from serving.cluster import jobs, kinds
from serving.cluster.jobs import Begun, Job, begin
from serving.model_store import ModelStore

# Ray's own code calls what Ray has deprecated, and leaves sockets to the garbage collector.
pytestmark = [pytest.mark.usefixtures("ray_here"), pytest.mark.filterwarnings("ignore")]
TEXTS = 5 * ("A good film.", "A bad one.", "The sea is blue.", "  ", "A film.")


@pytest.fixture
def job(tiny_models, tmp_path: Path) -> Job:
    """25 lines of JSON, each fifth of which is blank."""
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in TEXTS))
    settings = {"model": str(tiny_models.bert_classifier()), "precision": "fp32"}
    return Job("classify", settings, [str(tmp_path / "a.jsonl")], str(tmp_path / "out"), workers=1)


def rows_in(job: Job) -> dict[int, dict[str, Any]]:
    """The results by their numbers; none is there twice."""
    rows = [row for file in Path(job.results).glob("*.parquet") for row in read_table(file).to_pylist()]
    assert len({row["key"] for row in rows}) == len(rows)
    return {row["number"]: row for row in rows}


def require_all(job: Job) -> None:
    """Each line has what the API says of it when it is asked for that line alone, here."""
    rows, store = rows_in(job), ModelStore()
    assert sorted(rows) == list(range(1, len(TEXTS) + 1))
    for number, text in enumerate(TEXTS[:5], start=1):
        told: list[running.Event] = []
        asked = kinds.about("classify", kinds.request("classify", job.settings), text)
        running.work(ROUTES["classify"], asked, store, threading.Event(), told.append)
        alone = told[-1].data[0]
        for each in (rows[number], rows[number + 20]):
            assert each["error"] == alone.get("error")
            assert each["label"] == alone.get("label")
            if text.strip():
                assert json.loads(each["record"])["scores"] == pytest.approx(alone["scores"], abs=1e-5)


def command_lines() -> dict[int, list[str]]:
    """What runs on this machine, by the numbers of processes."""
    return {each.pid: each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])}


def test_a_worker_that_is_killed_loses_nothing(job: Job) -> None:
    begun, killed = begin(job), []
    for _ in begun.missing_done():
        if not killed:
            killed = [pid for pid, words in command_lines().items() if "MapWorker" in " ".join(words)]
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    assert killed
    require_all(job)
    assert begin(job).skipped == 20  # the blank ones are tried again


def test_closing_ends_the_work_and_a_full_object_store_does_not(job: Job) -> None:
    import numpy as np
    import ray

    first = begin(job)
    work = first.missing_done()
    early = [next(work).key for _ in range(3)]
    work.close()
    kept = rows_in(job)
    assert {row["key"] for row in kept.values()} == set(early)

    second = begin(job)
    assert second.skipped == sum(row["error"] is None for row in kept.values())
    full = [ray.put(np.zeros(1_000_000, np.uint8)) for _ in range(90)]  # more than there is: it goes to the disk
    for _ in second.missing_done():
        full.append(ray.put(np.zeros(1_000_000, np.uint8)))
    require_all(job)


def test_more_workers_than_processors_are_refused_at_once_and_not_waited_for(job: Job, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "PATIENCE_SECONDS", 0.0)
    begun: Begun = begin(Job(**{**job.__dict__, "workers": 99}))
    with pytest.raises(ClusterUnreachable, match="99 would be needed"):
        list(begun.missing_done())


def test_graphics_cards_that_the_cluster_lacks_are_refused_and_not_waited_for(job: Job, monkeypatch) -> None:
    for name in ("ray.available_resources", "ray.cluster_resources"):
        monkeypatch.setattr(name, lambda: {"CPU": 2.0})
    monkeypatch.setattr(jobs, "PATIENCE_SECONDS", 0.0)
    begun = begin(Job(**{**job.__dict__, "settings": job.settings | {"device": "cuda"}, "workers": None}))
    with pytest.raises(ClusterUnreachable, match="Of the cluster's 0 graphics cards 0 are free, and 1 would be needed"):
        list(begun.missing_done())


def test_where_dev_shm_is_small_objects_lie_elsewhere(ray_here: Path) -> None:
    option = "--plasma_directory="
    ours = [words for words in command_lines().values() if str(ray_here) in " ".join(words)]
    stores = {word.removeprefix(option) for words in ours for word in words if word.startswith(option)}
    assert stores
    assert "/dev/shm" not in stores

"""Finding, fetching, listing and freeing models, with the real client against a hub on loopback."""

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from models import errors
from models.catalog import ModelCard, Task
from models.folders import EMBEDDED, trained_folder
from models.weights import hub, remote_errors, transfer
from models.weights.cards import find_card
from models.weights.hub import Progress
from tests.loopback_hub import LoopbackHub

CARD = ModelCard("school/tiny-gpt2", Task.TEXT_GENERATION, repository="school/tiny-gpt2")
DETECTOR = find_card("yolov5su", Task.OBJECT_DETECTION)
WEIGHT_BYTES = 1_000_000


def ignore(progress: Progress) -> None:
    """For tests that do not look at progress."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub with one repository, as cluttered as real ones are, and one detector."""
    folder = tmp_path / "served" / "tiny-gpt2"
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_text('{"architectures": ["GPT2LMHeadModel"]}')
    (folder / "vocab.json").write_text('{"a": 0}')
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "model.safetensors").write_bytes(random.Random(0).randbytes(WEIGHT_BYTES))
    for clutter in ("pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "onnx/model.onnx", "run.py", "README.md"):
        (folder / clutter).write_bytes(b"not needed")
    detector = tmp_path / "served" / "yolov5su.pt"
    with zipfile.ZipFile(detector, "w") as archive:
        archive.writestr("archive/data.pkl", random.Random(1).randbytes(300_000))
    monkeypatch.setattr(transfer, "RETRY_PAUSE_SECONDS", 0.01)
    with LoopbackHub({CARD.repository: folder}, {"yolov5su.pt": detector}) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# Fetching


def test_fetch_brings_the_needed_files_and_nothing_else(served: LoopbackHub) -> None:
    folder = hub.fetch(CARD, ignore)

    source = content_of_served(served)
    assert content(folder) == {
        name: source[name] for name in ("config.json", "vocab.json", "merges.txt", "model.safetensors")
    }
    assert folder == hub.locate(CARD)
    asked = {request.path.rsplit("/", 1)[-1] for request in served.requests if "/resolve/" in request.path}
    assert asked == {"config.json", "vocab.json", "merges.txt", "model.safetensors"}


def content_of_served(served: LoopbackHub) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in served.content(CARD.repository).items()}


def test_fetch_asks_nobody_but_the_hub_for_the_model(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    assert all(CARD.repository in request.path for request in served.requests)


def test_progress_counts_the_bytes_of_the_whole_model(served: LoopbackHub) -> None:
    seen: list[Progress] = []
    threads: set[threading.Thread] = set()
    served.bytes_per_second = 2_000_000  # slow enough for several steps

    hub.fetch(CARD, lambda progress: (seen.append(progress), threads.add(threading.current_thread())))

    total = sum(len(body) for name, body in content(hub.locate(CARD)).items())
    assert {progress.total_bytes for progress in seen} == {total}
    counts = [progress.done_bytes for progress in seen]
    assert counts == sorted(counts)
    assert counts[-1] == total
    assert len(counts) > 3
    assert threads == {threading.current_thread()}  # a page may only draw from its own thread


def test_download_size_is_that_of_the_needed_files(served: LoopbackHub) -> None:
    source = content_of_served(served)
    needed = sum(len(source[name]) for name in ("config.json", "vocab.json", "merges.txt", "model.safetensors"))
    assert hub.download_size(CARD) == needed
    assert hub.download_size(DETECTOR) == served.files["yolov5su.pt"].stat().st_size
    assert hub.locate(CARD) is None


def test_the_commit_is_recorded_and_other_programs_find_the_model(served: LoopbackHub) -> None:
    import huggingface_hub

    folder = hub.fetch(CARD, ignore)

    commit = served.commit(CARD.repository)
    assert folder.name == commit
    assert [model.revision for model in hub.list_local()] == [commit]
    cached = huggingface_hub.try_to_load_from_cache(
        CARD.repository, "model.safetensors", cache_dir=hub.huggingface_cache()
    )
    assert Path(cached) == folder / "model.safetensors"


def test_what_is_here_is_not_fetched_again(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    served.requests.clear()
    assert hub.fetch(CARD, ignore) == hub.locate(CARD)
    assert served.requests == []


def test_bin_weights_are_fetched_where_there_are_no_safetensors(served: LoopbackHub) -> None:
    (served.repositories[CARD.repository] / "model.safetensors").unlink()
    assert set(content(hub.fetch(CARD, ignore))) == {"config.json", "vocab.json", "merges.txt", "pytorch_model.bin"}


def test_sharded_weights_are_fetched_with_their_index(served: LoopbackHub) -> None:
    folder = served.repositories[CARD.repository]
    (folder / "model.safetensors").unlink()
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    (folder / shards[0]).write_bytes(b"one")
    (folder / shards[1]).write_bytes(b"two")
    (folder / "model.safetensors.index.json").write_text(
        f'{{"weight_map": {{"a": "{shards[0]}", "b": "{shards[1]}"}}}}'
    )

    here = hub.fetch(CARD, ignore)

    assert {*shards, "model.safetensors.index.json"} < set(content(here))
    (here / shards[1]).unlink()
    assert hub.locate(CARD) is None


def test_an_interrupted_download_continues_where_it_stopped(served: LoopbackHub) -> None:
    served.truncate_at = 400_000
    with pytest.raises(errors.DamagedFile, match="broke off after 400 kB"):
        hub.fetch(CARD, ignore)
    assert hub.locate(CARD) is None
    assert hub.list_local() == []
    served.truncate_at = None
    served.requests.clear()
    seen: list[Progress] = []

    folder = hub.fetch(CARD, seen.append)

    assert (folder / "model.safetensors").read_bytes() == content_of_served(served)["model.safetensors"]
    assert [request.range for request in served.asked_for("model.safetensors")] == ["bytes=400000-"]
    assert served.asked_for("config.json") == []  # finished files are not asked for again
    assert seen[0].done_bytes >= 400_000


def test_a_connection_that_breaks_off_once_is_taken_up_again(served: LoopbackHub) -> None:
    served.truncate_at, served.truncates_once = 400_000, True
    folder = hub.fetch(CARD, ignore)
    assert (folder / "model.safetensors").stat().st_size == WEIGHT_BYTES
    assert [request.range for request in served.asked_for("model.safetensors")] == [None, "bytes=400000-"]


def test_the_users_token_goes_to_the_hub_and_nowhere_else(
    served: LoopbackHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    weights = served.content(CARD.repository)["model.safetensors"]
    served.truncate_at = 400_000
    with LoopbackHub(files={"model.safetensors": weights}) as cdn:
        served.cdn, cdn.truncate_at = cdn, 400_000
        with pytest.raises(errors.DamagedFile):
            hub.fetch(CARD, ignore)
        cdn.truncate_at = None
        hub.fetch(CARD, ignore)
        assert {request.token for request in served.requests} == {"Bearer hf_secret"}
        assert {request.token for request in cdn.requests} == {None}
        assert cdn.requests[-1].range == "bytes=400000-"  # the redirect keeps what was asked for
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"hf_secret" in path.read_bytes()]


def test_stop_ends_the_download_and_keeps_what_came(served: LoopbackHub) -> None:
    served.bytes_per_second = 200_000
    cancelled = threading.Event()

    def stop_soon(progress: Progress) -> None:
        if progress.done_bytes > 50_000:
            cancelled.set()

    with pytest.raises(errors.Cancelled):
        hub.fetch(CARD, stop_soon, cancelled)
    served.bytes_per_second = None
    hub.fetch(CARD, ignore)

    ranges = [request.range for request in served.asked_for("model.safetensors")]
    assert ranges[0] is None
    assert int(ranges[-1].removeprefix("bytes=").removesuffix("-")) >= 50_000


def test_stop_does_not_wait_for_a_server_that_stalls(served: LoopbackHub) -> None:
    served.hang = True
    cancelled = threading.Event()
    threading.Timer(0.1, cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(errors.Cancelled):
        hub.fetch(CARD, ignore, cancelled)
    assert time.monotonic() - started < transfer.READ_SECONDS  # not the time-out's doing


def test_a_page_that_is_closed_ends_the_download(served: LoopbackHub) -> None:
    class PageClosed(BaseException):
        """What Streamlit raises inside a callback when the user has left."""

    def closed(progress: Progress) -> None:
        raise PageClosed

    served.bytes_per_second = 100_000
    with pytest.raises(PageClosed):
        hub.fetch(CARD, closed)
    deadline = time.monotonic() + 60
    while any(thread.name.startswith("fetch from") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_sessions_share_one_download(served: LoopbackHub) -> None:
    served.bytes_per_second = 1_000_000
    seen: list[Progress] = []
    folders: list[Path] = []
    other = threading.Thread(target=lambda: folders.append(hub.fetch(CARD, seen.append)))
    other.start()
    folders.append(hub.fetch(CARD, ignore))
    other.join()

    assert folders[0] == folders[1] == hub.locate(CARD)
    assert len(served.asked_for("model.safetensors")) == 1
    assert seen[-1].total_bytes is not None


# Refusals, each with its own error and a next step


def test_unknown_model_on_the_hub(served: LoopbackHub) -> None:
    with pytest.raises(errors.UnknownModel, match="no model school/nothing"):
        hub.fetch(ModelCard("school/nothing", Task.TEXT_GENERATION, repository="school/nothing"), ignore)


@pytest.mark.parametrize("status", [401, 404])
def test_hidden_and_missing_repositories_are_unknown(served: LoopbackHub, status: int) -> None:
    served.status = status
    with pytest.raises(errors.UnknownModel, match="Check the"):
        hub.fetch(CARD, ignore)


def test_unknown_revision(served: LoopbackHub) -> None:
    card = ModelCard(CARD.model_id, CARD.task, repository=CARD.repository, revision="v9")
    with pytest.raises(errors.UnknownModel, match="no revision “v9”"):
        hub.fetch(card, ignore)


def test_gated_repository(served: LoopbackHub) -> None:
    served.gated = True
    with pytest.raises(errors.GatedRepository, match="hf auth login"):
        hub.fetch(CARD, ignore)


def test_server_error(served: LoopbackHub) -> None:
    served.status = 500
    with pytest.raises(errors.FetchFailed, match=r"HTTP 500.*few minutes"):
        hub.fetch(CARD, ignore)


def test_login_page_of_a_network(served: LoopbackHub) -> None:
    served.page = "<html>Please log in</html>"
    with pytest.raises(errors.FetchFailed, match="login page"):
        hub.fetch(CARD, ignore)
    with pytest.raises(errors.DamagedFile, match="Download it again"):
        hub.fetch(DETECTOR, ignore)
    assert hub.list_local() == []


@pytest.mark.parametrize("told", ["commit", "digest"])
def test_names_that_a_server_makes_up_lead_nowhere(
    served: LoopbackHub, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    if told == "commit":
        monkeypatch.setattr(served, "commit", lambda repository: "../../../elsewhere")
    else:
        monkeypatch.setattr("tests.loopback_hub.digest", lambda path: "../../../elsewhere")
    with pytest.raises(errors.FetchFailed, match="did not answer as a model hub does"):
        hub.fetch(CARD, ignore)
    assert not list(hub.huggingface_cache().parent.rglob("*elsewhere*"))


def test_archives_that_cannot_be_read_are_not_sound(tmp_path: Path) -> None:
    file = tmp_path / "yolov5su.pt"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"abc" * 10_000)
    sound = file.read_bytes()
    assert transfer.is_sound_archive(file)
    file.write_bytes(sound[:40] + bytes([sound[40] ^ 0xFF]) + sound[41:])
    assert not transfer.is_sound_archive(file)
    directory = sound.index(b"PK\x01\x02") + 8
    file.write_bytes(sound[:6] + b"\x01" + sound[7:directory] + b"\x01" + sound[directory + 1 :])  # “encrypted”
    assert not transfer.is_sound_archive(file)


def test_silent_hub(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "READ_SECONDS", 0.3)
    served.hang = True
    with pytest.raises(errors.HubTimeout, match="does not answer"):
        hub.fetch(CARD, ignore)
    with pytest.raises(errors.HubTimeout, match="does not answer"):
        hub.download_size(DETECTOR)


def test_hub_that_falls_silent_in_the_middle(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "READ_SECONDS", 0.3)
    served.stall_at = 300_000
    with pytest.raises(errors.HubTimeout, match="what has arrived so far is kept"):
        hub.fetch(CARD, ignore)
    served.stall_at = None
    hub.fetch(CARD, ignore)
    assert served.asked_for("model.safetensors")[-1].range == "bytes=300000-"


def test_silence_that_no_client_time_out_covers(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "SILENCE_SECONDS", 0.3)
    answers = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *name, **options: answers.wait() and [])  # a dead name server
    try:
        with pytest.raises(errors.HubTimeout):
            hub.fetch(CARD, ignore)
    finally:
        answers.set()


def test_the_promised_limits_are_within_fifteen_seconds() -> None:
    assert transfer.SILENCE_SECONDS < 15
    assert transfer.CONNECT_SECONDS < 15
    assert transfer.READ_SECONDS < 15


def test_offline_switch_makes_no_request(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for card in (CARD, DETECTOR):
        with pytest.raises(errors.Offline, match="HF_HUB_OFFLINE"):
            hub.fetch(card, ignore)
    assert served.requests == []


def test_no_route_to_the_hub(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:  # a port that nothing listens on
        listener.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(errors.Offline, match="cannot be reached"):
            hub.fetch(CARD, ignore)


def test_proxy_error_means_offline() -> None:
    import httpx2

    error = remote_errors.explain(httpx2.ProxyError("403 Forbidden"), CARD)
    assert type(error) is errors.Offline
    assert "proxy" in str(error)


def test_full_disk_is_noticed_before_the_download(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=400_000))
    with pytest.raises(errors.DiskFull, match=r"needs 1\.0 MB, and .* has 400 kB free"):
        hub.fetch(CARD, ignore)
    assert served.asked_for("model.safetensors") == []


def test_disk_that_fills_up_during_the_download() -> None:
    import errno

    error = remote_errors.explain(OSError(errno.ENOSPC, "No space left on device"), CARD)
    assert type(error) is errors.DiskFull


def test_folder_that_cannot_be_written() -> None:
    error = remote_errors.explain(PermissionError(13, "Permission denied"), CARD)
    assert type(error) is errors.FetchFailed
    assert "Permission denied" in str(error)


def test_bytes_that_do_not_match_are_thrown_away(served: LoopbackHub) -> None:
    served.corrupt = True
    with pytest.raises(errors.DamagedFile, match="arrived damaged"):
        hub.fetch(CARD, ignore)
    assert hub.locate(CARD) is None
    served.corrupt = False
    assert hub.fetch(CARD, ignore) == hub.locate(CARD)


def test_repository_without_weights_for_us(served: LoopbackHub) -> None:
    for name in ("model.safetensors", "pytorch_model.bin"):
        (served.repositories[CARD.repository] / name).unlink()
    with pytest.raises(errors.UnsupportedCheckpoint, match="no weights that Aula can load"):
        hub.fetch(CARD, ignore)


# YOLOv5 files


def test_detector_is_fetched_from_the_base_address(served: LoopbackHub) -> None:
    path = hub.fetch(DETECTOR, ignore)
    assert path == hub.cache_folder() / "yolov5" / "yolov5su.pt"
    assert path.read_bytes() == served.files["yolov5su.pt"].read_bytes()
    assert list(path.parent.iterdir()) == [path]


def test_interrupted_detector_continues(served: LoopbackHub) -> None:
    served.truncate_at = 100_000
    with pytest.raises(errors.DamagedFile, match="continues from there"):
        hub.fetch(DETECTOR, ignore)
    assert hub.locate(DETECTOR) is None
    served.truncate_at = None
    served.requests.clear()
    path = hub.fetch(DETECTOR, ignore)
    assert path.read_bytes() == served.files["yolov5su.pt"].read_bytes()
    assert [request.range for request in served.asked_for("yolov5su.pt")] == ["bytes=100000-"]


@pytest.mark.parametrize("digest", ["0" * 64, None])
def test_damaged_detector_is_thrown_away(served: LoopbackHub, digest: str | None) -> None:
    content = bytearray(served.files["yolov5su.pt"].read_bytes())
    content[1000] ^= 255  # inside the archive: only a check sum can tell
    served.files["yolov5su.pt"].write_bytes(content)
    card = ModelCard(DETECTOR.model_id, DETECTOR.task, file=DETECTOR.file, sha256=digest)
    with pytest.raises(errors.DamagedFile, match="arrived damaged"):
        hub.fetch(card, ignore)
    assert hub.locate(DETECTOR) is None


def test_missing_detector(served: LoopbackHub) -> None:
    with pytest.raises(errors.UnknownModel, match="has no file for yolov5nu"):
        hub.fetch(find_card("yolov5nu", Task.OBJECT_DETECTION), ignore)


# What is here


def test_half_a_download_is_not_here(served: LoopbackHub) -> None:
    folder = hub.fetch(CARD, ignore)
    (folder / "model.safetensors").resolve().unlink()  # the link stays, the bytes are gone
    assert hub.locate(CARD) is None
    assert hub.list_local() == []
    assert hub.fetch(CARD, ignore) == folder
    assert hub.locate(CARD) == folder


@pytest.mark.parametrize("missing", ["config.json", "vocab.json"])
def test_a_snapshot_without_config_or_tokenizer_is_not_here(served: LoopbackHub, missing: str) -> None:
    (hub.fetch(CARD, ignore) / missing).unlink()
    assert hub.locate(CARD) is None


def test_require_names_both_ways_to_get_a_model() -> None:
    with pytest.raises(errors.ModelNotHere, match=r"Press Download .* `python aula.py models fetch school/tiny-gpt2`"):
        hub.require(CARD)


def test_require_of_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(errors.UnknownModel, match="any more"):
        hub.require(ModelCard("mine", Task.TEXT_GENERATION, path=tmp_path / "gone"))


def test_list_tells_size_task_and_revision(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    hub.fetch(DETECTOR, ignore)
    gpt2, detector = hub.list_local()
    assert (gpt2.model_id, gpt2.task) == ("school/tiny-gpt2", Task.TEXT_GENERATION)
    assert gpt2.bytes >= sum(len(body) for body in content(gpt2.path).values())
    assert gpt2.as_dict()["revision"] == served.commit(CARD.repository)
    assert (detector.model_id, detector.task, detector.revision) == ("yolov5su", Task.OBJECT_DETECTION, None)
    assert detector.bytes == served.files["yolov5su.pt"].stat().st_size


def test_models_of_other_kinds_are_not_listed(served: LoopbackHub) -> None:
    config = served.repositories[CARD.repository] / "config.json"
    config.write_text('{"architectures": ["WhisperForConditionalGeneration"]}')
    hub.fetch(CARD, ignore)
    assert hub.list_local() == []


@pytest.mark.parametrize(
    "config",
    [
        b'{"architectures": {"a": "GPT2LMHeadModel"}}',
        b'{"architectures": "GPT2LMHeadModel"}',
        b'{"architectures": [["GPT2LMHeadModel"]]}',
        b'{"architectures": []}',
        b"[1]",
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
    ],
)
def test_a_config_that_is_none_hides_its_model_and_no_other(served: LoopbackHub, config: bytes) -> None:
    odd = ModelCard("school/odd", Task.TEXT_GENERATION, repository="school/odd")
    served.repositories[odd.repository] = Path(
        shutil.copytree(served.repositories[CARD.repository], served.repositories[CARD.repository].parent / "odd")
    )
    (served.repositories[odd.repository] / "config.json").write_bytes(config)
    hub.fetch(CARD, ignore)
    hub.fetch(odd, ignore)
    assert [model.model_id for model in hub.list_local()] == [CARD.model_id]


@pytest.mark.parametrize(
    "index", [b'{"weight_map": ["a"]}', b'{"weight_map": {}}', b'{"weight_map": {"a": ["b"]}}', b"{}", b"\xff"]
)
def test_an_index_that_is_none_makes_no_complete_model(served: LoopbackHub, index: bytes) -> None:
    folder = hub.fetch(CARD, ignore)
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_bytes(index)
    assert hub.list_local() == []
    assert hub.locate(CARD) is None


def test_a_reference_that_is_none_is_no_model(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    (hub.huggingface_cache() / "models--school--tiny-gpt2" / "refs" / "main").write_bytes(b"\xff\xff")
    assert hub.list_local() == []


def test_free_deletes_and_counts(served: LoopbackHub) -> None:
    hub.fetch(CARD, ignore)
    hub.fetch(DETECTOR, ignore)
    sizes = {model.model_id: model.bytes for model in hub.list_local()}
    assert {model_id: hub.free(model_id) for model_id in sizes} == sizes
    assert hub.list_local() == []
    assert list(hub.huggingface_cache().glob("models--*")) == []


def test_free_takes_half_a_download_too(served: LoopbackHub) -> None:
    served.truncate_at = 400_000
    with pytest.raises(errors.DamagedFile):
        hub.fetch(CARD, ignore)
    assert hub.free(CARD.model_id) > 400_000
    assert list(hub.huggingface_cache().glob("models--*")) == []


def test_free_leaves_the_users_own_files_alone(tmp_path: Path) -> None:
    own = tmp_path / "best.pt"
    own.write_bytes(b"mine")
    with pytest.raises(errors.InvalidInput, match="your own file"):
        hub.free(str(own))
    assert own.exists()


@pytest.mark.parametrize("model_id", ["school/nothing", "yolov5nu", "../../etc", "nonsense"])
def test_free_of_what_is_not_here(model_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((errors.ModelNotHere, errors.InvalidInput)):
        hub.free(model_id)


# Settings and imports


def test_caches_follow_the_settings_at_each_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    assert hub.huggingface_cache() == tmp_path / "home" / "hub"
    monkeypatch.setenv("AULA_HOME", str(tmp_path / "ours"))
    assert hub.cache_folder() == tmp_path / "ours"


def test_importing_loads_no_library_and_opens_no_socket() -> None:
    code = (
        "import sys\n"
        "sys.addaudithook(lambda event, args: event.startswith('socket.') and sys.exit(f'{event} {args}'))\n"
        "import models.catalog, models.weights.hub, models.device, models.precision, models.errors\n"
        "heavy = {'torch', 'transformers', 'ultralytics', 'huggingface_hub', 'httpx2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(hub.__file__).parents[2], env=dict(os.environ))


def trained(name: str, architecture: str) -> Path:
    """A folder as a training leaves it, as far as the hub looks into it."""
    folder = trained_folder() / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architectures": [architecture]}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(b"0" * 100)
    return folder


def test_trained_models_are_listed_by_task_and_freed() -> None:
    folder = trained("reviews", "SentenceClassifier")
    trained("stories", "GPT2LMHeadModel")
    assert [card.model_id for card in hub.trained_models(Task.TEXT_CLASSIFICATION)] == ["trained/reviews"]
    assert [model.model_id for model in hub.list_local()] == ["trained/reviews", "trained/stories"]
    assert hub.locate(hub.trained_models(Task.TEXT_CLASSIFICATION)[0]) == folder.resolve()
    assert hub.free("trained/reviews") > 100
    assert hub.trained_models(Task.TEXT_CLASSIFICATION) == []


def test_embedded_models_are_here_and_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = find_card("aula/minilm", Task.SENTENCE_SIMILARITY)
    assert hub.locate(card) == hub.fetch(card, lambda progress: None) == EMBEDDED / "minilm"
    with pytest.raises(errors.InvalidInput, match="comes with the suite and stays"):
        hub.free("aula/minilm")
    monkeypatch.setattr(hub, "EMBEDDED", tmp_path)
    with pytest.raises(errors.DamagedFile, match="Get the suite again"):
        hub.require(card)

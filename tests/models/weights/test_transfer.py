"""How bytes travel: resumed, stopped, timed out, checked. With the real client against a hub on loopback."""

import shutil
import socket
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from models import errors
from models.catalog import ModelCard
from models.weights import hub, transfer
from models.weights.transfer import Progress
from tests.loopback_hub import LoopbackHub
from tests.models.weights.served import CARD, DETECTOR, WEIGHT_BYTES, content_of_served, ignore


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


def test_a_connection_that_breaks_off_once_is_taken_up_again(served: LoopbackHub) -> None:
    served.truncate_at, served.truncates_once = 400_000, True
    folder = hub.fetch(CARD, ignore)
    assert (folder / "model.safetensors").stat().st_size == WEIGHT_BYTES
    assert [request.range for request in served.asked_for("model.safetensors")] == [None, "bytes=400000-"]


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


def test_full_disk_is_noticed_before_the_download(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=400_000))
    with pytest.raises(errors.DiskFull, match=r"needs 1\.0 MB, and .* has 400 kB free"):
        hub.fetch(CARD, ignore)
    assert served.asked_for("model.safetensors") == []


def test_bytes_that_do_not_match_are_thrown_away(served: LoopbackHub) -> None:
    served.corrupt = True
    with pytest.raises(errors.DamagedFile, match="arrived damaged"):
        hub.fetch(CARD, ignore)
    assert hub.locate(CARD) is None
    served.corrupt = False
    assert hub.fetch(CARD, ignore) == hub.locate(CARD)


@pytest.mark.parametrize("digest", ["0" * 64, None])
def test_damaged_detector_is_thrown_away(served: LoopbackHub, digest: str | None) -> None:
    content = bytearray(served.files["yolov5su.pt"].read_bytes())
    content[1000] ^= 255  # inside the archive: only a check sum can tell
    served.files["yolov5su.pt"].write_bytes(content)
    card = ModelCard(DETECTOR.model_id, DETECTOR.task, file=DETECTOR.file, sha256=digest)
    with pytest.raises(errors.DamagedFile, match="arrived damaged"):
        hub.fetch(card, ignore)
    assert hub.locate(DETECTOR) is None


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

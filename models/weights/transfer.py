"""Brings one file at a time over HTTPS to this machine: with progress, resumable, stoppable, checked.

Knows nothing of models. The bytes come through our own loop because `huggingface_hub` 2.4 throws half a file away when
a download ends early (`_download_to_tmp_and_move`), and a class on one school line cannot start 500 MB again and again.
"""

import hashlib
import shutil
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from models.cancellation import stop_if
from models.errors import DamagedFile, DiskFull, HubTimeout
from models.wording import size_text

if TYPE_CHECKING:
    import httpx2

# Seconds. A read that waits longer ends on its own, so that a thread nobody waits for any more does not stay for ever.
CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
# The watch is the promise to the user: it also covers what those two do not, such as a name server that never answers.
SILENCE_SECONDS = 12.0
RETRIES = 3
RETRY_PAUSE_SECONDS = 0.5

Result = TypeVar("Result")


@dataclass(frozen=True)
class Progress:
    """How far a download is: bytes so far, bytes in all (None while unknown), and the file being fetched."""

    done_bytes: int
    total_bytes: int | None
    file: str


OnProgress = Callable[[Progress], None]


class Signs:
    """Signs of life that the working thread gives, and the wish to stop that it reads."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.progress: Progress | None = None
        self._last = time.monotonic()

    def alive(self) -> None:
        """Something moved. Raises Cancelled when nobody waits for the work any more."""
        stop_if(self.stopped)
        self._last = time.monotonic()

    def report(self, progress: Progress) -> None:
        """A new state; the same state again is not a sign of life."""
        stop_if(self.stopped)
        if progress != self.progress:
            self.progress = progress
            self._last = time.monotonic()

    def silent_seconds(self) -> float:
        """How long nothing has moved."""
        return time.monotonic() - self._last


def watch(
    work: Callable[[Signs], Result],
    on_progress: OnProgress,
    cancelled: threading.Event | None,
    where: str,
    patience: float | None = None,
) -> Result:
    """Run `work` in a thread of its own, and return within a second of `cancelled`, even when a server stalls.

    `on_progress` is called in the caller's thread, because Streamlit lets no other thread draw.

    Raises:
        Cancelled: the event was set.
        HubTimeout: nothing moved for `patience` seconds, SILENCE_SECONDS unless given. `where` names the server in the
            message.
        Whatever `work` raises.
    """
    signs = Signs()
    outcome: Future[Result] = Future()
    threading.Thread(target=_work, args=(work, signs, outcome), name=f"fetch from {where}", daemon=True).start()
    shown: Progress | None = None
    try:
        while True:
            stop_if(cancelled)
            finished = _finished(outcome)
            if signs.progress is not None and signs.progress != shown:
                shown = signs.progress
                on_progress(shown)
            if finished:
                return outcome.result()
            if signs.silent_seconds() > (patience or SILENCE_SECONDS):
                raise HubTimeout(silence(where))
    finally:
        signs.stopped.set()


def silence(where: str) -> str:
    """What to tell about a server that takes a connection and says nothing."""
    return f"{where} does not answer. Try again in a few minutes; what has arrived so far is kept."


def _work(work: Callable[[Signs], Result], signs: Signs, outcome: Future[Result]) -> None:
    try:
        outcome.set_result(work(signs))
    except BaseException as error:  # handed to the waiting thread, which raises it
        outcome.set_exception(error)


def _finished(outcome: Future[Result]) -> bool:
    try:
        outcome.exception(timeout=0.1)
    except NotYet:
        return False
    return True


def require_room(folder: Path, needed_bytes: int) -> None:
    """Raise DiskFull, with both sizes, unless the disk of `folder` (which need not exist yet) has this much room."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if needed_bytes > free:
        raise DiskFull(
            f"The download needs {size_text(needed_bytes)}, and {existing} has {size_text(free)} free. "
            "Make room, for instance by freeing a model that is not used any more, and try again."
        )


def part_of(target: Path) -> Path:
    """Where the bytes of a file wait until all of them are here."""
    return target.with_name(target.name + ".part")


def arrived_bytes(target: Path) -> int:
    """How much of a file is on this machine, finished or not."""
    return next((path.stat().st_size for path in (target, part_of(target)) if path.is_file()), 0)


def download(
    client: "httpx2.Client",
    url: str,
    target: Path,
    headers: dict[str, str],
    check: Callable[[Path], bool],
    on_bytes: Callable[[int, int | None], None],
) -> None:
    """Fetch `url` into `target`, continuing after what an earlier attempt left behind.

    `check` looks at the complete file before it gets its name; `on_bytes` is told how much is here, and of how much.

    Raises:
        DamagedFile: the connection broke off RETRIES times in a row without a byte gained, or `check` said no.
        httpx2.HTTPError, OSError: as they come; the caller knows what the server is called.
    """
    import httpx2

    part = part_of(target)
    part.parent.mkdir(parents=True, exist_ok=True)
    failures = 0
    while failures < RETRIES:
        before = arrived_bytes(target)
        try:
            _receive(client, url, part, headers, on_bytes)
            break
        except (httpx2.RemoteProtocolError, httpx2.ReadError):
            failures = 1 if arrived_bytes(target) > before else failures + 1
            time.sleep(RETRY_PAUSE_SECONDS)
    else:
        raise DamagedFile(
            f"The download of {url.rsplit('/', 1)[-1]} broke off after {size_text(arrived_bytes(target))}. "
            "Start it again: it continues from there."
        )
    if not check(part):
        part.unlink()
        raise DamagedFile(f"{url.rsplit('/', 1)[-1]} arrived damaged and was thrown away. Download it again.")
    part.replace(target)


def _receive(
    client: "httpx2.Client", url: str, part: Path, headers: dict[str, str], on_bytes: Callable[[int, int | None], None]
) -> None:
    done = part.stat().st_size if part.exists() else 0
    # Compressed bodies have another length, and cannot be continued in the middle.
    asked = {**headers, "Accept-Encoding": "identity", **({"Range": f"bytes={done}-"} if done else {})}
    with client.stream("GET", url, headers=asked) as response:
        if response.status_code == 416:  # nothing after these bytes: the file was complete, or is another one by now
            return
        raise_for_status(response)
        if response.status_code != 206:
            done = 0
        length = response.headers.get("Content-Length")
        total = done + int(length) if length is not None else None
        with part.open("ab" if done else "wb") as file:
            for chunk in response.iter_bytes():
                # Asked before writing: a thread that was given up must not write beside its successor.
                on_bytes(done + len(chunk), total)
                file.write(chunk)
                done += len(chunk)


def raise_for_status(response: "httpx2.Response") -> None:
    """Raise the error of `huggingface_hub` for an answer that is a refusal."""
    from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]  # public, but not re-exported

    hf_raise_for_status(response)


def matches(path: Path, digest: str, signs: Signs) -> bool:
    """Whether a file has this digest: SHA-256 (64 characters), or the SHA-1 that git gives a file (40 characters)."""
    if len(digest) == 64:
        hashed = hashlib.sha256()
    else:
        hashed = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    for block in _blocks(path):
        signs.alive()
        hashed.update(block)
    return hashed.hexdigest() == digest


def is_sound_archive(path: Path) -> bool:
    """Whether a ZIP archive, which every .pt file of today is, has the check sums that it says. Runs nothing in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError):  # RuntimeError: it wants a password
        return False


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1024 * 1024):
            yield block

"""What the folder of a training tells about it. Reads files only, so that any page, terminal or server may watch.

Each training has a folder below the suite's cache, `training/NAME`: `job.json` (what was asked), the data,
`process.json` (who works on it), `events.jsonl`, `log.txt`, `result.json` and `model/`. The empty files `begun` and
`stop` say that its turn has come, and that it was asked to end.
"""

import re
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import psutil

from models.folders import cache_folder, read_json
from training.events import read

_START_SECONDS = 60  # between the folder and the process that works on it


@dataclass(frozen=True)
class TrainingSettings:
    """What a person decides about a training on texts, under the names of `training.text_classification`'s options.

    `header`, `missing` and `encoding` are as in `training.text_data.read_texts`.
    """

    kind: ClassVar[str] = "texts"
    module: ClassVar[str] = "training.text_classification"

    text_column: str
    label_column: str
    base: str = "aula/minilm"
    method: str = "head"
    minutes: float = 10.0
    epochs: float | None = None
    learning_rate: float | None = None
    seed: int = 0
    device: str = "cpu"
    threads: int | None = None
    header: bool | None = None
    missing: tuple[str, ...] = ()
    encoding: str | None = None
    even_if_unreadable: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "missing", tuple(self.missing))  # JSON gives a list, which cannot be a key

    def options(self) -> list[str]:
        """The same as a command line; what was left open is left to the training."""
        return _options(asdict(self))


@dataclass(frozen=True)
class PictureSettings:
    """What a person decides about a training on pictures, under the names of `training.image_classification`'s options.

    `method` is “head”, “block” or “all”. `augment` says whether it learns from altered copies of the pictures, too;
    None leaves that to the method, as None does for `epochs` and `learning_rate`.
    """

    kind: ClassVar[str] = "pictures"
    module: ClassVar[str] = "training.image_classification"

    base: str = "aula/efficientnet-lite0"
    method: str = "head"
    minutes: float = 10.0
    epochs: float | None = None
    learning_rate: float | None = None
    augment: bool | None = None
    seed: int = 0
    device: str = "cpu"
    threads: int | None = None

    def options(self) -> list[str]:
        """The same as a command line; what was left open is left to the training."""
        return _options(asdict(self))


Settings = TrainingSettings | PictureSettings
KINDS: dict[str, type[Settings]] = {settings.kind: settings for settings in (TrainingSettings, PictureSettings)}
TEXTS, PICTURES = KINDS


def _options(settings: dict[str, Any]) -> list[str]:
    """Settings as a command line: none for None, a flag for yes or no, a list as one option an item."""
    parts: list[str] = []
    for name, value in settings.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            parts.append(f"--{option}" if value else f"--no-{option}")
        elif value is not None:
            every = value if isinstance(value, tuple) else (value,)
            parts += [part for one in every for part in (f"--{option}", str(one))]
    return parts


@dataclass(frozen=True)
class Job:
    """One training: its folder, what was asked of it, and when (seconds since 1970)."""

    folder: Path
    data: str
    settings: Settings
    created: float

    @property
    def name(self) -> str:
        """The folder's name. It cannot be guessed, so that it is also the key to a stranger's own training."""
        return self.folder.name

    @property
    def data_file(self) -> Path:
        """The rows or pictures that it learns from."""
        return self.folder / "data" / self.data

    @property
    def model_folder(self) -> Path:
        """Where the trained model is when the training has ended."""
        return self.folder / "model"

    @property
    def has_model(self) -> bool:
        """Whether there is a model to try and to keep."""
        return (self.model_folder / "config.json").is_file() and bool(self.result())

    def result(self) -> dict[str, Any]:
        """What the training wrote into result.json; empty before that."""
        return read_json(self.folder / "result.json")


@dataclass(frozen=True)
class Standing:
    """How a training stands.

    `state` is “waiting”, “running”, “stopping”, “done”, “stopped” or “failed”. While it waits, `ahead` counts the
    trainings that come first. `fraction` is how much of the budget is used up, 0 to 1; `seconds_left` is None before
    the first step. `problem` says in a sentence why it failed. `events` are all that `training.events` wrote.
    """

    state: str
    ahead: int = 0
    fraction: float = 0.0
    seconds_left: float | None = None
    problem: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def has_learned(self) -> bool:
        """Whether its weights are final; it may still be measured and saved."""
        return bool(self.events) and self.events[-1]["event"] == "end"

    @property
    def has_figures(self) -> bool:
        """Whether there are weights to keep: those of an evaluation."""
        return _has_figures(self.events)

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ("done", "stopped", "failed")


def _has_figures(events: list[dict[str, Any]]) -> bool:
    return any(event["event"] in ("evaluation", "end") for event in events)


def jobs_folder() -> Path:
    """Where the folders of all trainings are."""
    return cache_folder() / "training"


def jobs(kind: str | None = None) -> list[Job]:
    """Every training whose folder is here, or those of a kind (“texts”, “pictures”), the oldest first."""
    folders = jobs_folder().iterdir() if jobs_folder().is_dir() else ()
    every = [job for job in map(read_job, folders) if job is not None and kind in (None, job.settings.kind)]
    return sorted(every, key=lambda job: (job.created, job.name))


def find(name: str, kind: str | None = None) -> Job | None:
    """The training of that name, and of that kind where one is named, or None."""
    job = read_job(jobs_folder() / name) if re.fullmatch(r"[\w-]+", name) else None
    return job if job is not None and kind in (None, job.settings.kind) else None


def read_job(folder: Path) -> Job | None:
    """The training in a folder, or None where the folder holds none."""
    asked = read_json(folder / "job.json")
    try:
        settings = KINDS[asked.get("kind", TEXTS)](**asked["settings"])  # once, texts were all there was
        return Job(folder, asked["data"], settings, float(asked["created"]))
    except (KeyError, TypeError, ValueError):
        return None


def look(job: Job) -> Standing:
    """How a training stands now."""
    alive = is_alive(job)  # asked before the events are read: those of a dead process are complete
    events = read(job.folder)
    if not alive:
        return _ending(job, events)
    fraction = max((event["fraction"] for event in events if "fraction" in event), default=0.0)
    if (job.folder / "stop").exists():
        return Standing("stopping", fraction=fraction, events=events)
    if not (job.folder / "begun").exists():
        return Standing("waiting", ahead=len(ahead(job)), events=events)
    left = next((event["seconds_left"] for event in reversed(events) if "seconds_left" in event), None)
    return Standing("running", fraction=fraction, seconds_left=left, events=events)


def _ending(job: Job, events: list[dict[str, Any]]) -> Standing:
    ended = next((event for event in events if event["event"] == "end"), None)
    failed = (job.folder / "problem.txt").exists()
    lost = _has_figures(events) and not job.result()  # there were weights to keep, and it died before it had saved them
    if (job.folder / "stop").exists() and not failed and not lost:
        return Standing("stopped", fraction=1.0, events=events)
    if ended is None or failed or not job.result():
        return Standing("failed", problem=_problem(job), events=events)
    return Standing("stopped" if ended["reason"] == "stopped" else "done", fraction=1.0, events=events)


def ahead(job: Job) -> list[Job]:
    """The trainings that come before this one and still live."""
    return [other for other in jobs() if (other.created, other.name) < (job.created, job.name) and is_alive(other)]


def is_alive(job: Job) -> bool:
    """Whether a process works on it, or is just being started."""
    if not (job.folder / "process.json").exists():
        return time.time() - job.created < _START_SECONDS
    return process_of(job) is not None


def process_of(job: Job) -> psutil.Process | None:
    """The process of a training while it lives. Its time of birth tells it from a later one with the same number."""
    noted = read_json(job.folder / "process.json")
    try:
        process = psutil.Process(noted["pid"])
        is_same = abs(process.create_time() - noted["created"]) < 2
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, TypeError, ValueError, psutil.Error):
        return None


def _problem(job: Job) -> str:
    """Why a training ended before its end: what it said itself, else the last line of its log."""
    try:
        return (job.folder / "problem.txt").read_text(encoding="utf-8")
    except OSError:
        line = last_line(job)
    hint = f" The last line of its log is “{line}”." if line else ""
    return f"The training ended without a reason, perhaps because memory was full or the machine was off.{hint}"


def last_line(job: Job) -> str:
    """The last line that the process printed, at most 300 characters of it."""
    lines = [line.strip() for line in log(job).splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def log(job: Job, most: int = 20_000) -> str:
    """The end of what the process printed, at most so many bytes of it."""
    try:
        return (job.folder / "log.txt").read_bytes()[-most:].decode("utf-8", "replace")
    except OSError:
        return ""

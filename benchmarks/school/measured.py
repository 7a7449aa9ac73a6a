"""The figures that the plan stands on, with where and how each was measured: `measured.json` beside this file.

`python -m benchmarks.school_day --measure` writes `suite`, on a machine on which nothing else runs. The others are
copied from where they are published, which each of them names.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.school.queues import Station
from benchmarks.school.timetable import PAGE, Service
from models.errors import InvalidInput
from quantization.result_files import json_text

FILE = Path(__file__).with_name("measured.json")


@dataclass(frozen=True)
class Measured:
    """One page's button, pressed by one person with one thread, in seconds of a core.

    `seconds` are the model's, for each input that was tried; `script` what the page takes beside it, and `load` what
    the model takes to load. `crowd` is the model's work for one of eight who ask together, against one alone.
    """

    page: str
    work: str
    model: str
    script: float
    load: float
    crowd: float
    seconds: tuple[float, ...]

    @classmethod
    def of(cls, page: str, told: dict[str, Any]) -> Self:
        """From the file."""
        return cls(
            page, told["work"], told["model"], told["script"], told["load"], told["crowd"], tuple(told["seconds"])
        )

    def as_dict(self) -> dict[str, Any]:
        """As it stands in the file."""
        told = asdict(self)
        del told["page"]
        return told | {"seconds": list(self.seconds)}

    @property
    def mean(self) -> float:
        """Seconds of a core that a click takes."""
        return sum(self.seconds) / len(self.seconds)


@dataclass(frozen=True)
class Inputs:
    """All of the file. `facts` says of each part where it comes from."""

    measured: tuple[Measured, ...]
    cores: int
    facts: dict[str, Any]

    @property
    def services(self) -> tuple[Service, ...]:
        """What classes do."""
        return tuple(Service(each.page, each.seconds, each.script) for each in self.measured)

    def one(self, page: str) -> Measured:
        """The measurement of a page. Raises InvalidInput for a page that was not measured."""
        for each in self.measured:
            if each.page == page:
                return each
        raise InvalidInput(f"“{page}” was not measured. Choose of: {', '.join(each.page for each in self.measured)}.")

    def stations(self, cores: int, loaded: bool = False) -> dict[str, Station]:
        """The stations of a machine with so many cores; `loaded` where models are in memory when it opens."""
        models = {each.page: Station(cores, 0.0 if loaded else each.load, each.crowd) for each in self.measured}
        return models | {PAGE: Station(sys.maxsize)}


def read_inputs(file: Path = FILE) -> Inputs:
    """The figures of a file."""
    facts = json.loads(file.read_text(encoding="utf-8"))
    suite = facts["suite"]
    measured = tuple(Measured.of(page, told) for page, told in suite["pages"].items())
    return Inputs(measured, suite["cores"], facts)


def write_suite(suite: dict[str, Any], file: Path = FILE) -> None:
    """Put a new measurement of the suite into the file; what others have published stays."""
    facts = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json_text(facts | {"suite": suite}), encoding="utf-8", newline="\n")

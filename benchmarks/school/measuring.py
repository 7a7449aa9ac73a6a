"""Measures what one person's click takes, and a class: `python -m benchmarks.school_day --measure`, some three minutes.

Seconds are those that a process spent computing, with one thread: where nothing else runs they are those of the clock,
and where something does they suffer less. How much others used is measured, too, and kept with the figures.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.school.measured import Measured
from benchmarks.school.queues import CROWD
from models.catalog import ModelCard, Task
from models.precision import Precision
from models.threads import pinned_threads, take_threads
from models.weights.cards import find_card
from quantization.measure.bystanders import read, use_between
from quantization.measure.conditions import conditions
from quantization.race.class_work import opinion_work, picture_work, question_work, sentence_work
from quantization.race.ours import asked, our_side
from quantization.race.work import Work
from serving.visits.suite import ROOT

COMMAND = "python -m benchmarks.school_day --measure"
STUDENTS = 30
ROUNDS = 3


@dataclass(frozen=True)
class Subject:
    """A page, the model that answers there, and what student number n puts in; `explains` each word of texts, too."""

    page: str
    model: str
    task: Task
    work: Callable[[int], Work]
    inputs: int
    explains: bool = False

    def click(self, wrapper: Any, number: int) -> Callable[[], object]:
        """What the button of this student asks of the model."""
        work = self.work(number)
        answer = asked(wrapper, work)
        if not self.explains:
            return answer
        return lambda: (answer(), [wrapper.explain(text) for text in work.texts])


SUBJECTS = (
    Subject("question_answering", "aula/qa-minilm", Task.QUESTION_ANSWERING, question_work, 10),
    Subject("object_detection", "aula/yolov5s", Task.OBJECT_DETECTION, picture_work, 6),
    Subject("translate_summarize", "aula/t5-mini", Task.TEXT_TO_TEXT, sentence_work, 10),
    Subject("text_classification", "aula/sentiment-minilm", Task.TEXT_CLASSIFICATION, opinion_work, 4, explains=True),
)


def measure_suite(precision: Precision, cores: int) -> Iterator[str | dict[str, Any]]:
    """Yield what is done next, and at last the part `suite` of the file."""
    yield f"a class of 1 and of 2, {ROUNDS} times, and of {STUDENTS} …"
    alone, two = ([class_of(students) for _ in range(ROUNDS)] for students in (1, 2))
    lessons = class_of(STUDENTS)
    before, pages = read(), {}
    for subject in SUBJECTS:
        yield f"{subject.page} …"
        first, both = (_processor_seconds(lessons_of, subject.page) for lessons_of in (alone, two))
        found = measure_page(subject, precision, cores, first, both - first)
        pages[subject.page] = found.as_dict()
    others = use_between(before, read()).share
    facts = {"command": COMMAND, **machine(), "cores": cores, "precision": precision.name}
    yield facts | {"others_used": round(others or 0.0, 2), "students": STUDENTS, "class": lessons, "pages": pages}


def _processor_seconds(lessons: list[dict[str, dict[str, float]]], page: str) -> float:
    return statistics.median(lesson[page]["processor_seconds"] for lesson in lessons)


def machine() -> dict[str, Any]:
    """What a reader has to know of the machine."""
    facts = conditions()
    return {name: facts[name] for name in ("date", "processor", "cpu_features", "versions")}


def class_of(students: int) -> dict[str, dict[str, float]]:
    """A class in a suite of its own, as installed: when the last one had the answer, and the server's core seconds.

    One or two students are measured with one thread, since torch's threads wait for each other computing.
    """
    command = [sys.executable, str(ROOT / "apps" / "cli.py"), "benchmark", "--students", str(students), "--json"]
    threads = {"OMP_NUM_THREADS": "1"} if students <= 2 else {}
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"} | threads
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    rows = json.loads(done.stdout)["rows"]
    return {
        row["page"]: {
            "last": round(row["answered"]["last"], 2), "processor_seconds": round(row["processor_seconds"], 2),
        } for row in rows
    }  # fmt: skip


def measure_page(subject: Subject, precision: Precision, cores: int, first: float, next_one: float) -> Measured:
    """Load the model and press the button for each input, with one thread; then as a crowd.

    `first` and `next_one` are the seconds of a core that the first click took a suite, and one more: the difference is
    what only the first one pays, with the model's loading.
    """
    card = find_card(subject.model, subject.task)
    with pinned_threads(1):
        load = _load_seconds(card, subject, precision)
        wrapper = our_side(card, subject.work(0), precision).model
        seconds = [_median(subject.click(wrapper, number)) for number in range(subject.inputs)]
    together = _crowd_seconds([subject.click(wrapper, number) for number in range(CROWD)], cores)
    alone = sum(seconds[number % len(seconds)] for number in range(CROWD))
    return Measured(
        subject.page, subject.work(0).told, subject.model, script=round(max(0.0, next_one - seconds[1]), 3),
        load=round(max(load, first - next_one), 3), crowd=round(together / alone, 2),
        seconds=tuple(round(each, 4) for each in seconds),
    )  # fmt: skip


def _load_seconds(card: ModelCard, subject: Subject, precision: Precision) -> float:
    """The second time: the first one reads the libraries, which a running suite has read (apps/preload.py)."""
    our_side(card, subject.work(0), precision)
    return _computed(lambda: our_side(card, subject.work(0), precision))


def _median(click: Callable[[], object]) -> float:
    click()
    return statistics.median(_computed(click) for _ in range(ROUNDS))


def _crowd_seconds(clicks: list[Callable[[], object]], cores: int) -> float:
    """Seconds of a core that all take together who ask at the same moment, with all threads, as in a suite."""
    with pinned_threads(cores), ThreadPoolExecutor(len(clicks), initializer=take_threads, initargs=(cores,)) as pool:
        return _median(lambda: [each.result() for each in [pool.submit(click) for click in clicks]])


def _computed(do: Callable[[], object]) -> float:
    before = time.process_time()
    do()
    return time.process_time() - before

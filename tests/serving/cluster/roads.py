"""A road to models that needs no cluster: calls and events are copied as if they had travelled, work is in a thread."""

import pickle
import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from models.cancellation import stop_if
from serving.api.running import END, Event
from serving.cluster.calls import Call, do
from serving.cluster.remote import Lost
from serving.model_store import ModelStore


@dataclass
class InThread:
    """Leads to the models of `store`. The work dies after as many events as the next number of `dies_after` says."""

    store: ModelStore
    lanes = 2
    dies_after: Iterator[int] = field(default_factory=lambda: iter(()))
    calls: list[str] = field(default_factory=list)
    stopped: list[threading.Event] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def __call__(self, call: Call, cancelled: threading.Event | None) -> Generator[Event, None, None]:
        self.calls.append(call.name)
        told: queue.Queue[Event] = queue.Queue()
        stop = threading.Event()
        self.stopped.append(stop)
        work = (pickle.loads(pickle.dumps(call)), self.store, stop, told.put)
        self.threads.append(threading.Thread(target=do, args=work))
        self.threads[-1].start()
        lives = next(self.dies_after, None)
        try:
            for number, event in enumerate(_arriving(told, cancelled)):
                if number == lives:
                    raise Lost
                yield event
        finally:
            stop.set()

    def close(self) -> None:
        """Wait for what was begun: a thread that computes while Python ends brings it down."""
        for thread in self.threads:
            thread.join()


def _arriving(told: "queue.Queue[Event]", cancelled: threading.Event | None) -> Iterator[Event]:
    while True:
        stop_if(cancelled)
        with suppress(queue.Empty):
            event: Event = pickle.loads(pickle.dumps(told.get(timeout=0.05)))
            yield event
            if event.kind in END:
                return

"""One task for very many pictures or texts, by Ray Data: found, done, written, and gone on with by a second start.

    job = begin(Job("detect", {"confidence": 0.5}, ["photos", "s3://bucket/more/*.jpg"], "results"))
    connect("auto")
    for done in job.missing_done(): …

What a worker was at when it was killed is done again, then thing by thing. What kills its worker even alone is named,
and the rest goes on.
"""

import json
import logging
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from models.errors import AulaError, ClusterUnreachable
from quantization.automatic.choice import AUTO
from serving.api import running
from serving.api.requests import Asked
from serving.api.tasks import ROUTES
from serving.cluster import kinds
from serving.cluster.shards import ERROR, KEY, NUMBER, PARQUET, RECORD, Results, begun_with
from serving.cluster.things import Thing, Things, look_for
from serving.cluster.workers import PIECE, ROWS, Attempts, AttemptsElsewhere, Work, Worker, packed
from serving.records import Record

MOST_IN_PIECE = 32  # what is done again where a worker is killed
PIECES_EACH = 8  # of a worker, so that all of them end at about the same time
PATIENCE_SECONDS = 30.0  # for a free processor: one that was just given back is told of after a second or two
PROCESSOR, CARD = "CPU", "GPU"  # as Ray calls what a worker takes
WORDS = {PROCESSOR: "processors", CARD: "graphics cards"}
LOST = "The process that worked on it ended, each time that it was tried: it may need more memory than there is."
DYING = "The processes of the workers end while they load the model. Ask for fewer with --workers, if memory is full."
ENDED = "The cluster has ended, or lost its head. What is done is kept; start again to go on."


@dataclass(frozen=True)
class Job:
    """What is asked for: a task, its settings under the names of the API, what to work on, and where results go.

    `named` are paths, patterns and addresses; `column` is the field of JSON Lines, or the column of Parquet, that holds
    the texts. `workers` are processes, None for as many as the cluster has free processors.
    """

    route: str
    settings: Record
    named: list[str]
    results: str
    form: str = PARQUET
    column: str = "text"
    workers: int | None = None


@dataclass(frozen=True)
class Done:
    """One thing that is done: its key, what could not be done of it, and the record, None where there is none."""

    key: str
    error: str | None
    record: Any


@dataclass
class Begun:
    """A job whose things are known and whose folder is open.

    Of the `total`, `skipped` were done by an earlier start; the others are `missing`. `settings` are the request's,
    with the model and the precision that were taken. `thing` is the word for one of what is worked on.
    """

    job: Job
    asked: Asked
    things: Things
    results: Results
    missing: list[Thing] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.things.found)

    @property
    def skipped(self) -> int:
        return self.total - len(self.missing)

    @property
    def settings(self) -> Record:
        return kinds.settings_of(self.job.route, self.asked)

    @property
    def thing(self) -> str:
        return kinds.KINDS[self.job.route].thing

    def missing_done(self) -> Generator[Done, None, None]:
        """Do what is missing, on the cluster that is joined, and tell of each as it is done; closing stops it.

        Raises:
            InvalidInput: the results cannot be written any more.
            ClusterUnreachable: the cluster has ended, or has no processor or graphics card free.
            AulaError: no worker can use the model, or the settings do not fit it.
        """
        left = dict(enumerate(self.missing))
        try:
            for most in (MOST_IN_PIECE, 1):
                yield from self._round(left, most)
            for thing in list(left.values()):  # those that end every worker
                yield self._keep(thing, LOST, None)
        finally:
            self.results.flush()

    def _round(self, left: dict[int, Thing], most: int) -> Iterator[Done]:
        """Do what is left, in pieces of so many things at most; what a killed worker had is still left then."""
        if not left:
            return
        work = Work(self.job.route, self.asked, self.things.places, self.job.column)
        with closing(_rows(work, list(left.items()), most, self.job.workers)) as rows:
            for row in rows:
                if row["given_up"]:
                    continue
                if row["refusal"]:
                    raise AulaError(row["refusal"])
                if (thing := left.pop(row["number"], None)) is not None:  # None: it was done twice
                    yield self._keep(thing, row["error"], row["record"])

    def _keep(self, thing: Thing, error: str | None, record: Any) -> Done:
        flat = kinds.KINDS[self.job.route].flat(record) if record is not None and error is None else {}
        key = self.things.key(thing)
        self.results.add({KEY: key, NUMBER: thing.number, ERROR: error, RECORD: record, **flat})
        return Done(key, error, record)


def begin(job: Job) -> Begun:
    """Find what is to be done, and open the folder of results; no cluster is needed yet.

    Raises:
        InvalidInput: nothing to work on, settings that do not exist, or a folder that cannot be used.
        UnknownModel, ModelNotHere, PrecisionNotApplicable, DeviceUnavailable: as loading the model.
    """
    kind = kinds.KINDS[job.route]
    things = look_for(kind, job.named, job.column)
    asked = _settled(job)
    told = {"task": job.route, "settings": kinds.settings_of(job.route, asked), "column": job.column}
    results = Results.open(job.results, job.form, kind.columns, told | {"texts": things.changed})
    missing = [thing for thing in things.found if things.key(thing) not in results.done]
    return Begun(job, asked, things, results, missing)


def _settled(job: Job) -> Asked:
    """The request, with what it leaves open decided here, for all machines: which model, in which precision.

    An earlier start has decided it for this one, too, whatever has been fetched or measured since.
    """
    asked = kinds.request(job.route, job.settings)
    open_still = [name for name in ("model", "precision") if getattr(asked, name) in (None, AUTO)]
    before = begun_with(job.results, job.route)
    asked = asked.model_copy(update={name: before[name] for name in open_still if name in before})
    key = running.key_of(ROUTES[job.route], asked)
    precision = key.choice.precision.name if key.choice is not None else key.precision
    return asked.model_copy(update={"model": key.model_id, "precision": precision})


# Ray


def _rows(work: Work, things: list[tuple[int, Thing]], most: int, workers: int | None) -> Generator[Record, None, None]:
    """What the workers tell, as it comes. Closing it ends them."""
    count = _workers(workers, len(things), _needs_card(work))
    pieces = _pieces(things, most, count)
    with closing(_batches(work, pieces, min(count, len(pieces)))) as batches:
        for batch in batches:
            yield from map(json.loads, batch[ROWS])


def _pieces(things: list[tuple[int, Thing]], most: int, workers: int) -> list[str]:
    size = max(1, min(most, len(things) // (workers * PIECES_EACH)))
    return [packed(things[start : start + size]) for start in range(0, len(things), size)]


def _batches(work: Work, pieces: list[str], workers: int) -> Generator[Record, None, None]:
    """Ray Data's stream. Names alone go in, so that no task of Ray's own needs a processor that the workers hold."""
    import ray
    from ray.data import ActorPoolStrategy

    _say_nothing()
    try:
        # A block for each piece: a block is what Ray does again, and what comes back at once.
        names = ray.data.from_items([{PIECE: piece} for piece in pieces], override_num_blocks=len(pieces))
        data = names.map_batches(
            Worker,
            batch_size=None,
            batch_format="numpy",
            compute=ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
            fn_constructor_args=(work, AttemptsElsewhere(ray.remote(num_cpus=0)(Attempts).remote())),
            num_cpus=1,  # by which Ray sets OMP_NUM_THREADS
            num_gpus=int(_needs_card(work)),
        )
        yield from data.iter_batches(batch_size=None, batch_format="numpy")
    except ray.exceptions.RayActorError as error:  # not at a piece: those are done again
        raise ClusterUnreachable(DYING) from error
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise ClusterUnreachable(ENDED) from error


def _say_nothing() -> None:
    """Ray Data's lines are for programmers, and what could not be done is told by rows; and it goes on without them."""
    from ray.data import DataContext

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1
    logging.getLogger("ray.data").setLevel(logging.CRITICAL + 1)


def _needs_card(work: Work) -> bool:
    return getattr(work.asked, "device", "") == "cuda"


def _workers(asked: int | None, things: int, on_cards: bool = False) -> int:
    """How many processes work, at least 1: each takes a processor, and with `on_cards` a graphics card as well.

    Raises ClusterUnreachable where the cluster has none free: Ray would wait for them for ever, without a word.
    """
    wanted = 1 if asked is None else asked
    until = time.monotonic() + PATIENCE_SECONDS
    while (free := _free(on_cards)) < wanted and time.monotonic() < until:
        time.sleep(0.5)
    if free < wanted:
        raise ClusterUnreachable(_too_few(on_cards, wanted))
    return min(free if asked is None else asked, things)


def _free(on_cards: bool) -> int:
    """For how many workers there is room now."""
    import ray

    free = ray.available_resources()
    return min(int(free.get(name, 0)) for name in _needed(on_cards))


def _too_few(on_cards: bool, wanted: int) -> str:
    """The sentence about what there is least of."""
    import ray

    free, every = ray.available_resources(), ray.cluster_resources()
    least = min(_needed(on_cards), key=lambda name: free.get(name, 0))
    return (
        f"Of the cluster's {every.get(least, 0):.0f} {WORDS[least]} {int(free.get(least, 0))} are free, and {wanted} "
        "would be needed. Wait until other work has ended, ask for less with --workers, or add a machine."
    )


def _needed(on_cards: bool) -> list[str]:
    return [PROCESSOR, CARD] if on_cards else [PROCESSOR]

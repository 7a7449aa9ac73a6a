"""--cluster: a command's own work on very many pictures or texts, by Ray. One place for all commands that have it.

A command gets the options by `@on_cluster(…)`. Its other options are those of the request to the API, and those that
are not cannot be used with --cluster.
"""

import functools
import inspect
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.output import ProgressLine, note, result, result_json
from apps.terminal.work import UntilStopped, end, interrupt_kept, silence_libraries, stoppable
from apps.words.amounts import count_text, seconds_text
from models.errors import InvalidInput

if TYPE_CHECKING:
    from serving.cluster.jobs import Begun, Done

Command = Callable[..., None]
MOST_NAMED = 10  # errors that are told; the results hold all

Cluster = Annotated[
    str | None,
    typer.Option(
        help="Work through very many at once, by Ray: “local” on this machine, “auto” on the cluster that it belongs "
        "to, or HOST:6379. docs/cluster.md tells more.",
        metavar="ADDRESS",
    ),
]
Results = Annotated[
    str | None,
    typer.Option(
        help="With --cluster: the folder of the results, also as s3:// or gs://. A second start does what is missing.",
        metavar="FOLDER",
    ),
]
Form = Annotated[str, typer.Option("--format", help="With --cluster: of the results, parquet or csv.", metavar="NAME")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, help="With --cluster: processes. Left out: as many as it has free processors.", metavar="N"),
]
From = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        help="With --cluster: where the texts are; repeat it. Files (.txt, .jsonl, .parquet), folders of them, "
        "patterns (“texts/**/*.jsonl”), also as s3:// or gs://.",
        metavar="PATH",
    ),
]
Column = Annotated[
    str, typer.Option(help="With --cluster: the field of JSON Lines or Parquet that holds the text.", metavar="NAME")
]


@dataclass(frozen=True)
class OnCluster:
    """What the options of --cluster say."""

    cluster: str | None
    results: str | None
    form: str
    workers: int | None
    sources: list[str] | None = None
    column: str = "text"


_EVERYWHERE = {"cluster": (Cluster, None), "results": (Results, None), "form": (Form, "parquet")}
_EVERYWHERE |= {"workers": (Workers, None)}
_OF_TEXTS = {"sources": (From, None), "column": (Column, "text")}


def on_cluster(route: str, named: str | None = None) -> Callable[[Command], Command]:
    """Give a command the options of --cluster. `route` is its task in the API.

    `named` is its parameter that holds the paths of pictures; a command for texts has none and gets --from.
    """

    def with_options(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)
        added = _EVERYWHERE if named else _EVERYWHERE | _OF_TEXTS

        @functools.wraps(command)
        def run(**given: Any) -> None:
            asked = OnCluster(**{name: given.pop(name) for name in added})
            if asked.cluster is not None:
                paths = given.pop(named) if named else asked.sources
                _work(route, own, given, paths, asked)
                return
            without = [_option(name, kind) for name, (kind, usual) in added.items() if getattr(asked, name) != usual]
            if without:
                raise InvalidInput(f"{' and '.join(without)} need --cluster. Add it, or leave them out.")
            command(**given)

        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=usual, annotation=kind)
            for name, (kind, usual) in added.items()
        ]
        signature = own.replace(parameters=[*own.parameters.values(), *options])
        run.__signature__ = signature  # type: ignore[attr-defined]  # what Typer reads
        run.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
        return run

    return with_options


def _option(name: str, annotation: Any) -> str:
    """How somebody writes an option or argument."""
    [about] = annotation.__metadata__
    if isinstance(about, typer.models.ArgumentInfo):
        return str(about.metavar or name.upper())
    long = [each for each in about.param_decls or () if each.startswith("--")]
    return str(long[-1] if long else f"--{name.replace('_', '-')}").split("/")[0]


def _work(route: str, own: inspect.Signature, given: dict[str, Any], paths: list[str] | None, asked: OnCluster) -> None:
    from serving.cluster.engine import require_ray

    require_ray()
    settings = _settings(route, own, given)
    if asked.results is None:
        raise InvalidInput("With --cluster, say with --results in which folder the results are to be kept.")
    if not paths:
        raise InvalidInput("With --cluster, say with --from where the texts are: files, folders or patterns.")
    silence_libraries()

    from serving.cluster.jobs import Job, begin

    begun = begin(Job(route, settings, paths, asked.results, asked.form, asked.column, asked.workers))
    _do(begun, str(asked.cluster), bool(given["as_json"]))


def _settings(route: str, own: inspect.Signature, given: dict[str, Any]) -> dict[str, Any]:
    """What the request is to say. Raises InvalidInput for options that mean nothing to it."""
    from serving.api.tasks import ROUTES
    from serving.cluster.kinds import KINDS

    meant = ROUTES[route].asked.model_fields.keys() - {KINDS[route].given}
    others = [name for name in given if name not in meant | {"as_json"}]
    used = [_option(name, own.parameters[name].annotation) for name in others if given[name] != _usual(own, name)]
    if used:
        texts = "" if KINDS[route].of_pictures else " Name the files that hold the texts with --from."
        raise InvalidInput(f"Together with --cluster there is no {' or '.join(used)}.{texts}")
    return {name: given[name] for name in meant & given.keys() if given[name] is not None}


def _usual(own: inspect.Signature, name: str) -> Any:
    return own.parameters[name].default


@dataclass
class _Tally:
    """What came of a job so far."""

    done: int = 0
    failed: int = 0
    errors: list[dict[str, str]] = field(default_factory=list)

    def add(self, each: "Done") -> None:
        if each.error is None:
            self.done += 1
            return
        self.failed += 1
        if len(self.errors) < MOST_NAMED:
            self.errors.append({"key": each.key, "error": each.error})


def _do(begun: "Begun", address: str, as_json: bool) -> None:
    for sentence in begun.things.problems:
        note(sentence)
    tally, began = _Tally(), time.monotonic()
    stopped = _go_through(begun, address, tally) if begun.missing else False
    facts = _summary(begun, tally, not stopped, time.monotonic() - began)
    for each in tally.errors:
        note(f"{each['key']}: {each['error']}")
    if tally.failed > len(tally.errors):
        note(f"{tally.failed - len(tally.errors)} more failed; the column “error” of the results says why.")
    if stopped:
        note("Stopped. What is done is kept; the same command goes on with what is missing.")
    if as_json:
        result_json(facts)
    else:
        _show(facts, begun)
    end(stopped, failed=bool(tally.failed or begun.things.problems))


def _go_through(begun: "Begun", address: str, tally: _Tally) -> bool:
    """Do what is missing; whether Ctrl-C ended it."""
    from serving.cluster import engine

    note("Starting Ray on this machine" if address == engine.LOCAL else f"Joining the cluster {address}")
    with interrupt_kept():
        engine.connect(address)
    thing, many = begun.thing, len(begun.missing)
    progress = ProgressLine(lambda speed: f"{speed * many:.1f} {thing}s/s")
    try:
        with stoppable() as cancelled:
            work = UntilStopped(_until(begun, cancelled))
            note(f"Loading {begun.settings['model']} in each worker")
            for number, each in enumerate(work, start=1):
                tally.add(each)
                progress.update(f"{number} of {count_text(many, thing)}", number / many)
            return work.stopped or cancelled.is_set()
    finally:
        progress.close()
        engine.disconnect()


def _until(begun: "Begun", cancelled: threading.Event) -> "Iterator[Done]":
    with closing(begun.missing_done()) as work:
        for each in work:
            yield each
            if cancelled.is_set():
                return


def _summary(begun: "Begun", tally: _Tally, finished: bool, seconds: float) -> dict[str, Any]:
    settings = begun.settings
    return {
        "model": settings["model"],
        "precision": settings["precision"],
        "total": begun.total,
        "skipped": begun.skipped,
        "done": tally.done,
        "failed": tally.failed,
        "finished": finished,
        "errors": tally.errors,
        "not_found": begun.things.problems,
        "seconds": round(seconds, 2),
        "results": begun.results.name,
        "format": begun.job.form,
    }


def _show(facts: dict[str, Any], begun: "Begun") -> None:
    before = f", {facts['skipped']} were done before" if facts["skipped"] else ""
    failed = f", {facts['failed']} failed" if facts["failed"] else ""
    what = count_text(facts["total"], begun.thing)
    result(f"{what}: {facts['done']} done in {seconds_text(facts['seconds'])}{before}{failed}")
    result(f"Kept in {facts['results']}")

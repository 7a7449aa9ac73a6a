"""Models in a cluster of machines, by Ray: serve, status, stop."""

import signal
import threading
from typing import Annotated, Any

import typer

from apps.terminal import suite
from apps.terminal.options import AsJson
from apps.terminal.output import note, result, result_json, result_table
from apps.terminal.suite import Host
from apps.terminal.work import silence_libraries
from apps.words.amounts import count_text
from models.wording import size_text
from serving.addresses import is_loopback
from serving.api import PLACE
from serving.cluster.engine import LOCAL, VARIABLE, connect, gcs_address

app = typer.Typer(
    name="cluster",
    help="Models in a cluster of machines, by Ray (pip install -r requirements-cluster.txt).",
    rich_markup_mode=None,
)

FIRST_PORT = 8000
JOIN = "auto: the one that runs on this machine; or its host:6379."
Address = Annotated[
    str, typer.Option(help=f"The cluster. {JOIN} Left out: one of this machine alone is started.", metavar="ADDRESS")
]
Running = Annotated[str, typer.Option("--address", help=f"The cluster. {JOIN}", metavar="ADDRESS")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="Of the API over HTTP.")]
Processes = Annotated[
    int, typer.Option(min=1, max=1_000, help="The most processes for one task; they begin when there is much to do.")
]
Cpus = Annotated[float, typer.Option(min=0, max=1_000, help="CPUs that Ray reckons for a process.")]
Gpus = Annotated[float, typer.Option(min=0, max=16, help="GPUs that a process needs; 0.5 lets two share one.")]


def serve(
    address: Address = LOCAL,
    host: Host = "127.0.0.1",
    port: Port = FIRST_PORT,
    processes: Processes = 2,
    cpus: Cpus = 0.25,
    gpus: Gpus = 0.0,
    as_json: AsJson = False,
) -> None:
    """Serve Aula's models from a cluster, to pages and commands with AULA_CLUSTER and to programs over HTTP.

    A cluster that this starts ends with Ctrl-C. One that was joined goes on to serve: `cluster stop` ends that.
    \f
    With --json: an object with `cluster`, for AULA_CLUSTER, and the `address` of the API.
    """
    from serving.cluster import service

    silence_libraries()
    suite.choose_port(host, port)
    note("Starting Ray" if address == LOCAL else f"Joining the cluster at {address}")
    service.begin(address, host, port, processes=processes, cpus=cpus, gpus=gpus)
    _announce(host, port, as_json)
    if address == LOCAL:
        _until_interrupted()


def _announce(host: str, port: int, as_json: bool) -> None:
    cluster = gcs_address()
    # On all addresses it is reached by that of the cluster's first machine: there it is, wherever this command runs.
    reached = cluster.rpartition(":")[0].strip("[]") if host in suite.ALL_ADDRESSES else host
    http = f"http://{suite.in_url(reached)}:{port}{PLACE}"
    if not is_loopback(host):
        note(f"Aula listens to the network at {http}.{suite.about_token()}")
    if as_json:
        result_json({"cluster": cluster, "address": http})
    else:
        result(f"The cluster serves Aula. Start pages or commands with {VARIABLE}={cluster}; the API is at {http}.")


def _until_interrupted() -> None:
    from serving.cluster import engine, service

    note("Ctrl-C ends it.")
    # As a service it is ended by another signal, at which Ray would print where it stands and leave its processes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        threading.Event().wait()
    finally:
        service.end()
        engine.disconnect()


def status(address: Running = "auto", as_json: AsJson = False) -> None:
    """The machines of a cluster, and the processes that hold models there.
    \f
    With --json: an object with `machines`, each with `address`, `cpus`, `gpus` and `memory_bytes`, and `deployments`,
    each with `deployment`, `state` and `processes`.
    """
    from serving.cluster import service

    connect(address)
    machines, deployments = service.machines(), service.status()
    if as_json:
        result_json({"machines": machines, "deployments": deployments})
        return
    result_table(
        ("MACHINE", "CPUS", "GPUS", "MEMORY"),
        [(row["address"], f"{row['cpus']:g}", f"{row['gpus']:g}", size_text(row["memory_bytes"])) for row in machines],
        numbers=("CPUS", "GPUS", "MEMORY"),
    )
    result_table(
        ("TASK", "STATE", "PROCESSES"),
        [(row["deployment"], row["state"], str(row["processes"])) for row in deployments],
        numbers=("PROCESSES",),
    )
    if not deployments:
        note("It serves no models of Aula. `python aula.py cluster serve --address ADDRESS` starts that.")


def stop(address: Running = "auto", as_json: AsJson = False) -> None:
    """Serve no models any more. The cluster itself goes on: `ray stop` ends it.
    \f
    With --json: an object with `processes`, how many have ended.
    """
    from serving.cluster import service

    connect(address)
    ended = sum(row["processes"] for row in service.status())
    service.end()
    facts: dict[str, Any] = {"processes": ended}
    result_json(facts) if as_json else result(f"{count_text(ended, 'process')} ended.")

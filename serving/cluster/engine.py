"""Ray as Aula starts and joins it: it tells nobody, asks for a token, says nothing of its own, and finds the suite."""

import importlib.util
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from models.errors import ClusterUnreachable, InvalidInput

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "AULA_CLUSTER"
LOCAL = "local"
REQUIREMENTS = "requirements-cluster.txt"
# What travels between processes are texts, boxes and pictures on their way: far less than Ray would take, 30 % of the
# memory. Where /dev/shm has no room for it (64 MB in a container), Ray writes it to the disk.
OBJECT_STORE_BYTES = 200_000_000
GCS_PORT = 6379  # where Ray's head listens unless told otherwise
PATIENCE_SECONDS = 5.0
OTHER_VERSION = "Version mismatch: "  # how Ray begins to say so
# Ray reads these while it is imported or starts its processes, which inherit them.
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",  # it listens on every address of the machine, whatever it is told
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    # A laptop that does something else meanwhile needs longer than the five seconds that Ray gives.
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "60",
    "RAY_BACKEND_LOG_LEVEL": "fatal",  # its core would print into the terminal what programmers may want to know
}


def address_in_environment() -> str | None:
    """The cluster that AULA_CLUSTER names, None where it names none."""
    return os.environ.get(VARIABLE, "").strip() or None


def require_ray() -> None:
    """Raise InvalidInput with the next step where Ray is not installed."""
    if importlib.util.find_spec("ray") is None:
        raise InvalidInput(f"This needs Ray, which is not installed. Get it by `pip install -r {REQUIREMENTS}`.")


def connect(address: str, **more: Any) -> None:
    """Join the cluster at `address` (“auto”: the one on this machine), or start one of this machine alone for “local”.

    Done once in a process; where it is joined already, nothing happens. `more` goes to `ray.init`.

    Raises:
        InvalidInput: Ray is not installed.
        ClusterUnreachable: there is no cluster at this address, or none could be started.
    """
    require_ray()
    prepare_environment()
    import ray

    if ray.is_initialized():
        return
    _hush()
    try:
        options = own_cluster() if address == LOCAL else {"address": _answering(address)}
        options |= {"namespace": "aula", "log_to_driver": False, "logging_level": logging.ERROR}
        with _core_unheard():
            ray.init(**options, runtime_env=workers(), **more)
    except Exception as error:  # whatever Ray trips over, its own words are for programmers
        raise ClusterUnreachable(_why(address, error)) from error


def _answering(address: str) -> str:
    """The same cluster as host:port, somebody listening there. Ray itself would try for minutes, without a word.

    Raises OSError where nobody does.
    """
    from ray._private.services import get_ray_address_from_environment

    found = get_ray_address_from_environment(address, None)  # ConnectionError where “auto” finds none
    parts = urlsplit(found if "://" in found else f"//{found}")
    with socket.create_connection((parts.hostname or "", parts.port or GCS_PORT), PATIENCE_SECONDS):
        return found


def _hush() -> None:
    """Ray tells of each process that ends, in words for programmers, on standard output, and has no switch for it.

    What matters of that is an error where somebody waits, and is told in words of ours.
    """
    from ray._private import worker

    worker.print_to_stdstream = lambda data, ignore_prefix: None
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def _core_unheard() -> Iterator[None]:
    """Ray's core, which is not Python, tells the terminal in a line that it was told to be silent."""
    before = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)


def prepare_environment() -> None:
    """What Ray and its processes read from the environment; what the user has set stays."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def own_cluster() -> dict[str, Any]:
    """How `ray.init` starts a cluster of this machine: without a dashboard, with a small object store."""
    return {"include_dashboard": False, "object_store_memory": OBJECT_STORE_BYTES}


def workers(*handed_on: str) -> dict[str, Any]:
    """What Ray's processes need of the suite: where it is, and that the libraries say nothing to programmers.

    Variables named in `handed_on` are as they are here, where they are set.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    kept = {name: os.environ[name] for name in handed_on if name in os.environ}
    return {"env_vars": {"PYTHONPATH": path, "TRANSFORMERS_VERBOSITY": "error", **kept}}


def _why(address: str, error: Exception) -> str:
    if address == LOCAL:
        first = str(error).strip().split("\n")[0]
        return f"Ray could not start on this machine: {first} Close what takes memory, or work without --cluster."
    if str(error).startswith(OTHER_VERSION):
        versions = " ".join(str(error).removeprefix(OTHER_VERSION).split())
        return f"The cluster at “{address}” is of other versions. {versions}. Install the same on all of its machines."
    return (
        f"There is no cluster at “{address}”, or it does not take this machine's token. Start one by "
        "`python aula.py cluster serve`, or copy ~/.ray/auth_token from the machine that it runs on."
    )


def gcs_address() -> str:
    """Where others join the cluster that has been joined here, as host:port."""
    import ray

    return ray.get_runtime_context().gcs_address


def ray_serve() -> Any:
    """The module of Ray Serve, silent: while it is imported, it gives its log a level of its own."""
    from ray import serve

    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    return serve


def disconnect() -> None:
    """Leave the cluster; one that `connect` started ends. Nothing happens where none is joined."""
    import ray

    if ray.is_initialized():
        ray.shutdown()

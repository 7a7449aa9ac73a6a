"""A process between Aula and a cluster, because Ray ends every program that has joined a cluster when that ends.

The pages of a school must not go with it. Where the process dies, whoever used it is told `Lost`, and the next one who
asks starts another. It is started as `python -m serving.cluster.bridge ADDRESS`; on its standard input it gets a
secret, and ends when that is closed; on its standard output it says, as one line of JSON, where it listens.
"""

import json
import os
import pickle
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener

from models.cancellation import stop_if
from models.errors import AulaError, Cancelled, ClusterUnreachable
from serving.api.running import END, Event
from serving.cluster.calls import Call
from serving.cluster.direct import LOOK_AGAIN_SECONDS, Direct
from serving.cluster.engine import ROOT, gcs_address, require_ray
from serving.cluster.remote import Lost

LOST = "lost"  # an event: the process that did the work has died
ENDING_SECONDS = 2.0
LOOK_SECONDS, MOST_MISSED = 2.0, 3  # of looking whether the cluster is still there


class Bridge:
    """The road to the cluster at `address` by way of a process; `lanes` as `Direct` says.

    Raises:
        InvalidInput: Ray is not installed.
        ClusterUnreachable: there is no such cluster.
    """

    def __init__(self, address: str) -> None:
        require_ray()
        self._key = secrets.token_hex(16)
        quiet = None if os.environ.get("AULA_DEBUG") else subprocess.DEVNULL
        self._process = subprocess.Popen(
            [sys.executable, "-m", "serving.cluster.bridge", address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=quiet, text=True, cwd=ROOT,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{self._key}\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline() or "{}")
        if "listens" not in said:
            self.end()
            raise ClusterUnreachable(said.get("error") or f"The cluster at “{address}” ended while it was joined.")
        self._listens, self.lanes = said["listens"], int(said["lanes"])

    @property
    def stands(self) -> bool:
        """Whether its process lives."""
        return self._process.poll() is None

    def end(self) -> None:
        """End its process, and with it whatever is asked by way of it."""
        with self._process:  # closes what leads there, and waits
            self._process.kill()

    def __call__(self, call: Call, cancelled: threading.Event | None) -> Generator[Event, None, None]:
        """What the call leads to. Raises Cancelled, and Lost where the process that worked on it has died."""
        try:
            with Client(self._listens, authkey=self._key.encode()) as connection:
                connection.send(call)
                yield from _received(connection, cancelled)
        except (EOFError, OSError) as error:
            with suppress(subprocess.TimeoutExpired):  # where it is ending: nobody must be led over it again
                self._process.wait(ENDING_SECONDS)
            raise Lost from error


def _received(connection: Connection, cancelled: threading.Event | None) -> Generator[Event, None, None]:
    while True:
        stop_if(cancelled)
        if connection.poll(LOOK_AGAIN_SECONDS):
            event: Event = pickle.loads(connection.recv_bytes())
            if event.kind == LOST:
                raise Lost
            yield event
            if event.kind in END:
                return


class Bridges:
    """One bridge to each cluster, for everybody in this process; a new one where the last has died."""

    def __init__(self) -> None:
        self._bridges: dict[str, Bridge] = {}
        self._building = threading.Lock()

    def to(self, address: str) -> Bridge:
        """The bridge to the cluster at `address`. Raises what `Bridge` raises."""
        with self._building:
            bridge = self._bridges.get(address)
            if bridge is not None and not bridge.stands:
                self._bridges.pop(address).end()
                bridge = None
            if bridge is None:
                bridge = self._bridges[address] = Bridge(address)
            return bridge

    def end(self) -> None:
        """End all of them."""
        with self._building:
            while self._bridges:
                self._bridges.popitem()[1].end()


SHARED = Bridges()


# The process


def main(address: str) -> int:
    """Join the cluster and pass calls on until the one who started this has gone, or the cluster has."""
    said, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is not for whoever started this
    key = sys.stdin.readline().strip().encode()
    try:
        road = Direct(address)
    except AulaError as error:
        print(json.dumps({"error": str(error)}), file=said, flush=True)
        return 1
    with Listener(authkey=key) as listener:
        print(json.dumps({"listens": listener.address, "lanes": road.lanes}), file=said, flush=True)
        for watch in (_until_nobody_is_there, _until_the_cluster_ends):
            threading.Thread(target=watch, daemon=True).start()
        while True:
            if (connection := _next_of(listener)) is not None:
                threading.Thread(target=_serve, args=(connection, road), daemon=True).start()


def _next_of(listener: Listener) -> Connection | None:
    """The next one who comes; None for somebody who has not the secret, or who left at once."""
    try:
        return listener.accept()
    except (OSError, EOFError, AuthenticationError):
        return None


def _until_nobody_is_there() -> None:
    sys.stdin.read()
    os._exit(0)


def _until_the_cluster_ends() -> None:
    """Ray would go on trying for a minute, in which nobody gets a word."""
    missed = 0
    while missed < MOST_MISSED:
        time.sleep(LOOK_SECONDS)
        missed = 0 if _cluster_is_there() else missed + 1
    os._exit(1)


def _cluster_is_there() -> bool:
    host, _, port = gcs_address().rpartition(":")
    try:
        socket.create_connection((host, int(port)), LOOK_SECONDS).close()
    except OSError:
        return False
    return True


def _serve(connection: Connection, road: Direct) -> None:
    """One call. Whoever closes the connection stops it."""
    gone = threading.Event()
    with connection, suppress(OSError, EOFError, Cancelled):
        call: Call = connection.recv()
        threading.Thread(target=_until_closed, args=(connection, gone), daemon=True).start()
        for event in _told(call, road, gone):
            connection.send_bytes(event)


def _until_closed(connection: Connection, gone: threading.Event) -> None:
    with suppress(OSError, EOFError):
        connection.recv()  # nothing more is sent: this ends when the connection does
    gone.set()


def _told(call: Call, road: Direct, gone: threading.Event) -> Iterator[bytes]:
    """Events as they come: to look into them would need the libraries that they speak of."""
    from ray.exceptions import RayTaskError

    try:
        with closing(road.pickled(call, gone)) as events:
            yield from events
    except Lost:
        if not _cluster_is_there():  # then there is nothing to begin anew in, and whoever asks is told that
            os._exit(1)
        yield pickle.dumps(Event(LOST, None))
    except AulaError as error:
        yield pickle.dumps(Event("error", error))
    except RayTaskError as error:  # a defect in what ran there; whoever asks would take this process for dead
        yield pickle.dumps(Event("error", RuntimeError(str(error))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

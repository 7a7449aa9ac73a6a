"""The road from a process that has joined the cluster to the models there: Ray Serve's handles."""

import pickle
import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from typing import Any

from models.cancellation import stop_if
from models.errors import ClusterUnreachable
from serving.api.running import Event
from serving.cluster.calls import Call
from serving.cluster.engine import connect, ray_serve
from serving.cluster.remote import Lost
from serving.loading import ModelKey

APPLICATION = "aula"
LOOK_AGAIN_SECONDS = 0.2
NOT_SERVED = "The cluster serves no models of Aula. Start them by `python aula.py cluster serve --address {}`."
UNAVAILABLE = (
    "The cluster has ended, or cannot start a process for this task; `python aula.py cluster status` shows which. "
    "`python aula.py cluster serve` starts it again."
)
_END = object()


def deployment_name(key: ModelKey) -> str:
    """Which deployment holds a model: there is one a wrapper."""
    return key.task.value


class Direct:
    """Joins the cluster at `address`; calling it asks a model there, and gives what happens.

    `lanes` is how many requests of one person are worked on at the same time.

    Raises:
        InvalidInput: Ray is not installed.
        ClusterUnreachable: there is no such cluster, or it serves no models.
    """

    def __init__(self, address: str) -> None:
        connect(address)
        import ray

        self.address = address
        self.lanes = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def __call__(self, call: Call, cancelled: threading.Event | None) -> Generator[Event, None, None]:
        """What the call leads to. Raises Cancelled, and Lost where the process that worked on it has died."""
        with closing(self.pickled(call, cancelled)) as told:
            yield from map(pickle.loads, told)

    def pickled(self, call: Call, cancelled: threading.Event | None) -> Generator[bytes, None, None]:
        """The same events as they come. Raises the same."""
        answers = self._handle(call.key).ask.remote(call)
        told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        # Ray's iterator cannot be asked “anything new?”, and whoever presses Stop does not wait for the next answer.
        threading.Thread(target=_pass_on, args=(answers, told), daemon=True, name="aula-cluster").start()
        try:
            while True:
                stop_if(cancelled)
                with suppress(queue.Empty):
                    event = told.get(timeout=LOOK_AGAIN_SECONDS)
                    if event is _END:
                        return
                    yield _or_lost(event)
        finally:
            answers.cancel()  # nothing, where it has ended

    def _handle(self, key: ModelKey) -> Any:
        from ray.serve.exceptions import RayServeException

        try:
            handle: Any = ray_serve().get_deployment_handle(deployment_name(key), APPLICATION)
        except RayServeException as error:
            raise ClusterUnreachable(NOT_SERVED.format(self.address)) from error
        # Where the model is in memory already, it is asked first.
        return handle.options(stream=True, multiplexed_model_id=f"{key.model_id} {key.precision}")


def _pass_on(answers: Iterator[bytes], told: "queue.SimpleQueue[Any]") -> None:
    try:
        for event in answers:
            told.put(event)
        told.put(_END)
    except Exception as error:
        told.put(error)


def _or_lost(event: Any) -> bytes:
    """The event. Raises what came in its place."""
    if isinstance(event, bytes):
        return event
    from ray import exceptions
    from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

    # Ray's own errors, of processes and machines; what a wrapper raises comes as an event.
    died = (
        exceptions.RayActorError, exceptions.WorkerCrashedError, exceptions.NodeDiedError, exceptions.ObjectLostError,
        exceptions.OutOfMemoryError, exceptions.RpcError, ReplicaUnavailableError,
    )  # fmt: skip
    if isinstance(event, died):
        raise Lost from event
    if isinstance(event, DeploymentUnavailableError | exceptions.LocalRayletDiedError):
        raise ClusterUnreachable(UNAVAILABLE) from event
    raise event

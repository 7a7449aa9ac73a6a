"""What Ray Serve runs (Moritz et al. 2018): for each wrapper as many processes as are asked for, and a door for HTTP.

Nothing is batched here: what several people ask of one process at the same time is put together by the wrappers
themselves (`models.together`), which know what may share a run. A batch in front of them would only make them wait.
"""

import asyncio
import math
import pickle
from collections.abc import AsyncGenerator
from functools import partial
from typing import Any

from ray import serve

from models.tasks import ROWS, Task
from models.together import PEOPLE
from serving.api.running import events
from serving.cluster.calls import Call, do
from serving.cluster.engine import workers
from serving.model_store import ModelStore, capacity_from_environment

DOOR = "door"
HERE = "auto"  # for a process of the cluster, which has joined it already
MODELS_IN_A_PROCESS = 4  # that the others are told of, so that who asks for one comes where it is
IDLE_SECONDS = 300  # until a process that nobody asks ends; its models would be loaded anew
BUSY = 4.0  # requests at a time in one process, on the average, from which on there is a second one


class Models:
    """A process with a store of its own: models of one wrapper, loaded when they are first asked for."""

    def __init__(self, share: float = 1.0) -> None:
        """`share` is how much of the memory that this machine keeps for models is this process's."""
        self.store = ModelStore(int(capacity_from_environment() * share))

    async def ask(self, call: Call) -> AsyncGenerator[bytes, None]:
        """The events that a call leads to, pickled. Whoever closes it, or leaves, stops the work."""
        await self.told_where(serve.get_multiplexed_model_id())
        async for event in events(partial(self._begin, call), _nobody_has_left, math.inf):
            yield pickle.dumps(event)  # whoever only passes it on needs none of the libraries that it speaks of

    def _begin(self, call: Call, cancelled: Any, tell: Any) -> None:
        do(call, self.store, cancelled, tell)

    @serve.multiplexed(max_num_models_per_replica=MODELS_IN_A_PROCESS)
    async def told_where(self, model_id: str) -> str:
        """Lets Serve know that this process holds a model. How long it does, the store decides, by bytes."""
        return model_id


async def _nobody_has_left() -> bool:
    await asyncio.sleep(0)
    return False


def application(options: dict[str, Any]) -> serve.Application:
    """Aula for `serve run` and `serve deploy`: the API of `aula.py serve` in front of a deployment a wrapper.

    `options`: `processes`, the most of one wrapper (2); `cpus` and `gpus` that Ray reckons for each (0.25, 0).
    """
    most = int(options.get("processes", 2))
    resources = {"num_cpus": float(options.get("cpus", 0.25)), "num_gpus": float(options.get("gpus", 0))}
    return door().bind(*(_models(task, most, resources) for task in ROWS))


def _models(task: Task, most: int, resources: dict[str, float]) -> serve.Application:
    deployment: Any = serve.deployment(
        Models,
        name=task.value,
        # Beyond these it is waited for in the process, by the store's own queue, which says how many are ahead.
        max_ongoing_requests=4 * PEOPLE,
        autoscaling_config={
            "min_replicas": 0, "initial_replicas": 0, "max_replicas": most, "target_ongoing_requests": BUSY,
            "upscale_delay_s": 3.0, "downscale_delay_s": IDLE_SECONDS,
        },
        ray_actor_options=resources | {"runtime_env": workers()},
    )  # fmt: skip
    return deployment.bind(1 / (2 * most))


def door() -> Any:
    """The API, in a process of its own. It knows the models by their deployments' names, as pages and terminal do."""

    @serve.deployment(
        name=DOOR, max_ongoing_requests=1_000, ray_actor_options={"num_cpus": 0, "runtime_env": workers()}
    )
    @serve.ingress(_api)
    class Door:
        def __init__(self, *models: Any) -> None:
            """The deployments are those of this application because they are given here."""

    return Door


def _api() -> Any:
    """Made where it runs: an application of FastAPI does not travel."""
    from serving.api.application import create
    from serving.cluster.direct import Direct
    from serving.cluster.store import ClusterStore

    store = ClusterStore(HERE, Direct)  # a process of the cluster ends with it anyhow
    return create(lambda: store)

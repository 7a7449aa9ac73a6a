"""The models that a cluster holds, for pages, terminal and API: the same store to them as that of this machine."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from models.wrapper import OnStep, silent
from serving.cluster.engine import address_in_environment
from serving.fair_queue import OnWait, unseen
from serving.loading import ModelKey
from serving.model_store import ModelStore

Lead = Callable[[str], Any]  # from an address to a road, as `serving.cluster.remote` means it


class ClusterStore(ModelStore):
    """Lends models of the cluster at `address`. What loads a model of its own, an experiment, is still done here.

    `lead` gives the road there. Left out: by way of a process, which outlives the end of the cluster.
    """

    def __init__(self, address: str, lead: Lead | None = None) -> None:
        super().__init__()
        self.address, self._lead = address, lead

    @contextmanager
    def use(
        self,
        key: ModelKey,
        cancelled: threading.Event | None = None,
        on_wait: OnWait = unseen,
        on_step: OnStep = silent,
    ) -> Iterator[Any]:
        """The model of `key`, wherever the cluster holds it. Raises what `in_cluster` raises, and each use of it."""
        with self._visit():
            yield in_cluster(self.address, key, on_wait, on_step, self._lead)


def in_cluster(
    address: str, key: ModelKey, on_wait: OnWait = unseen, on_step: OnStep = silent, lead: Lead | None = None
) -> Any:
    """The model of `key` in the cluster at `address`. It is loaded there once something is asked of it.

    “auto” is decided here, where somebody is told what it took and why.

    Raises:
        InvalidInput: Ray is not installed.
        ClusterUnreachable: there is no such cluster.
    """
    on_step("Joining the cluster")
    from serving.cluster.bridge import SHARED
    from serving.cluster.remote import RemoteModel

    lead = partial(lead or SHARED.to, address)
    lead()
    if key.choice is not None:
        key = replace(key, precision=key.choice.precision.name)
    return RemoteModel(key, lead, on_wait, on_step)


def model_store() -> ModelStore:
    """The store of this process: the cluster's where AULA_CLUSTER names one, else this machine's."""
    address = address_in_environment()
    return ModelStore() if address is None else ClusterStore(address)

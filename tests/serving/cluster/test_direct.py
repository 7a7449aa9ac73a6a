"""What Ray's own errors mean to whoever waits for a model."""

import pytest

from models.errors import ClusterUnreachable
from serving.cluster.direct import _or_lost
from serving.cluster.remote import Lost


@pytest.mark.usefixtures("ray_here")
def test_a_process_that_died_is_told_from_one_that_cannot_start() -> None:
    from ray.exceptions import WorkerCrashedError
    from ray.serve.exceptions import DeploymentUnavailableError

    with pytest.raises(Lost):
        _or_lost(WorkerCrashedError())
    # It is raised as well where a process ends while it begins, for instance on a machine that lacks the suite.
    with pytest.raises(ClusterUnreachable, match=r"cannot start a process for this task.*cluster status"):
        _or_lost(DeploymentUnavailableError(None))  # type: ignore[arg-type]
    assert _or_lost(b"an event") == b"an event"

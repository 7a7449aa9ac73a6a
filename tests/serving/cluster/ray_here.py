"""Ray for tests: started once, small, and as if /dev/shm were as small as in a container."""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from serving.cluster import engine

INSTALL = f"pip install -r {engine.REQUIREMENTS}"
SMALL_SHM = 64_000_000  # bytes: what Docker gives a container
STORE = 80_000_000  # the least that Ray takes


@contextmanager
def started() -> Iterator[Path]:
    """Ray with two processors. Without it the tests are reported as not run, and in CI that is a failure."""
    if importlib.util.find_spec("ray") is None:
        if os.environ.get("CI"):
            pytest.fail(f"The tests of the cluster need Ray: {INSTALL}", pytrace=False)
        pytest.skip(f"CLUSTER NOT TESTED: Ray is not installed. To run it: {INSTALL}")
    engine.prepare_environment()
    from ray._private import utils

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_worker_niceness", "0")  # else the tests beside these leave the workers nothing
        patch.setattr(utils, "get_shared_memory_bytes", lambda: SMALL_SHM)
        patch.setattr(engine, "OBJECT_STORE_BYTES", STORE)
        engine.connect(engine.LOCAL, num_cpus=2)
    from ray._private import worker

    try:
        yield Path(worker._global_node.get_session_dir_path())
    finally:
        engine.disconnect()

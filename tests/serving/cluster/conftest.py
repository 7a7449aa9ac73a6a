"""Ray for the tests that need it: an extra, which the whole run has."""

import importlib.util
import os

import pytest

INSTALL = "pip install -r requirements-cluster.txt"


@pytest.fixture(scope="session")
def ray_is_here() -> None:
    """Without Ray the tests are reported as not run, and in CI that is a failure."""
    if importlib.util.find_spec("ray") is not None:
        return
    if os.environ.get("CI"):
        pytest.fail(f"The tests of the cluster need Ray: {INSTALL}", pytrace=False)
    pytest.skip(f"CLUSTER NOT TESTED: Ray is not installed. To test it: {INSTALL}")

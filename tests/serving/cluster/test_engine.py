"""What is told where Ray cannot be joined or started."""

from serving.cluster.engine import LOCAL, _why

# As check_version_info in ray/_private/utils.py writes it.
VERSIONS = (
    "Version mismatch: The cluster was started with:\n    Ray: 2.60.0\n    Python: 3.12.1\n"
    "This process on node 192.0.2.7 was started with:\n    Ray: 2.60.0\n    Python: 3.11.7\n"
)


def test_other_versions_are_told_from_a_cluster_that_is_not_there() -> None:
    sentence = _why("192.0.2.2:6379", RuntimeError(VERSIONS))
    assert "The cluster was started with: Ray: 2.60.0 Python: 3.12.1 This process" in sentence
    assert sentence.endswith("Python: 3.11.7. Install the same on all of its machines.")
    assert "There is no cluster at “192.0.2.2:6379”" in _why("192.0.2.2:6379", ConnectionRefusedError())
    assert "Ray could not start on this machine: No room." in _why(LOCAL, RuntimeError("No room.\nMore"))

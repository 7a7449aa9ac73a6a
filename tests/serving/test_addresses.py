"""Which addresses are this machine's own."""

import pytest

from serving.addresses import is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_many_names(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    ["192.168.1.20", "10.0.0.5", "::ffff:192.168.1.20", "0.0.0.0", "::", "fe80::1", "8.8.8.8", "nonsense", ""],
)
def test_everybody_else_is_a_stranger(address: str) -> None:
    assert not is_loopback(address)

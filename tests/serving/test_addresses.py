"""Which addresses are this machine's own."""

import pytest

from serving.addresses import is_at_this_machine, is_loopback, joined, of_visitor


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "::ffff:127.0.0.1"])
def test_this_machine_has_many_names(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    ["192.168.1.20", "10.0.0.5", "::ffff:192.168.1.20", "0.0.0.0", "::", "fe80::1", "8.8.8.8", "nonsense", ""],
)
def test_everybody_else_is_a_stranger(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-for", "Forwarded", "X-Real-IP"])
def test_whoever_comes_through_a_proxy_is_not_at_this_machine(name: str) -> None:
    assert is_at_this_machine("127.0.0.1", ["Host", "Accept"])
    assert not is_at_this_machine("127.0.0.1", ["Host", name])
    assert not is_at_this_machine("192.168.1.20", ["Host"])


@pytest.mark.parametrize(("setting", "own"), [("", True), ("0", True), ("1", False)])
def test_a_server_may_be_for_strangers_only(setting: str, own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AULA_STRANGERS", setting)
    assert is_at_this_machine("127.0.0.1", []) == own


@pytest.mark.parametrize(
    ("address", "headers", "visitor"),
    [
        ("127.0.0.1", {}, "127.0.0.1"),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.7"}, "10.0.0.7"),
        ("127.0.0.1", {"x-forwarded-for": "1.2.3.4, 10.0.0.7"}, "10.0.0.7"),
        ("127.0.0.1", {"x-real-ip": "10.0.0.7"}, "10.0.0.7"),
        ("127.0.0.1", {"x-forwarded-for": ""}, "127.0.0.1"),
        ("10.0.0.9", {"x-forwarded-for": "10.0.0.7"}, "10.0.0.9"),  # a proxy elsewhere, or somebody who pretends
    ],
)
def test_a_proxy_on_this_machine_is_believed_about_its_visitor(address, headers, visitor) -> None:
    assert of_visitor(address, headers) == visitor


def test_a_header_that_stands_there_twice_is_one_list() -> None:
    headers = joined([(b"X-Forwarded-For", b"1.2.3.4"), (b"host", b"a"), (b"x-forwarded-for", b"10.0.0.7")])
    assert headers == {"x-forwarded-for": "1.2.3.4, 10.0.0.7", "host": "a"}
    assert of_visitor("127.0.0.1", headers) == "10.0.0.7"  # what the proxy added, not what the visitor sent

"""What `cluster serve` tells, without a cluster: tests/serving/cluster/test_service.py has one."""

import json

import pytest

from apps.terminal import suite
from tests.apps.commands import Aula


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://192.0.2.2:8000/api/v1"),  # no other machine reaches it by what the server was told
        ("127.0.0.1", "http://127.0.0.1:8000/api/v1"),
        ("::1", "http://[::1]:8000/api/v1"),
    ],
)
def test_the_address_of_the_api_is_one_at_which_it_is_reached(
    host: str, address: str, aula: Aula, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "choose_port", lambda host, port: port)
    monkeypatch.setattr("serving.cluster.service.begin", lambda *place, **options: None)
    monkeypatch.setattr("apps.terminal.cluster.gcs_address", lambda: "192.0.2.2:6379")
    ended = aula("cluster", "serve", "--address", "auto", "--host", host, "--json")
    assert json.loads(ended.output) == {"cluster": "192.0.2.2:6379", "address": address}
    assert ("listens to the network at http://192.0.2.2:8000" in ended.errors) == (host == "0.0.0.0")

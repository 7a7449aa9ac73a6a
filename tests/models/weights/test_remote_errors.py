"""Refusals of servers, networks and disks: each has its own error and a next step."""

import errno
import socket

import pytest

from models import errors
from models.catalog import ModelCard, Task
from models.weights import hub, remote_errors
from models.weights.cards import find_card
from tests.loopback_hub import LoopbackHub
from tests.models.weights.served import CARD, DETECTOR, REPOSITORY, ignore


def test_unknown_model_on_the_hub(served: LoopbackHub) -> None:
    with pytest.raises(errors.UnknownModel, match="no model school/nothing"):
        hub.fetch(ModelCard("school/nothing", Task.TEXT_GENERATION, repository="school/nothing"), ignore)


@pytest.mark.parametrize("status", [401, 404])
def test_hidden_and_missing_repositories_are_unknown(served: LoopbackHub, status: int) -> None:
    served.status = status
    with pytest.raises(errors.UnknownModel, match="Check the"):
        hub.fetch(CARD, ignore)


def test_missing_detector(served: LoopbackHub) -> None:
    with pytest.raises(errors.UnknownModel, match="has no file for yolov5nu"):
        hub.fetch(find_card("yolov5nu", Task.OBJECT_DETECTION), ignore)


def test_unknown_revision(served: LoopbackHub) -> None:
    card = ModelCard(CARD.model_id, CARD.task, repository=REPOSITORY, revision="v9")
    with pytest.raises(errors.UnknownModel, match="no revision “v9”"):
        hub.fetch(card, ignore)


def test_gated_repository(served: LoopbackHub) -> None:
    served.gated = True
    with pytest.raises(errors.GatedRepository, match="hf auth login"):
        hub.fetch(CARD, ignore)


def test_server_error(served: LoopbackHub) -> None:
    served.status = 500
    with pytest.raises(errors.FetchFailed, match=r"HTTP 500.*few minutes"):
        hub.fetch(CARD, ignore)


def test_login_page_of_a_network(served: LoopbackHub) -> None:
    served.page = "<html>Please log in</html>"
    with pytest.raises(errors.FetchFailed, match="login page"):
        hub.fetch(CARD, ignore)
    with pytest.raises(errors.DamagedFile, match="Download it again"):
        hub.fetch(DETECTOR, ignore)
    assert hub.list_local() == []


def test_no_route_to_the_hub(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:  # a port that nothing listens on
        listener.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(errors.Offline, match="cannot be reached"):
            hub.fetch(CARD, ignore)


def test_proxy_error_means_offline() -> None:
    import httpx2

    error = remote_errors.explain(httpx2.ProxyError("403 Forbidden"), CARD)
    assert type(error) is errors.Offline
    assert "proxy" in str(error)


def test_disk_that_fills_up_during_the_download() -> None:

    error = remote_errors.explain(OSError(errno.ENOSPC, "No space left on device"), CARD)
    assert type(error) is errors.DiskFull


def test_folder_that_cannot_be_written() -> None:
    error = remote_errors.explain(PermissionError(13, "Permission denied"), CARD)
    assert type(error) is errors.FetchFailed
    assert "Permission denied" in str(error)

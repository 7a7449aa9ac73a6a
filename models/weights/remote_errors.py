"""What the refusals of servers, networks and disks mean to somebody who wants a model."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from models.catalog import ModelCard
from models.errors import (
    AulaError,
    DiskFull,
    FetchFailed,
    GatedRepository,
    HubTimeout,
    Offline,
    UnknownModel,
)
from models.weights import remote, transfer


@contextmanager
def translated(card: ModelCard) -> Iterator[None]:
    """Turn what the libraries and the system raise into errors with a next step."""
    import httpx2

    try:
        yield
    except AulaError:
        raise
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, ImportError) as error:
        raise explain(error, card) from error


def explain(error: Exception, card: ModelCard) -> AulaError:
    """The error of ours that says what `error` means to somebody who wants `card`."""
    import httpx2
    from huggingface_hub import errors as hub

    where = remote.server_name(card)
    if isinstance(error, hub.OfflineModeIsEnabled):
        return Offline(
            "Offline mode is on (HF_HUB_OFFLINE). Unset it to download, or choose a model that is here already."
        )
    if isinstance(error, hub.GatedRepoError):
        return GatedRepository(
            f"The owner of {card.model_id} wants its licence accepted first. Accept it on "
            f"{remote.hub_address()}/{card.repository}, then run `hf auth login` and try again."
        )
    if isinstance(error, hub.RevisionNotFoundError):
        return UnknownModel(f"{card.model_id} has no revision “{card.revision}” on {where}. Use “main”.")
    if isinstance(error, (hub.RepositoryNotFoundError, hub.HFValidationError)):
        return _unknown(card, where)
    if isinstance(error, hub.HfHubHTTPError):
        return _refused(error.response.status_code, card, where)
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)):
        return Offline(
            f"{where} cannot be reached. Check the network connection and the proxy settings, or choose a model that "
            "is on this machine already."
        )
    if isinstance(error, httpx2.TimeoutException):
        return HubTimeout(transfer.silence(where))
    if isinstance(error, httpx2.TransportError):
        return FetchFailed(f"The connection to {where} broke off. Try again; what has arrived so far is kept.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull("The disk is full. Make room, for instance by freeing a model, and try again: it continues.")
    if isinstance(error, OSError):
        return FetchFailed(
            f"The download could not be stored: {error.strerror or error}. Check the folder and its rights."
        )
    # Not the answer of a hub: the login page of a network, or a wrong HF_ENDPOINT.
    return FetchFailed(
        f"{where} did not answer as a model hub does. If this network has a login page, open it in a browser first; "
        "otherwise check the address in HF_ENDPOINT."
    )


def _unknown(card: ModelCard, where: str) -> UnknownModel:
    if card.repository is None:
        return UnknownModel(f"{where} has no file for {card.model_id}. Check the address, or choose another model.")
    # The hub answers the same for a private repository, so as not to tell that it exists.
    return UnknownModel(
        f"There is no model {card.model_id} on {where}, or it is private. Check the name; for a private model run "
        "`hf auth login` first."
    )


def _refused(status: int, card: ModelCard, where: str) -> AulaError:
    if status in (401, 404):
        return _unknown(card, where)
    if status == 403:
        return FetchFailed(f"{where} refuses {card.model_id}. Run `hf auth login` with an account that may read it.")
    return FetchFailed(f"{where} cannot serve {card.model_id} now (HTTP {status}). Try again in a few minutes.")

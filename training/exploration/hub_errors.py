"""What the refusals of the hub and of its library mean to somebody who wants to look at a dataset."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import AulaError, FetchFailed, GatedRepository, InvalidInput, Offline, UnknownModel
from models.weights import remote

OFFLINE = "Offline mode is on (HF_HUB_OFFLINE). Unset it to read from the hub, or explore a file of this machine."


@contextmanager
def translated(dataset_id: str, where: str) -> Iterator[None]:
    """Turn what the libraries raise into errors with a next step."""
    try:
        yield
    except AulaError:
        raise
    except Exception as error:
        raise _explained(error, dataset_id, where) from error


def _explained(error: BaseException, dataset_id: str, where: str) -> AulaError:
    import httpx2
    from datasets.exceptions import DataFilesNotFoundError
    from huggingface_hub import errors as hub

    causes = list(_causes(error))
    if any(isinstance(one, hub.OfflineModeIsEnabled) for one in causes):
        return Offline(OFFLINE)
    if any(isinstance(one, hub.GatedRepoError) for one in causes):
        return GatedRepository(
            f"The owner of {dataset_id} wants its licence accepted first. Accept it on "
            f"{remote.hub_address()}/datasets/{dataset_id}, then run `hf auth login` and try again."
        )
    if any(isinstance(one, hub.RepositoryNotFoundError) for one in causes):
        return UnknownModel(
            f"There is no dataset {dataset_id} on {where}, or it is private. Check the name; for a private one run "
            "`hf auth login` first."
        )
    if any(isinstance(one, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)) for one in causes):
        return Offline(
            f"{where} cannot be reached. Check the network connection and the proxy settings, or explore a file of "
            "this machine."
        )
    if any(isinstance(one, httpx2.TimeoutException) for one in causes):
        return FetchFailed(f"{where} does not answer. Try again in a few minutes.")
    refused = next((one for one in causes if isinstance(one, hub.HfHubHTTPError)), None)
    if refused is not None and refused.response.status_code not in (404,):
        return FetchFailed(
            f"{where} cannot serve {dataset_id} now (HTTP {refused.response.status_code}). Try again later."
        )
    if any(isinstance(one, httpx2.TransportError) for one in causes):
        return FetchFailed(f"The connection to {where} broke off. Try again.")
    if isinstance(error, ValueError) and "BuilderConfig" in str(error):
        return InvalidInput(f"{dataset_id} has no such configuration. Leave it out to see which there are.")
    if isinstance(error, DataFilesNotFoundError) or "script" in str(error):
        return UnknownModel(
            f"{dataset_id} has no files that can be read without running its code, which Aula never does. Choose "
            "another dataset."
        )
    return FetchFailed(
        f"{dataset_id} cannot be read as a table or as pictures ({type(error).__name__}). If this network has a login "
        "page, open it in a browser first; otherwise choose another dataset."
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

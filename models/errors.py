"""Every error a person can meet.

    AulaError
    ├── InvalidInput                 the text, picture or option cannot be used as it is
    │   ├── UnreadableImage          a file that is not a picture, or is broken
    │   └── UnreadableFilm           a file that is not a film, or a film that is broken from some place on
    ├── DeviceUnavailable            cuda was asked for and is not there
    ├── PrecisionNotApplicable       this precision does not exist, or not for this model and device
    ├── UnknownModel                 no such model in the catalog, on the hub or on the disk
    ├── ModelNotHere                 a known model that has not been downloaded yet
    ├── UnsafeCheckpoint             loading the file would run code from it
    ├── UnsupportedCheckpoint        readable, but not a model of this task
    ├── DamagedFile                  half a download, or bytes that do not match
    ├── FetchFailed                  a download that did not work
    │   ├── Offline                  no route to the hub, or offline mode is on
    │   ├── HubTimeout               the hub accepted the connection and stayed silent
    │   ├── GatedRepository          the owner wants a licence accepted first
    │   └── DiskFull                 not enough room for the download
    ├── UploadFailed                 a model could not be shared
    ├── ClusterUnreachable           a cluster of machines that is not there, or that lost what it was working on
    ├── OutOfMemory                  the model or its input does not fit
    └── Cancelled                    the user pressed Stop, or left

Each message is one or two sentences for the person at the keyboard: what happened, and what to do next. Pages show it
as it is; the terminal prints it and exits with code 1.
"""

import os


class AulaError(Exception):
    """An error whose message is meant for the user."""


class InvalidInput(AulaError, ValueError):
    """The text, picture or option cannot be used as it is."""


class UnreadableImage(InvalidInput):
    """A file that is not a picture, or is broken."""


class UnreadableFilm(InvalidInput):
    """A file that is not a film, or a film that is broken from some place on."""


class DeviceUnavailable(AulaError):
    """CUDA was asked for and is not there."""


class PrecisionNotApplicable(AulaError):
    """This precision does not exist, or not for this model and device."""


class UnknownModel(AulaError):
    """No such model in the catalog, on the hub or on the disk."""


class ModelNotHere(AulaError):
    """A known model that has not been downloaded yet."""


class UnsafeCheckpoint(AulaError):
    """Loading the file would run code from it."""


class UnsupportedCheckpoint(AulaError):
    """A readable file that is not a model of this task."""


class DamagedFile(AulaError):
    """Half a download, or bytes that do not match their checksum."""


class FetchFailed(AulaError):
    """A download that did not work."""


class Offline(FetchFailed):
    """No route to the hub, or offline mode is on."""


class HubTimeout(FetchFailed):
    """The hub accepted the connection and stayed silent."""


class GatedRepository(FetchFailed):
    """The owner wants a licence accepted before the download."""


class DiskFull(FetchFailed):
    """Not enough room for the download."""


class UploadFailed(AulaError):
    """A model could not be shared."""


class ClusterUnreachable(AulaError):
    """A cluster of machines that is not there, or that lost what it was working on."""


class OutOfMemory(AulaError):
    """The model or its input does not fit into memory."""


class Cancelled(AulaError):
    """The user pressed Stop, or left the page."""

    def __init__(self, message: str = "Stopped."):
        super().__init__(message)


# What torch's allocators say on CUDA, Linux, macOS and Windows, in plain RuntimeErrors. The word “memory” alone says
# nothing: “an illegal memory access” is a defect.
_MEMORY_IS_FULL = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python's or torch's means that memory was full."""
    message = str(error).lower() if isinstance(error, RuntimeError) else ""
    return isinstance(error, MemoryError) or any(words in message for words in _MEMORY_IS_FULL)


def unforeseen(error: Exception) -> str:
    """What to tell of an error that nobody thought of, where the rest goes on. With AULA_DEBUG it is raised instead."""
    if os.environ.get("AULA_DEBUG"):
        raise error
    return (
        f"Something unforeseen happened ({type(error).__name__}: {error}). "
        "Set AULA_DEBUG=1 to see where, and report it with what `python aula.py about` prints."
    )


def sentence_for(error: BaseException) -> str | None:
    """What to tell the user about `error`, or None where nothing of use can be said."""
    if isinstance(error, AulaError):
        return str(error)
    if ran_out_of_memory(error):
        return "Memory is full. Use a shorter text or a smaller picture, or choose a smaller model or precision."
    return None

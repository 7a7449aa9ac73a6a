"""One picture file of many: what is wrong with it is told in its place, with its name, and the rest goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PIL import Image

from models.errors import AulaError, OutOfMemory, UnreadableImage, sentence_for, unforeseen
from models.pictures.file_names import shown_name
from models.pictures.images import open_image

Seen = TypeVar("Seen")


def attempt_picture(path: Path, do: Callable[[Image.Image], Seen]) -> tuple[Seen | None, str | None]:
    """What `do` makes of a picture, or a sentence that says what is wrong with this one.

    Raises AulaError for what concerns all pictures.
    """
    name = shown_name(path.name)
    try:
        return do(open_image(path)), None
    except (UnreadableImage, OutOfMemory, MemoryError) as problem:
        return None, named(name, problem)
    except AulaError:
        raise
    except Exception as problem:
        return None, f"{name}: {unforeseen(problem)}"


def named(name: str, problem: BaseException) -> str:
    """What is wrong with a picture, in a sentence with its name: of a full memory nobody could tell whose it was."""
    sentence = sentence_for(problem) or ""
    return sentence if name in sentence else f"{name}: {sentence}"

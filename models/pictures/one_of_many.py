"""One picture file of many: what is wrong with it is told in its place, and the rest goes on."""

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
    try:
        return do(open_image(path)), None
    except (UnreadableImage, OutOfMemory, MemoryError) as problem:
        return None, sentence_for(problem)
    except AulaError:
        raise
    except Exception as problem:
        return None, f"{shown_name(path.name)}: {unforeseen(problem)}"

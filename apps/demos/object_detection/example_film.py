"""A film to try: the camera passes over photographs of the suite. It is made when somebody asks for it, in a second."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from PIL import Image

from models.pictures.film_writer import FilmWriter
from models.pictures.images import open_image

SIZE = (480, 360)
RATE = Fraction(12)  # frames in a second
SECONDS_A_PHOTOGRAPH = 2
SHARE = 0.8  # of a photograph's width and height that is seen at once


def make_example_film(target: Path, photographs: Sequence[Path]) -> None:
    """Write the film. Raises UnreadableImage, and OSError where it cannot be written."""
    writer = FilmWriter(target, SIZE, RATE)
    try:
        for number, image in enumerate(frame for path in photographs for frame in passing_over(open_image(path))):
            writer.add(image, number / float(RATE))
    finally:
        writer.close()


def passing_over(photograph: Image.Image) -> Iterator[Image.Image]:
    """What a camera sees that passes from the upper left corner of a photograph to the lower right one."""
    width, height = window_in(photograph.size)
    frames = SECONDS_A_PHOTOGRAPH * int(RATE)
    for index in range(frames):
        part = index / (frames - 1)
        left, top = part * (photograph.width - width), part * (photograph.height - height)
        yield photograph.resize(SIZE, Image.Resampling.BILINEAR, (left, top, left + width, top + height))


def window_in(size: tuple[int, int]) -> tuple[float, float]:
    """Width and height of the largest window of the film's shape that takes SHARE of a photograph's."""
    shape = SIZE[0] / SIZE[1]
    width = SHARE * min(size[0], size[1] * shape)
    return width, width / shape

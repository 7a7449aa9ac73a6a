"""Tiny films of 64 × 48 pixels: each frame is as grey as its number says, with a white bar at its left side."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy

SIZE, RATE, FRAMES = (64, 48), 10, 10
CODECS = {".mp4": "libx264", ".mov": "libx264", ".avi": "mpeg4", ".webm": "libvpx-vp9", ".mkv": "libx264"}
STEP = 20  # levels of grey from one frame to the next
BAR = 8  # pixels


def pixels(number: int, size: tuple[int, int] = SIZE) -> numpy.ndarray:
    """The frame of this number, which counts from 1, as (height, width, 3)."""
    picture = numpy.full((size[1], size[0], 3), number * STEP % 240, numpy.uint8)
    picture[:, :BAR] = 255
    return picture


def make_film(
    path: Path | io.BytesIO,
    times: Sequence[float] | None = None,
    size: tuple[int, int] = SIZE,
    frames: int = FRAMES,
    kind: str | None = None,
    options: dict[str, str] | None = None,
) -> Path | io.BytesIO:
    """A film whose frames are shown at these times, in seconds; left out: so many `frames`, ten a second."""
    kind = kind or Path(path).suffix
    moves_index = {"movflags": "faststart"} if kind in (".mp4", ".mov") and isinstance(path, Path) else {}
    form = {".mkv": "matroska"}.get(kind, kind[1:])
    with av.open(path, "w", format=form, options=moves_index | (options or {})) as film:
        stream = film.add_stream(CODECS[kind], rate=RATE)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for index in range(len(times) if times is not None else frames):
            frame = av.VideoFrame.from_ndarray(pixels(index + 1, size), format="rgb24")
            frame.pts = round(1000 * times[index]) if times is not None else index
            frame.time_base = Fraction(1, 1000 if times is not None else RATE)
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path


def make_sound(path: Path) -> Path:
    """A tenth of a second of silence, and no picture."""
    with av.open(str(path), "w") as song:
        stream = song.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(numpy.zeros((1, 1024), numpy.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        song.mux(stream.encode(frame))
        song.mux(stream.encode())
    return path


def turn(path: Path, matrix: Sequence[int]) -> None:
    """Give an MP4 the matrix with which a phone says how it was held: 9 numbers of its box “tkhd”."""
    content = bytearray(path.read_bytes())
    start = content.find(b"tkhd") + 4
    start += (48 if content[start] == 0 else 60) - 8
    content[start : start + 36] = b"".join(number.to_bytes(4, signed=True) for number in matrix)
    path.write_bytes(content)


def boxes(path: Path) -> list[str]:
    """The names of the outer boxes of an MP4, in their order."""
    content, place, names = path.read_bytes(), 0, []
    while place < len(content):
        names.append(content[place + 4 : place + 8].decode("ascii"))
        place += int.from_bytes(content[place : place + 4]) or len(content)
    return names

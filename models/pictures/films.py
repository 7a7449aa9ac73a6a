"""Reads a film frame by frame, and knows nothing of detectors. Only a handful of frames are in memory at a time.

A film is any file in which PyAV (the libraries of ffmpeg, which it brings along) finds moving pictures. Files that
strangers send are read as well: a playlist named .mp4 leads to no other file and no address, since only CONTAINERS are
opened, and by their content.
"""

import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy
from PIL import Image

from models.cancellation import stop_if
from models.errors import UnreadableFilm
from models.pictures.file_names import shown_name

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

LARGEST_PIXELS = 36_000_000  # of one frame: 8K is 33 million, and a decoder keeps several
USUAL_RATE = Fraction(25)  # frames in a second, where the film does not say
LONGEST_GAP = 3600.0  # seconds between two frames; what claims more has a wrong clock
BACK = 1.0  # seconds: a clock that goes back so far was started anew, by two films that were joined
LEAST_STEP = 0.001  # seconds between two frames
AGAIN = "Copy or download it again."
# As ffmpeg names them. Not among them is whatever names other files: HLS, DASH, lists of files, numbered pictures.
CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,mpegts,mpeg,flv,asf,ogg"


@dataclass(frozen=True)
class Frame:
    """One picture of a film: `number` counts from 1, `seconds` from the first frame, by the film's own clock.

    `image` is RGB and upright. `pixel_aspect` is the width of a pixel divided by its height, mostly 1.
    """

    number: int
    seconds: float
    image: Image.Image
    pixel_aspect: Fraction = Fraction(1)


class Film:
    """An opened film. `duration` in seconds and `rate` in frames a second are what the file says: None where it does
    not. `end` is how many seconds have been read.
    """

    def __init__(self, name: str, file: BinaryIO, container: "InputContainer", stream: "VideoStream"):
        self.name = name
        self._file, self._container, self._stream = file, container, stream
        self.rate = stream.average_rate or stream.guessed_rate or None
        own, of_all = _own_duration(container, stream), (container.duration or 0) / 1_000_000
        self.duration = own or (of_all if of_all > 0 else None)
        # Without sound the file's duration is that of its pictures; a sound may go on after them.
        self._is_of_pictures = own is not None or len(container.streams) == 1
        self.end = 0.0  # of the latest frame, in seconds from the first one
        self._pixel_aspect = Fraction(stream.sample_aspect_ratio or 1)
        self._clock = _Clock(float(1 / (self.rate or USUAL_RATE)))
        self._lost = 0  # packets that could not be decoded
        self._broken = False  # nothing could be read from some place on

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a film; close it by leaving a `with` block.

        Raises:
            UnreadableFilm: there is no such file, it is empty, broken, no film, has sound only, or too large pictures.
        """
        name = shown_name(path.name)
        _require_file(path, name)
        try:
            file = path.open("rb")
        except OSError as error:
            raise UnreadableFilm(f"{name} cannot be read: {error.strerror}. Choose another film.") from error
        try:
            container = _open_container(file, name)
            try:
                return cls(name, file, container, _choose_stream(container, name))
            except BaseException:
                container.close()
                raise
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()
        self._file.close()

    def frames(self, cancelled: threading.Event | None = None) -> Generator[Frame, None, None]:
        """Every frame that can be decoded, in the order in which they are shown.

        Raises:
            UnreadableFilm: after the last of them, where others are missing; the sentence says from where on.
            Cancelled: between two frames.
        """
        number = 0
        for decoded in self._decoded(cancelled):
            number += 1
            seconds, image = self._clock.read(self._in_seconds(decoded.pts)), _upright(decoded, self.name)
            self.end = seconds + (self._in_seconds(decoded.duration) or self._clock.step)
            aspect = 1 / self._pixel_aspect if _quarter_turns(decoded) % 2 else self._pixel_aspect
            yield Frame(number, seconds, image, aspect)
        if not number:
            raise UnreadableFilm(f"{self.name} is broken: none of its pictures can be decoded. {AGAIN}")
        self._require_whole()

    def _in_seconds(self, ticks: int | None) -> float | None:
        """What a frame says in the clock of its stream. PyAV's own `time` is no number for what a decoder held back."""
        if ticks is None or self._stream.time_base is None:
            return None
        return float(ticks * self._stream.time_base)

    def _decoded(self, cancelled: threading.Event | None) -> Iterator["VideoFrame"]:
        """The frames of each packet; a packet that is damaged is passed over, and counted."""
        import av

        for packet in self._packets():
            stop_if(cancelled)
            try:
                frames = self._stream.codec_context.decode(packet)
            except av.FFmpegError:
                self._lost += 1
                continue
            while frames:
                yield frames.pop(0)  # not kept here while somebody works on it
                stop_if(cancelled)

    def _packets(self) -> Iterator[Any]:
        """Packets of the stream; at the end, or where the file breaks, a None: the decoder gives back what it keeps."""
        import av

        try:
            for packet in self._container.demux(self._stream):
                if packet.size:  # at the end, PyAV's own is empty
                    yield packet
        except (av.FFmpegError, OSError):
            self._broken = True
        yield None

    def _require_whole(self) -> None:
        """Say it where pictures are missing; a film that only ends early looks whole to ffmpeg."""
        duration = self.duration or 0.0
        missing, tolerated = duration - self.end, max(0.75 * self._clock.step, min(1.0, 0.02 * duration))
        if missing > tolerated and (self._is_of_pictures or self._broken):
            raise UnreadableFilm(
                f"{self.name} breaks off: it says that it lasts {duration:.1f} s, and its pictures end after "
                f"{self.end:.1f} s. {AGAIN}"
            )
        if self._broken:
            raise UnreadableFilm(f"{self.name} is broken after {self.end:.1f} s, and what follows is lost. {AGAIN}")
        if self._lost:
            places = "One place" if self._lost == 1 else f"{self._lost} places"
            raise UnreadableFilm(f"{places} of {self.name} could not be decoded, and the pictures are missing. {AGAIN}")


class _Clock:
    """The times of frames, which begin with 0 and only grow, whatever the file says."""

    def __init__(self, step: float):
        self.step = step  # seconds that a frame lasts, usually
        self.now = -step
        self._shift: float | None = None

    def read(self, time: float | None) -> float:
        """The time of the next frame, from the one that it has in the file (None: it has none)."""
        expected = self.now + self.step
        if time is None:
            self.now = expected
            return self.now
        if self._shift is None or not -BACK < time + self._shift - expected < LONGEST_GAP:
            self._shift = expected - time
        self.now = max(time + self._shift, self.now + LEAST_STEP)
        return self.now


def _require_file(path: Path, name: str) -> None:
    if not path.exists():
        raise UnreadableFilm(f"There is no file {shown_name(path)}. Check the name and the folder.")
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "a pipe or a device, which may have no end"
        raise UnreadableFilm(f"{name} is {kind}. Save the film as a file and name that.")
    if not path.stat().st_size:
        raise UnreadableFilm(f"{name} is empty. {AGAIN}")


def _open_container(file: BinaryIO, name: str) -> "InputContainer":
    import av

    try:
        return av.open(file, "r", options={"format_whitelist": CONTAINERS}, metadata_errors="replace")
    except MemoryError:
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnreadableFilm(
            f"{name} is broken, breaks off before its end, or is not a film. Copy it again, or save it as MP4 (H.264)."
        ) from error


def _choose_stream(container: "InputContainer", name: str) -> "VideoStream":
    """The first stream of moving pictures; the cover of a song is none."""
    from av.stream import Disposition

    streams = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    if not streams and container.streams.audio:
        raise UnreadableFilm(f"{name} has sound only, and no pictures. Choose a film.")
    if not streams:
        raise UnreadableFilm(f"{name} is broken, or there are no pictures in it. {AGAIN}")
    stream = streams[0]
    if stream.codec_context is None:
        raise UnreadableFilm(f"{name} is broken, or coded in a way that cannot be read here. Save it as MP4 (H.264).")
    _require_pixels(stream.codec_context.width, stream.codec_context.height, name)
    stream.codec_context.options = {"max_pixels": str(LARGEST_PIXELS)}  # for what comes later in the film
    stream.thread_type = "SLICE"  # threads that share a frame: those with a frame each lose some where a film is broken
    return stream


def _require_pixels(width: int, height: int, name: str) -> None:
    if width * height > LARGEST_PIXELS:
        raise UnreadableFilm(
            f"{name} has {width} × {height} pixels, and over {LARGEST_PIXELS // 1_000_000} million are too many. "
            "Save it in 4K or smaller and try again."
        )


def _own_duration(container: "InputContainer", stream: "VideoStream") -> float | None:
    """The seconds that the pictures last by what the file says of them, None where it does not.

    Matroska has them in a tag, as 00:01:02.5. Of AVI only the number of frames is true where its end is missing. A film
    that was cut in QuickTime still holds all pictures, and says only of the whole file how long it is.
    """
    if container.format.name == "avi" and stream.frames and stream.average_rate:
        return float(stream.frames / stream.average_rate)
    if stream.duration and stream.duration > 0 and stream.time_base:
        whole = container.duration / 1_000_000 if container.duration else float("inf")
        return min(whole, float(stream.duration * stream.time_base))
    try:
        hours, minutes, seconds = (float(part) for part in stream.metadata["DURATION"].split(":"))
    except (KeyError, ValueError):
        return None
    return 3600 * hours + 60 * minutes + seconds or None


def _upright(frame: "VideoFrame", name: str) -> Image.Image:
    """The picture as RGB, turned as the camera that was held upright asks for."""
    _require_pixels(frame.width, frame.height, name)
    pixels = frame.to_ndarray(format="rgb24")  # (height, width, 3)
    turns = _quarter_turns(frame)
    return Image.fromarray(numpy.ascontiguousarray(numpy.rot90(pixels, turns)) if turns else pixels)


def _quarter_turns(frame: "VideoFrame") -> int:
    """How often the picture has to be turned by 90 degrees, counterclockwise."""
    return round(frame.rotation / 90) % 4

"""Writes a film that every browser plays: MP4 with H.264, yuv420p, its index in front of its pictures.

While it grows it is in fragments, so that it plays up to its latest second whatever ends the program; when it is closed
its fragments are put together, without being compressed anew.
"""

import contextlib
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
from PIL import Image

from models.pictures.films import USUAL_RATE

if TYPE_CHECKING:
    from av.video.stream import VideoStream

LONGEST_SIDE = 1920  # pixels: 4K would take minutes to compress, and more than a page should send
TICKS = Fraction(1, 90_000)  # of a second, in which times are kept: finer than any film's own
SECONDS_A_FRAGMENT = 2
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
# Without pictures that depend on later ones (B-frames) none has to wait, and times begin with 0 in every player.
X264 = {"preset": "veryfast", "crf": "23", "x264-params": "bframes=0:rc-lookahead=4"}
BT709, LIMITED = 1, 1  # the colours of HD, which browsers expect, by their numbers in H.264


def even_size(size: tuple[int, int], longest: int = LONGEST_SIDE) -> tuple[int, int]:
    """Width and height as H.264 can have them: even, at least 2, the longer one at most `longest` pixels."""
    scale = min(1.0, longest / max(size))
    width, height = (max(2, round(side * scale) // 2 * 2) for side in size)
    return width, height


class FilmWriter:
    """A film that grows picture by picture. `rate` is the usual number of frames in a second; each has its own time."""

    def __init__(self, path: Path, size: tuple[int, int], rate: Fraction | None, pixel_aspect: Fraction = Fraction(1)):
        import av

        self.path = path
        self.size = even_size(size)
        self._duration = round(1 / (rate or USUAL_RATE) / TICKS)  # of a frame, in ticks; only the last one's counts
        self._container = av.open(str(path), "w", format="mp4", options=FRAGMENTS)
        self._stream = self._container.add_stream("libx264", rate=rate or USUAL_RATE)
        self._set_up(self._stream, pixel_aspect)

    def _set_up(self, stream: "VideoStream", pixel_aspect: Fraction) -> None:
        coder = stream.codec_context
        stream.options = {**X264}
        coder.width, coder.height, coder.pix_fmt = *self.size, "yuv420p"
        coder.sample_aspect_ratio = pixel_aspect
        coder.time_base = TICKS
        coder.gop_size = max(1, round(SECONDS_A_FRAGMENT / (self._duration * TICKS)))
        coder.thread_count = 2  # each holds pictures
        coder.colorspace = coder.color_primaries = coder.color_trc = BT709
        coder.color_range = LIMITED

    def add(self, image: Image.Image, seconds: float) -> None:
        """Append a picture, shown from `seconds` on, which grow. A size other than the first one's is made to fit.

        Raises:
            OSError: it cannot be written. What was written before plays.
        """
        import av

        width, height = self.size
        frame = av.VideoFrame.from_ndarray(numpy.asarray(image.convert("RGB")), "rgb24").reformat(
            width, height, "yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED
        )
        frame.time_base, frame.pts, frame.duration = TICKS, round(seconds / TICKS), self._duration
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """End the film and put it together. Raises OSError; what was written before plays."""
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
        put_together(self.path)


def put_together(path: Path) -> None:
    """Make a film in fragments one whole, with its index in front. Raises OSError; then it stays as it is."""
    import av

    part = path.with_name(f"{path.name}.part")
    try:
        with (
            av.open(str(path)) as fragments,
            av.open(str(part), "w", format="mp4", options={"movflags": "faststart"}) as whole,
        ):
            source = fragments.streams.video[0]
            target = whole.add_stream_from_template(source)
            for packet in fragments.demux(source):
                if packet.dts is not None:  # at the end, PyAV's own is empty
                    packet.stream = target
                    whole.mux(packet)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)

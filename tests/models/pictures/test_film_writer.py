"""Written films, read by OpenCV, by ffmpeg's own description of the stream, and box by box."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy
import pytest
from PIL import Image

from models.pictures import film_writer
from models.pictures.film_writer import FilmWriter, even_size
from tests.tiny.films import boxes

COLOURS = [(200, 30, 60), (20, 160, 90), (40, 60, 220), (230, 220, 40)]


def write(path: Path, times: list[float], size: tuple[int, int] = (64, 48), **options) -> FilmWriter:
    """Add plain pictures of one colour each; the caller closes it."""
    writer = FilmWriter(path, size, Fraction(10), **options)
    for index, time in enumerate(times):
        writer.add(Image.new("RGB", size, COLOURS[index % len(COLOURS)]), time)
    return writer


def read_by_opencv(path: Path) -> tuple[list[numpy.ndarray], list[float]]:
    """The frames as (height, width, 3) in RGB, and their times in seconds."""
    capture = cv2.VideoCapture(str(path))
    frames, times = [], []
    while (found := capture.read())[0]:
        frames.append(found[1][:, :, ::-1])
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    capture.release()
    return frames, times


def test_a_film_is_what_browsers_play(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    write(path, [index / 10 for index in range(10)]).close()

    assert boxes(path)[:2] == ["ftyp", "moov"]
    assert "moof" not in boxes(path)
    with av.open(str(path)) as film:
        [stream] = film.streams
        coder = stream.codec_context
        assert (coder.name, coder.pix_fmt, coder.profile, coder.width, coder.height) == (
            "h264",
            "yuv420p",
            "High",
            64,
            48,
        )
        assert (stream.frames, float(stream.duration * stream.time_base)) == (10, pytest.approx(1.0))
    frames, _ = read_by_opencv(path)
    assert [tuple(frame[24, 32]) for frame in frames[:4]] == [pytest.approx(colour, abs=6) for colour in COLOURS]
    assert list(tmp_path.iterdir()) == [path]


def test_each_frame_keeps_its_own_time(tmp_path: Path) -> None:
    times = [0, 0.1, 0.15, 0.9, 2.5, 2.6, 7.0]
    write(tmp_path / "film.mp4", times).close()
    assert read_by_opencv(tmp_path / "film.mp4")[1] == pytest.approx(times, abs=0.001)


def test_one_frame_is_a_film(tmp_path: Path) -> None:
    write(tmp_path / "film.mp4", [0]).close()
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.duration == 100_000


@pytest.mark.parametrize(
    ("size", "written"),
    [
        ((63, 47), (62, 46)),
        ((1, 1), (2, 2)),
        ((3840, 2160), (1920, 1080)),
        ((1080, 1920), (1080, 1920)),
        ((6000, 3), (1920, 2)),
    ],
)
def test_sides_are_even_and_not_longer_than_a_screen(tmp_path: Path, size: tuple[int, int], written: tuple) -> None:
    assert even_size(size) == written
    write(tmp_path / "film.mp4", [0, 0.1], size).close()
    assert {frame.shape[1::-1] for frame in read_by_opencv(tmp_path / "film.mp4")[0]} == {written}


def test_a_picture_of_another_size_is_made_to_fit(tmp_path: Path) -> None:
    writer = write(tmp_path / "film.mp4", [0])
    writer.add(Image.new("RGB", (31, 99), "white"), 0.1)
    writer.close()
    assert [frame.shape for frame in read_by_opencv(tmp_path / "film.mp4")[0]] == [(48, 64, 3)] * 2


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    write(tmp_path / "film.mp4", [0, 0.1], pixel_aspect=Fraction(16, 11)).close()
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video[0].sample_aspect_ratio == Fraction(16, 11)


def test_a_film_plays_even_if_the_program_is_killed_before_its_end(tmp_path: Path) -> None:
    path, copy = tmp_path / "film.mp4", tmp_path / "copy.mp4"
    writer = write(path, [index / 10 for index in range(100)])
    copy.write_bytes(path.read_bytes())  # what the disk holds at this moment
    writer.close()
    assert len(read_by_opencv(copy)[0]) >= 60
    assert len(read_by_opencv(path)[0]) == 100


def test_where_a_film_cannot_be_put_together_its_fragments_play(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mp4"
    writer = write(path, [0, 0.1, 0.2])

    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        writer.close()
    assert len(read_by_opencv(path)[0]) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "nowhere" / "film.mp4", [0]).close()


def test_no_picture_waits_for_later_ones() -> None:
    assert "bframes=0" in film_writer.X264["x264-params"]

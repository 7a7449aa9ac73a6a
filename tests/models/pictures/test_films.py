"""Films are read whole, in order and by their own clock; what is no film, or breaks off, is said."""

import io
import os
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy
import pytest
from PIL import Image

from models.errors import Cancelled, UnreadableFilm
from models.pictures import films
from models.pictures.film_writer import FilmWriter
from models.pictures.films import Film, Frame
from tests.tiny.films import CODECS, FRAMES, SIZE, STEP, make_film, make_sound, turn

QUARTER = 0x10000  # one, in the matrix
TURNS = {
    "upright": (QUARTER, 0, 0, 0, QUARTER, 0, 0, 0, 0x40000000),
    "left": (0, QUARTER, 0, -QUARTER, 0, 0, SIZE[1] << 16, 0, 0x40000000),
    "upside down": (-QUARTER, 0, 0, 0, -QUARTER, 0, SIZE[0] << 16, SIZE[1] << 16, 0x40000000),
    "right": (0, -QUARTER, 0, QUARTER, 0, 0, 0, SIZE[0] << 16, 0x40000000),
}


def frames_of(path: Path) -> list[Frame]:
    with Film.open(path) as film:
        return list(film.frames())


def until_it_breaks(path: Path) -> tuple[list[Frame], str]:
    """The frames before, and the sentence."""
    frames = []
    with pytest.raises(UnreadableFilm) as problem, Film.open(path) as film:
        frames.extend(film.frames())
    return frames, str(problem.value)


def grey(frame: Frame) -> float:
    return float(numpy.asarray(frame.image)[10:-10, 20:].mean())


@pytest.mark.parametrize("kind", CODECS)
def test_every_frame_comes_in_order_and_at_its_time(tmp_path: Path, kind: str) -> None:
    path = make_film(tmp_path / f"film{kind}")
    with Film.open(path) as film:
        frames = list(film.frames())
        assert (film.duration, film.rate) == (pytest.approx(1.0), 10)
    assert [frame.number for frame in frames] == list(range(1, FRAMES + 1))
    assert [frame.seconds for frame in frames] == pytest.approx([index / 10 for index in range(FRAMES)], abs=0.002)
    assert [grey(frame) for frame in frames] == pytest.approx([STEP * (1 + index) for index in range(FRAMES)], abs=6)
    assert {frame.image.size for frame in frames} == {SIZE}


def test_times_are_those_of_the_frames_where_the_rate_varies(tmp_path: Path) -> None:
    times = [0, 0.1, 0.15, 0.9, 2.5]
    path = make_film(tmp_path / "phone.mp4", [2 + time for time in times])
    assert [frame.seconds for frame in frames_of(path)] == pytest.approx(times, abs=0.002)


@pytest.mark.parametrize("held", TURNS)
def test_a_film_of_a_phone_stands_upright_as_in_opencv(tmp_path: Path, held: str) -> None:
    path = make_film(tmp_path / "phone.mp4")
    turn(path, TURNS[held])
    capture = cv2.VideoCapture(str(path))
    found, expected = capture.read()
    capture.release()
    assert found
    assert numpy.abs(numpy.asarray(frames_of(path)[0].image).astype(int) - expected[:, :, ::-1]).max() <= 2


def test_pixels_that_are_not_square_are_told_as_they_are_seen(tmp_path: Path) -> None:
    writer = FilmWriter(tmp_path / "dvd.mp4", SIZE, None, Fraction(16, 11))
    writer.add(Image.new("RGB", SIZE), 0)
    writer.close()
    assert frames_of(tmp_path / "dvd.mp4")[0].pixel_aspect == Fraction(16, 11)
    turn(tmp_path / "dvd.mp4", TURNS["left"])
    assert frames_of(tmp_path / "dvd.mp4")[0].pixel_aspect == Fraction(11, 16)


def test_only_a_handful_of_frames_is_decoded_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_film(tmp_path / "long.mp4", frames=60)
    made: list[int] = []
    upright = films._upright
    monkeypatch.setattr(films, "_upright", lambda *frame: made.append(1) or upright(*frame))
    with Film.open(path) as film:
        for number, _ in enumerate(film.frames(), start=1):
            assert len(made) == number


def test_a_container_that_does_not_say_how_long_it_is_is_read(tmp_path: Path) -> None:
    sent = io.BytesIO()
    sent.seekable = lambda: False  # type: ignore[method-assign]
    make_film(sent, kind=".webm", options={"live": "1"})
    path = tmp_path / "live.webm"
    path.write_bytes(sent.getvalue())
    with Film.open(path) as film:
        assert film.duration is None
        assert len(list(film.frames())) == FRAMES


@pytest.mark.parametrize("kind", CODECS)
def test_a_film_that_breaks_off_gives_what_there_is_and_says_so(tmp_path: Path, kind: str) -> None:
    path = make_film(tmp_path / f"film{kind}", size=(320, 240), frames=100)
    content = path.read_bytes()
    if kind == ".mov":
        content = make_film(tmp_path / "as.mp4", size=(320, 240), frames=100).read_bytes()
    path.write_bytes(content[: len(content) * 8 // 10])
    frames, sentence = until_it_breaks(path)
    assert 0 < len(frames) < 95
    assert f"film{kind} breaks off: it says that it lasts 10.0 s" in sentence


@pytest.mark.parametrize("kind", [".avi", ".mp4"])
def test_a_place_that_cannot_be_decoded_is_counted_and_passed_over(tmp_path: Path, kind: str) -> None:
    path = make_film(tmp_path / f"film{kind}", frames=20)
    with av.open(str(path)) as film:
        place, size = [(packet.pos, packet.size) for packet in film.demux(video=0)][7]
    content = path.read_bytes()
    path.write_bytes(content[:place] + b"\xff" * size + content[place + size :])
    frames, sentence = until_it_breaks(path)
    assert len(frames) == 19
    assert f"One place of film{kind} could not be decoded" in sentence


def test_a_film_whose_index_is_missing_is_a_sentence(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mp4")
    content = path.read_bytes()
    start = content.find(b"moov") - 4
    path.write_bytes(content[:start] + content[start + int.from_bytes(content[start : start + 4]) :])
    assert until_it_breaks(path)[1].startswith("film.mp4 is broken, breaks off before its end, or is not a film.")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.mp4", b"", "empty.mp4 is empty"),
        ("noise.mp4", bytes(range(256)) * 40, "noise.mp4 is broken, breaks off before its end, or is not a film"),
        ("text.avi", b"Dear diary, " * 99, "is not a film"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\nfilm.mp4\n#EXT-X-ENDLIST\n", "is not a film"),
        ("list.mkv", b"ffconcat version 1.0\nfile film.mp4\n", "is not a film"),
    ],
)
def test_what_is_no_film_is_a_sentence(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    make_film(tmp_path / "film.mp4")  # which no list may lead to
    (tmp_path / name).write_bytes(content)
    frames, sentence = until_it_breaks(tmp_path / name)
    assert not frames
    assert says in sentence


def test_a_song_is_a_sentence(tmp_path: Path) -> None:
    assert "has sound only" in until_it_breaks(make_sound(tmp_path / "song.mp4"))[1]


def test_what_is_not_there_or_no_file_is_a_sentence(tmp_path: Path) -> None:
    assert "There is no file" in until_it_breaks(tmp_path / "nothing.mp4")[1]
    assert "is a folder" in until_it_breaks(tmp_path)[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of Unix")
def test_a_pipe_that_may_have_no_end_is_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "which may have no end" in until_it_breaks(tmp_path / "pipe.mp4")[1]


def test_too_large_pictures_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_film(tmp_path / "huge.mp4")
    monkeypatch.setattr(films, "LARGEST_PIXELS", 1000)
    monkeypatch.setattr(films, "_upright", None)
    assert "huge.mp4 has 64 × 48 pixels" in until_it_breaks(path)[1]


def test_stop_ends_between_two_frames(tmp_path: Path) -> None:
    cancelled = threading.Event()
    with Film.open(make_film(tmp_path / "film.mp4")) as film:
        frames = film.frames(cancelled)
        next(frames)
        cancelled.set()
        with pytest.raises(Cancelled):
            next(frames)


def test_a_clock_that_goes_back_or_leaps_ahead_only_grows() -> None:
    clock = films._Clock(0.1)
    told = [5.0, 5.1, 5.1, None, 0.0, 0.1, 1e9, 1e9 + 0.1, 1e9 + 7]
    times = [clock.read(time) for time in told]
    assert times == pytest.approx([0, 0.1, 0.101, 0.201, 0.301, 0.401, 0.501, 0.601, 7.501], abs=1e-6)


def test_the_module_brings_no_decoder_before_a_film_is_opened() -> None:
    asked = "import sys, models.pictures.films, models.pictures.film_writer; print('av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True).stdout.strip() == "False"

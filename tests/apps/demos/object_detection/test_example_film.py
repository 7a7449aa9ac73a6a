"""The film that the page makes for whoever has none."""

from pathlib import Path

import av
import pytest
from PIL import Image

from apps.demos.object_detection.example_film import RATE, SECONDS_A_PHOTOGRAPH, SIZE, make_example_film, window_in


def test_the_camera_passes_over_each_photograph(tmp_path: Path) -> None:
    photographs = [tmp_path / "red.png", tmp_path / "blue.png"]
    for path in photographs:
        Image.new("RGB", (900, 500), path.stem).save(path)
    make_example_film(tmp_path / "example.mp4", photographs)
    with av.open(str(tmp_path / "example.mp4")) as film:
        assert film.duration / 1_000_000 == 2 * SECONDS_A_PHOTOGRAPH
        frames = [frame.to_image() for frame in film.decode(video=0)]
    assert len(frames) == 2 * SECONDS_A_PHOTOGRAPH * RATE
    assert {frame.size for frame in frames} == {SIZE}
    assert [max(range(3), key=frame.getpixel((240, 180)).__getitem__) for frame in (frames[0], frames[-1])] == [0, 2]


@pytest.mark.parametrize("size", [(900, 500), (500, 900), (40, 30)])
def test_what_is_seen_has_the_shape_of_the_film_and_lies_in_the_photograph(size: tuple[int, int]) -> None:
    width, height = window_in(size)
    assert width / height == pytest.approx(SIZE[0] / SIZE[1])
    assert width < size[0]
    assert height < size[1]

"""Diffusion in two dimensions on its own: what a frame of the filmstrip shows."""

import re

import numpy as np

from apps.demos.text_to_image.toy import HALF, frame, moments_of
from models.pictures.points_from_noise import Moment


def dots(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"M(\S+) (\S+)h0", svg)]


def test_a_frame_shows_the_points_upright_and_leaves_out_what_lies_beyond_it() -> None:
    points = np.array([[0.5, 1.0], [-1.25, -2.0], [HALF + 0.1, 0.0]])
    name, picture = frame(Moment(3, 0.5, points, points))
    assert name == "step 3"
    assert dots(picture) == [(0.5, -1.0), (-1.25, 2.0)]  # an SVG counts downwards


def test_a_filmstrip_begins_with_noise_and_nearly_all_of_it_is_seen() -> None:
    first, *_, last = moments_of("a heart", 20, 1.0, 0)
    assert [frame(moment)[0] for moment in (first, last)] == ["noise", "step 20"]
    assert len(dots(frame(first)[1])) > 0.98 * len(first.points)
    assert len(dots(frame(last)[1])) == len(last.points)

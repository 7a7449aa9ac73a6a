"""Tests for models.pictures.heat_map."""

import numpy
from PIL import Image

from models.pictures.heat_map import COLOURS, CUT_AWAY, STRENGTH, coloured, overlay
from models.pictures.looked_at import GRAD_CAM, LookedAt


def test_colours_grow_brighter_from_nothing_to_most() -> None:
    row = coloured(numpy.linspace(0, 1, 101)[None])[0].astype(float)
    assert tuple(row[0]) == COLOURS[0]
    assert tuple(row[-1]) == COLOURS[-1]
    brightness = row @ (0.299, 0.587, 0.114)
    assert (numpy.diff(brightness) > 0).all()


def test_heat_lies_where_the_model_looked_and_what_was_cut_away_is_grey() -> None:
    picture = Image.new("RGB", (40, 20), (200, 100, 50))
    looked = LookedAt(((0.0, 1.0),) * 2, (10.2, 0.0, 29.8, 20.0), GRAD_CAM, 0)
    shown = numpy.asarray(overlay(picture, looked)).astype(float)
    assert shown.shape == (20, 40, 3)
    grey = (0.299 * 200 + 0.587 * 100 + 0.114 * 50) * CUT_AWAY
    assert numpy.allclose(shown[:, :10], grey, atol=2)
    assert numpy.allclose(shown[:, 30:], grey, atol=2)
    cold, hot = shown[10, 10], shown[10, 29]
    original = numpy.array((200, 100, 50)) * (1 - STRENGTH)
    assert numpy.allclose(cold, original + STRENGTH * numpy.array(COLOURS[0]), atol=2)
    assert numpy.allclose(hot, original + STRENGTH * numpy.array(COLOURS[-1]), atol=2)
    assert picture.getpixel((0, 0)) == (200, 100, 50)


def test_a_picture_of_one_pixel_has_its_heat() -> None:
    assert overlay(Image.new("RGB", (1, 1)), LookedAt(((1.0,),), (0.06, 0.06, 0.94, 0.94), GRAD_CAM, 0)).size == (1, 1)

"""A second model beside the first one, where it fits."""

import pytest

from models.errors import InvalidInput, OutOfMemory
from quantization.measure import beside as module
from quantization.measure.beside import fits_beside, load_beside


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    class Memory:
        available = 1_000

    monkeypatch.setattr(module, "machine_memory", Memory)


def fail(error: Exception):
    def load() -> None:
        raise error

    return load


@pytest.mark.parametrize(("size", "fits"), [(0, True), (800, True), (801, False)])
def test_a_quarter_more_than_the_model_has_to_be_free(free: None, size: int, fits: bool) -> None:
    assert fits_beside(size, "cpu") is fits
    assert load_beside(size, "cpu", lambda: "model") == ("model" if fits else None)


@pytest.mark.parametrize("error", [OutOfMemory("No."), MemoryError(), RuntimeError("CUDA out of memory. Tried")])
def test_an_estimate_that_was_wrong_costs_nothing(free: None, error: Exception) -> None:
    assert load_beside(1, "cpu", fail(error)) is None


def test_other_failures_are_told(free: None) -> None:
    with pytest.raises(InvalidInput, match="odd"):
        load_beside(1, "cpu", fail(InvalidInput("odd")))

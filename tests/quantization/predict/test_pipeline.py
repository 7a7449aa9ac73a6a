"""What a pipeline is said to need, against pipelines that were loaded and decoders that ran."""

from pathlib import Path

import pytest

from models.catalog import ModelCard, card_of
from models.precision import BF16, FP32
from models.tasks import Task
from models.text_to_image import TextToImage
from models.weights.cards import find_card
from quantization.predict.pipeline import pipeline_memory

FULL = card_of("stable-diffusion-v1-5/stable-diffusion-v1-5")


@pytest.mark.parametrize("precision", [FP32, BF16])
def test_the_weights_of_a_folder_are_those_that_it_has_once_loaded(stable_diffusion: Path, precision) -> None:
    card = find_card(str(stable_diffusion), Task.TEXT_TO_IMAGE)
    loaded = TextToImage.load(card, "cpu", precision)
    assert pipeline_memory(card, precision.name, None, None).weights == pytest.approx(loaded.footprint, rel=1e-3)


def test_of_the_catalog_it_is_known_before_the_download() -> None:
    assert FULL is not None
    assert pipeline_memory(FULL, "fp32", None, None).weights == 4 * 1_370_000_000
    assert pipeline_memory(FULL, "fp16", None, None).weights == 2 * 1_370_000_000
    assert pipeline_memory(FULL, "auto", None, None) == pipeline_memory(FULL, "fp32", 512, 512)


@pytest.mark.parametrize(("side", "measured"), [(256, 0.355e9), (512, 1.041e9)])
def test_the_work_is_what_was_measured_with_the_decoder_of_stable_diffusion(side: int, measured: float) -> None:
    assert FULL is not None
    assert pipeline_memory(FULL, "fp32", side, side).work == pytest.approx(measured, rel=0.03)


def test_of_an_unknown_repository_only_the_work_is_known() -> None:
    card = ModelCard("school/unknown", Task.TEXT_TO_IMAGE, repository="school/unknown")
    needed = pipeline_memory(card, "fp32", 256, 256)
    assert needed.weights is None
    assert needed.total == needed.work

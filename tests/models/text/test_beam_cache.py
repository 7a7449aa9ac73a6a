"""One copy of what was read serves all beams, and the tokens are those of transformers."""

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM

from models.text.beam_cache import BeamCache, cache_arguments
from tests.conftest import TinyModels


@pytest.fixture(scope="module")
def t5(tiny_models: TinyModels):
    # In float64, no kernel for another layout turns a close decision.
    return AutoModelForSeq2SeqLM.from_pretrained(tiny_models.t5(), dtype=torch.float64)


@pytest.mark.parametrize("beams", [2, 4, 7])
@pytest.mark.parametrize("length", [1, 9, 40])
def test_the_tokens_are_those_of_transformers(t5, beams: int, length: int) -> None:
    ids = torch.randint(5, 300, (1, length), generator=torch.Generator().manual_seed(length))
    arguments = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "num_beams": beams, "max_length": 24}
    expected = t5.generate(**arguments)
    assert torch.equal(t5.generate(**arguments, **cache_arguments(t5, beams)), expected)


@pytest.mark.parametrize("kind", ["bart", "pegasus", "marian"])
def test_other_families_write_the_same_tokens_with_it(tiny_models: TinyModels, kind: str) -> None:
    """Their decoders have a layer more than their encoders."""
    model = AutoModelForSeq2SeqLM.from_pretrained(getattr(tiny_models, kind)(), dtype=torch.float64)
    ids = torch.randint(5, 200, (1, 12), generator=torch.Generator().manual_seed(1))
    arguments = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    arguments |= {"num_beams": 4, "min_length": 0, "max_length": 24}
    cache = cache_arguments(model, 4)
    assert cache
    assert torch.equal(model.generate(**arguments, **cache), model.generate(**arguments))
    assert len(cache["past_key_values"].cross_attention_cache.layers) >= model.config.decoder_layers


def test_the_beams_share_what_they_read(t5) -> None:
    ids = torch.arange(5, 15)[None]
    cache = BeamCache(t5.config)
    t5.generate(input_ids=ids, attention_mask=torch.ones_like(ids), num_beams=3, max_length=6, past_key_values=cache)
    [first, *_] = cache.cross_attention_cache.layers
    assert first.keys.shape[0] == first.values.shape[0] == 3
    assert first.keys.stride(0) == first.values.stride(0) == 0
    assert first.keys.untyped_storage().nbytes() == first.keys[0].nbytes


def test_one_beam_and_other_kinds_of_models_keep_their_own_cache(t5, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_arguments(t5, 1) == {}
    monkeypatch.setattr(t5.config, "model_type", "led")
    assert cache_arguments(t5, 4) == {}

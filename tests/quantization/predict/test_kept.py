"""What models keep of a text: predicted from the configuration, and counted in models that have really written it."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, PreTrainedModel

from models.errors import Cancelled
from models.weights.configurations import build, find_configuration
from quantization.predict.kept import kept_bytes
from tests.tiny.caches import READERS_AND_WRITERS, WITHOUT, WRITERS, settings

TOKENS = 41  # beyond the windows of the tiny models


def folder(where: Path, values: dict[str, Any]) -> str:
    (where / "config.json").write_text(json.dumps(values))
    return str(where)


def counted(model: PreTrainedModel, texts: int, tokens: int = TOKENS) -> int:
    """Bytes that are kept after `generate` has written the last three of `tokens` tokens."""
    torch.manual_seed(1)
    before = {id(tensor) for tensor in attributes(model)}
    ids = torch.randint(5, 90, (texts, tokens - 2))
    given = {}
    if model.config.is_encoder_decoder:
        ids[:, 0] = model.config.decoder_start_token_id  # else `generate` puts it before
        given = {"decoder_input_ids": ids}
    read = torch.randint(5, 90, (texts, tokens)) if given else ids
    length = {"max_new_tokens": 3, "min_new_tokens": 3, "do_sample": False, "pad_token_id": 0, "use_cache": True}
    model.generation_config.eos_token_id = None
    written = model.generate(read, **given, **length, return_dict_in_generate=True)
    own = [tensor for tensor in attributes(model) if id(tensor) not in before]
    return reachable([written.get("past_key_values"), own], set())


def attributes(model: PreTrainedModel) -> list[torch.Tensor]:
    return [value for module in model.modules() for value in vars(module).values() if isinstance(value, torch.Tensor)]


def reachable(thing: Any, seen: set[int]) -> int:
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    if isinstance(thing, torch.Tensor):
        return thing.numel() * thing.element_size()
    if isinstance(thing, (list, tuple)):
        return sum(reachable(part, seen) for part in thing)
    if isinstance(thing, dict):
        return sum(reachable(part, seen) for part in thing.values())
    return reachable(vars(thing), seen) if hasattr(thing, "__dict__") and not isinstance(thing, type) else 0


def real(path: str, dtype: torch.dtype) -> PreTrainedModel:
    """The model with seeded weights, written to the folder and loaded from it as everybody loads models."""
    config = build(find_configuration(path))
    torch.manual_seed(0)
    kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    kind.from_config(config).save_pretrained(path)
    return kind.from_pretrained(path, dtype=dtype).eval()


@pytest.mark.parametrize("name", [*WRITERS, *READERS_AND_WRITERS])
def test_what_is_predicted_is_what_a_model_keeps_that_has_written(tmp_path: Path, name: str) -> None:
    path = folder(tmp_path, settings(name))
    for dtype, texts in ((torch.float32, 1), (torch.bfloat16, 3)):
        kept = kept_bytes(find_configuration(path), dtype.itemsize, TOKENS, texts)
        assert kept.problem is None
        assert kept.bytes == counted(real(path, dtype), texts), dtype


@pytest.mark.parametrize("name", WITHOUT)
def test_a_model_without_a_cache_keeps_nothing(tmp_path: Path, name: str) -> None:
    kept = kept_bytes(find_configuration(folder(tmp_path, settings(name))), 4, TOKENS, 2)
    assert (kept.bytes, kept.problem) == (0, None)


@pytest.mark.parametrize("name", ["mamba", "jamba", "recurrent_gemma", "rwkv"])
def test_what_is_extrapolated_is_what_a_longer_text_leaves(tmp_path: Path, name: str, monkeypatch) -> None:
    """Beyond the windows, and beyond what a step may take; the same text is really written."""
    path = folder(tmp_path, settings(name))
    kept = kept_bytes(find_configuration(path), 4, 400, 2)
    assert kept.extrapolated_from == (4, 9)
    assert kept.bytes == counted(real(path, torch.float32), 2, 400)


def test_more_texts_than_torch_can_number_are_worked_out_from_two(tmp_path: Path) -> None:
    found = find_configuration(folder(tmp_path, settings("bloom")))
    assert kept_bytes(found, 2, 10_000_000, 10_000).bytes == 2 * 2 * 32 * 10_000_000 * 10_000 * 2


def test_a_window_and_a_single_key_head_by_hand(tmp_path: Path) -> None:
    """A window of 1,000 tokens keeps the last 999; one head of size 16 keeps 16 keys and 16 values in each block."""
    window = {"model_type": "mistral", "sliding_window": 1000, "num_hidden_layers": 3, "num_key_value_heads": 2}
    found = find_configuration(folder(tmp_path, window))
    assert kept_bytes(found, 2, 9_000, 1).bytes == 3 * (2 * 2 * 128 * 999 * 2 + 8)
    one_key = {"model_type": "falcon", "hidden_size": 1136, "num_attention_heads": 71, "num_hidden_layers": 3}
    found = find_configuration(folder(tmp_path, one_key))
    assert kept_bytes(found, 2, 2_000, 1).bytes == 3 * 2 * 16 * 2_000 * 2


def test_stop_ends_a_long_count(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Cancelled):
        kept_bytes(find_configuration(folder(tmp_path, settings("rwkv"))), 4, 999, 1, stop)

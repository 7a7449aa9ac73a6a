"""Keys and values, activations and training by hand, and the thresholds of what can be asked."""

from pathlib import Path

import pytest
import torch

from models.errors import InvalidInput, PrecisionNotApplicable
from quantization.predict.plan import COMPONENTS, plan

GPT2 = "openai-community/gpt2"
LLAMA = "meta-llama/Meta-Llama-3-8B"
BERT = "google-bert/bert-base-uncased"


def test_the_total_is_the_sum_of_the_components() -> None:
    needed = plan(GPT2)
    assert needed.weight_bytes == 497_759_232
    assert tuple(needed.components) == COMPONENTS
    assert needed.total == sum(needed.components.values()) == 497_759_232 + needed.cache + needed.activations
    assert needed.as_dict()["total"] == needed.total


@pytest.mark.parametrize(("precision", "width"), [("fp32", 4), ("bf16", 2), ("int8", 4), ("bnb-nf4", 2)])
def test_gpt2_keeps_two_vectors_of_its_width_for_each_token_and_block(precision: str, width: int) -> None:
    assert plan(GPT2, precision, context=100, batch=3).cache == 2 * 12 * 768 * 100 * 3 * width


def test_llama_keeps_a_quarter_because_four_heads_share_keys_and_values() -> None:
    assert plan(LLAMA, "bf16", context=8192).cache == 2 * 32 * 8 * 128 * 8192 * 2


@pytest.mark.parametrize(("fixture", "batch"), [("gpt2", 2), ("t5", 1)])
def test_a_real_cache_has_the_predicted_bytes(tiny_models, fixture: str, batch: int) -> None:
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    folder = getattr(tiny_models, fixture)()
    ids = torch.zeros(batch, 20, dtype=torch.long)
    if fixture == "gpt2":
        cache = AutoModelForCausalLM.from_pretrained(folder)(input_ids=ids, use_cache=True).past_key_values
        layers = cache.layers
    else:
        model = AutoModelForSeq2SeqLM.from_pretrained(folder)
        cache = model(input_ids=ids, decoder_input_ids=ids, use_cache=True).past_key_values
        layers = [*cache.self_attention_cache.layers, *cache.cross_attention_cache.layers]
    kept = sum(tensor.numel() * tensor.element_size() for layer in layers for tensor in (layer.keys, layer.values))
    assert plan(str(folder), context=20, batch=batch).cache == kept


def test_an_encoder_keeps_nothing() -> None:
    assert plan(BERT, context=512, batch=8).cache == 0


def test_sliding_windows_keep_no_more_than_their_width(tmp_path) -> None:
    from transformers import MistralConfig

    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = MistralConfig(**sizes, intermediate_size=64, vocab_size=100, sliding_window=32, head_dim=16)
    config.architectures = ["MistralForCausalLM"]
    config.layer_types = ["sliding_attention", "full_attention"]
    config.save_pretrained(tmp_path)
    kept = 2 * 2 * 16 * (31 + 100) * 4  # the next token is the 32nd of its window
    assert plan(str(tmp_path), context=100).cache == kept + 8  # and the width of the window itself


def test_what_cannot_be_worked_out_is_said_and_nothing_is_said_to_fit(tmp_path) -> None:
    from quantization.predict.forecast import Room, Verdict, verdicts

    folder = tmp_path / "config.json"
    folder.write_text('{"model_type": "bamba", "num_hidden_layers": 1, "architectures": ["BambaForCausalLM"]}')
    needed = plan(str(tmp_path))
    assert needed.cache is None
    assert needed.as_dict()["cache"] is None
    assert any("cannot be worked out for this architecture" in note for note in needed.notes)
    assert set(verdicts(needed, [Room("RAM", "cpu", 10**15, 10**15)]).values()) == {Verdict.NOT_KNOWN}


def test_a_class_that_the_configuration_does_not_name_is_assumed_and_said(tmp_path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "gpt2", "n_layer": 2}')
    needed = plan(str(tmp_path), context=10)
    assert needed.cache == 2 * 2 * 768 * 10 * 4
    assert "so GPT2LMHeadModel is assumed" in needed.notes[0]
    assert not any("assumed" in note for note in plan(LLAMA).notes)


def test_activations_by_hand() -> None:
    """BERT: three hidden states and the inside of the feed-forward layer twice. GPT-2: four times, and logits."""
    assert plan(BERT, context=512, batch=8).activations == 4 * 512 * 8 * (3 * 768 + 2 * 3072)
    logits = (4 + 4) * 2 * 50_257
    assert plan(GPT2, context=1024, batch=2).activations == 4 * 1024 * 2 * (3 * 768 + 4 * 3072) + logits
    gated = 4 * 512 * (3 * 4096 + 3 * 14_336) + 8 * 128_256
    assert plan(LLAMA).activations == gated


def test_eager_attention_has_a_table_of_scores() -> None:
    needed = plan("EleutherAI/gpt-neo-125m", context=1000).activations
    assert needed == 4 * 1000 * (3 * 768 + 4 * 3072) + 8 * 12 * 1000**2 + 8 * 50_257


def test_bitsandbytes_unpacks_its_largest_matrix() -> None:
    difference = plan(LLAMA, "bnb-nf4").activations - plan(LLAMA, "bf16").activations
    assert difference == 2 * 4096 * 14_336


def test_training_takes_sixteen_bytes_for_each_parameter_and_activations() -> None:
    needed = plan(GPT2, training=True, context=128, batch=4)
    parameters = 124_439_808
    assert needed.weight_bytes + needed.gradients + needed.moments == 16 * parameters
    block = 128 * 4 * (4 * 768 + 2 * (768 + 768) + 4 * 3072)
    assert needed.activations == 4 * (12 * block + 3 * 128 * 4 * 50_257)
    assert needed.cache == 0
    with pytest.raises(InvalidInput, match="in fp32, not in int8"):
        plan(GPT2, "int8", training=True)


def test_a_context_beyond_what_the_model_reads_is_cut_and_said() -> None:
    needed = plan(GPT2, context=5000)
    assert needed.context == 1024
    assert "at most 1,024 tokens" in needed.notes[0]
    assert plan("deepset/roberta-base-squad2", context=5000).context == 512
    assert plan("google-t5/t5-base", context=5000).context == 5000  # its positions are relative


def test_int8_says_that_the_fp32_weights_are_read_first() -> None:
    assert any("498 MB" in note for note in plan(GPT2, "int8").notes)
    assert plan(GPT2, "bf16").notes == ()


@pytest.mark.parametrize(("context", "batch"), [(0, 1), (10**9, 1), (1, 0), (1, 10**6)])
def test_sizes_out_of_range_are_refused(context: int, batch: int) -> None:
    with pytest.raises(InvalidInput, match="not possible"):
        plan(GPT2, context=context, batch=batch)


def test_an_unknown_precision_is_refused_before_anything_is_built() -> None:
    with pytest.raises(PrecisionNotApplicable, match="no precision “int3”"):
        plan("no/such-model", "int3")


def test_a_model_that_says_minus_one_reads_texts_of_any_length(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "xlnet", "vocab_size": 99, "d_model": 32, "n_layer": 2}')
    planned = plan(str(tmp_path), "fp32", context=64)
    assert planned.context == 64
    assert not any("at most" in note for note in planned.notes)

"""The sizes that a configuration states, in the forms in which its family states them."""

from types import SimpleNamespace

from transformers import Gemma3nTextConfig, RobertaConfig

from quantization.predict.shape import shape_of
from quantization.skeleton import skeleton


def inner(config: Gemma3nTextConfig) -> int:
    """The width inside a feed-forward layer; of the model itself nothing is looked at for it."""
    model = SimpleNamespace(config=config, can_generate=lambda: True, named_modules=lambda: iter(()))
    found = shape_of(config, model)
    assert found is not None
    return found.inner


def test_of_blocks_of_different_widths_the_widest_counts() -> None:
    assert inner(Gemma3nTextConfig(num_hidden_layers=3, intermediate_size=[64, 256, 128])) == 256
    assert inner(Gemma3nTextConfig(num_hidden_layers=2, intermediate_size=96)) == 96


def test_a_roberta_numbers_its_positions_from_behind_its_padding() -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48}
    for padding, positions in ((1, 512), (None, 514)):
        config = RobertaConfig(**sizes, max_position_embeddings=514, pad_token_id=padding)
        found = shape_of(config, skeleton(config))
        assert found is not None
        assert found.positions == positions

"""The sizes that a configuration states, in the forms in which its family states them."""

from types import SimpleNamespace

from transformers import Gemma3nTextConfig, PreTrainedConfig, RobertaConfig

from quantization.predict.shape import Shape, shape_of


def shape(config: PreTrainedConfig) -> Shape:
    """Of a model that only writes: its layers decide nothing here."""
    model = SimpleNamespace(config=config, can_generate=lambda: True, named_modules=lambda: [])
    found = shape_of(config, model)
    assert found is not None
    return found


def test_of_blocks_of_different_widths_the_widest_counts() -> None:
    assert shape(Gemma3nTextConfig(num_hidden_layers=3, intermediate_size=[64, 256, 128])).inner == 256
    assert shape(Gemma3nTextConfig(num_hidden_layers=2, intermediate_size=96)).inner == 96


def test_a_roberta_numbers_its_positions_from_behind_its_padding() -> None:
    assert shape(RobertaConfig(max_position_embeddings=514, pad_token_id=1)).positions == 512
    assert shape(RobertaConfig(max_position_embeddings=514, pad_token_id=None)).positions == 514

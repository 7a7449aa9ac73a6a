"""Which class a configuration becomes, and that it takes no memory."""

import pytest
from transformers import BertConfig, BertForQuestionAnswering, BertModel, GPT2Config, GPT2LMHeadModel, T5Config

from models.catalog import Task
from models.errors import InvalidInput
from quantization.skeleton import assumption, skeleton

SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def test_a_task_decides_the_class_and_else_the_configuration_does() -> None:
    assert type(skeleton(BertConfig(**SMALL), Task.QUESTION_ANSWERING)) is BertForQuestionAnswering
    named = BertConfig(**SMALL, architectures=["BertForQuestionAnswering"])
    assert type(skeleton(named)) is BertForQuestionAnswering
    assert type(skeleton(BertConfig(**SMALL))) is BertModel


def test_what_was_assumed_is_a_sentence_and_a_kind_that_writes_is_taken_to_write() -> None:
    for config, name in ((GPT2Config(n_layer=1), "GPT2LMHeadModel"), (BertConfig(**SMALL), "BertModel")):
        assert f"so {name} is assumed" in str(assumption(config, None, skeleton(config)))
    t5 = T5Config(num_layers=1, architectures=["Another"])
    said = str(assumption(t5, None, skeleton(t5)))
    assert "(Another)" in said
    assert "T5ForConditionalGeneration" in said
    named = BertConfig(**SMALL, architectures=["BertModel"])
    assert assumption(named, None, skeleton(named)) is None


def test_no_tensor_takes_memory() -> None:
    model = skeleton(GPT2Config(n_layer=1), Task.TEXT_GENERATION)
    assert type(model) is GPT2LMHeadModel
    assert {tensor.device.type for tensor in [*model.parameters(), *model.buffers()]} == {"meta"}


def test_an_encoder_of_sentences_has_no_pooler() -> None:
    assert skeleton(BertConfig(**SMALL), Task.SENTENCE_SIMILARITY).pooler is None
    assert skeleton(BertConfig(**SMALL)).pooler is not None


@pytest.mark.parametrize("name", ["os", "not a name", "BertConfig", ""])
def test_a_name_that_is_not_a_model_is_passed_over(name: str) -> None:
    assert type(skeleton(BertConfig(**SMALL, architectures=[name]))) is BertModel


def test_a_model_that_transformers_does_not_make_is_refused() -> None:
    with pytest.raises(InvalidInput, match="object detection"):
        skeleton(BertConfig(), Task.OBJECT_DETECTION)

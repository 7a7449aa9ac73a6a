"""Which class a configuration becomes, and that it takes no memory."""

import pytest
from transformers import BertConfig, BertForQuestionAnswering, BertModel, GPT2Config, GPT2LMHeadModel

from models.catalog import Task
from models.errors import InvalidInput
from quantization.skeleton import skeleton

SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}


def test_a_task_decides_the_class_and_else_the_configuration_does() -> None:
    assert type(skeleton(BertConfig(**SMALL), Task.QUESTION_ANSWERING)) is BertForQuestionAnswering
    named = BertConfig(**SMALL, architectures=["BertForQuestionAnswering"])
    assert type(skeleton(named)) is BertForQuestionAnswering
    assert type(skeleton(BertConfig(**SMALL))) is BertModel


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

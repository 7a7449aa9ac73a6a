import pytest
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    BertConfig,
    GPT2Config,
)

from models.catalog import Task, find_card
from models.errors import InvalidInput, PrecisionNotApplicable
from models.pretrained import load_pretrained
from quantization.memory import bytes_needed, parameters, skeleton
from quantization.recipes import PRECISION_NAMES, find_precision

EXACT = ("fp32", "bf16", "int8", "bnb-int8")


@pytest.fixture(scope="module")
def gpt2():
    return skeleton(GPT2Config(), Task.TEXT_GENERATION)


def megabytes(model, precision: str) -> float:
    return sum(bytes_needed(model, precision).values()) / 1e6


def test_the_skeleton_takes_no_memory(gpt2):
    assert {parameter.device.type for parameter in gpt2.parameters()} == {"meta"}


def test_gpt2_has_the_published_number_of_parameters_and_the_tied_head_counts_once(gpt2):
    counts = parameters(gpt2)
    assert sum(counts.values()) == 124_439_808
    assert counts["head"] == 0
    assert counts["embeddings"] == (50_257 + 1024) * 768


def test_gpt2_in_fp32_and_int8(gpt2):
    """497.8 MB is published. Int8 by hand: fp32 embeddings, norms, biases; codes for blocks and head; their scales."""
    assert megabytes(gpt2, "fp32") == pytest.approx(497.759232)
    fp32 = (50_257 + 1024) * 768 + 25 * 2 * 768 + 12 * 9 * 768
    codes = 12 * 12 * 768**2 + 50_257 * 768
    scales = 16 * (12 * 9 * 768 + 50_257)
    assert megabytes(gpt2, "int8") * 1e6 == 4 * fp32 + codes + scales + 12 * 49
    assert megabytes(gpt2, "int8") <= 285


def test_gpt2_in_bitsandbytes_agrees_with_the_known_sizes(gpt2):
    assert megabytes(gpt2, "bnb-int8") == pytest.approx(164, abs=1)
    assert megabytes(gpt2, "bnb-nf4") == pytest.approx(127, abs=1)


def test_bert_base_is_440_megabytes():
    model = skeleton(BertConfig(), Task.QUESTION_ANSWERING)
    assert megabytes(model, "fp32") == pytest.approx(440, rel=0.02)


@pytest.mark.parametrize(
    ("task", "auto_class", "fixture"),
    [
        (Task.TEXT_GENERATION, AutoModelForCausalLM, "gpt2"),
        (Task.TEXT_TO_TEXT, AutoModelForSeq2SeqLM, "t5"),
        (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering, "bert_qa"),
        (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering, "roberta_qa"),
    ],
)
@pytest.mark.parametrize("name", [*EXACT, "bnb-nf4"])
def test_what_is_predicted_is_what_the_loaded_model_takes(tiny_models, task, auto_class, fixture, name):
    folder = getattr(tiny_models, fixture)()
    predicted = sum(bytes_needed(skeleton(AutoConfig.from_pretrained(folder), task), name).values())
    loaded = load_pretrained(auto_class, find_card(str(folder), task), "cpu", find_precision(name)).footprint
    # NF4 stores a description of each layer whose length varies by a few bytes.
    assert predicted == (loaded if name in EXACT else pytest.approx(loaded, rel=0.002))


@pytest.mark.parametrize("name", PRECISION_NAMES)
def test_every_precision_can_be_predicted(gpt2, name):
    assert megabytes(gpt2, name) > 0


def test_refusals(gpt2):
    with pytest.raises(PrecisionNotApplicable, match="no precision “int3”"):
        bytes_needed(gpt2, "int3")
    with pytest.raises(InvalidInput, match="object detection"):
        skeleton(None, Task.OBJECT_DETECTION)

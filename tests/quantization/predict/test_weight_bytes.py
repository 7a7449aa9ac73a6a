"""The bytes of weights: published counts, hand calculations, and the footprint of models that are really loaded."""

import pytest
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    GPT2Config,
)

from models.catalog import CATALOG, Task
from models.device import footprint
from models.errors import PrecisionNotApplicable
from models.weights.cards import find_card
from models.weights.configurations import find_configuration
from models.weights.pretrained import load_pretrained
from quantization.predict.stored_bytes import touched
from quantization.predict.weight_bytes import Anatomy, anatomy, layer_sizes
from quantization.recipes import PRECISION_NAMES, find_precision, offered
from quantization.skeleton import skeleton

LLAMA = "meta-llama/Meta-Llama-3-8B"
PUBLISHED = {
    "openai-community/gpt2": 124_439_808,
    "datificate/gpt2-small-spanish": 124_439_808,
    "distilbert/distilgpt2": 81_912_576,
    "google-t5/t5-base": 222_903_552,
    "google-t5/t5-small": 60_506_624,
    "deepset/roberta-base-squad2": 124_056_578,
    "deepset/tinyroberta-squad2": 81_529_346,
    "distilbert/distilbert-base-cased-distilled-squad": 65_192_450,
    "distilbert/distilbert-base-uncased-finetuned-sst-2-english": 66_955_010,
    "nlptown/bert-base-multilingual-uncased-sentiment": 167_360_261,
    "google-bert/bert-base-uncased": 110_106_428,
    "EleutherAI/gpt-neo-125m": 125_198_592,
    "google/vit-base-patch16-224": 86_567_656,
    "microsoft/resnet-50": 25_557_032,
    LLAMA: 8_030_261_248,
}
MODELS = {
    "gpt2": (Task.TEXT_GENERATION, AutoModelForCausalLM),
    "t5": (Task.TEXT_TO_TEXT, AutoModelForSeq2SeqLM),
    "bert_qa": (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering),
    "roberta_qa": (Task.QUESTION_ANSWERING, AutoModelForQuestionAnswering),
    "bert_classifier": (Task.TEXT_CLASSIFICATION, AutoModelForSequenceClassification),
    "distilbert_classifier": (Task.TEXT_CLASSIFICATION, AutoModelForSequenceClassification),
    "vit": (Task.IMAGE_CLASSIFICATION, AutoModelForImageClassification),
    "resnet": (Task.IMAGE_CLASSIFICATION, AutoModelForImageClassification),
    "timm": (Task.IMAGE_CLASSIFICATION, AutoModelForImageClassification),
}
# Each architecture and each precision that the CPU has, and where the two meet in a way of their own: Conv1D, a tied
# head, a table with two names. GPT-2 of real width meets every precision below.
LOADED = [
    ("gpt2", "int8-linear"),
    ("gpt2", "int8-tied"),
    ("gpt2", "bnb-nf4"),
    ("t5", "int8"),
    ("t5", "int8-tied"),
    ("t5", "int8-embeddings"),
    ("t5", "bnb-nf4-double"),
    ("bert_qa", "fp32"),
    ("bert_qa", "bnb-int8"),
    ("roberta_qa", "bf16"),
    ("roberta_qa", "int8-embeddings"),
    ("bert_classifier", "bnb-nf4"),
    ("distilbert_classifier", "int8"),
    ("distilbert_classifier", "bnb-int8"),
    ("vit", "int8"),
    ("resnet", "fp32"),
    ("resnet", "int8-linear"),
    ("timm", "bf16"),
    ("timm", "int8"),
    ("timm", "openvino"),
    ("bert_classifier", "openvino"),
    ("resnet", "openvino-int8"),
    ("timm", "openvino-int8"),
    ("distilbert_classifier", "openvino-int8"),
    ("gpt2", "openvino-int8"),
    ("t5", "openvino"),
    ("t5", "openvino-int8"),
]


def of(model_id: str) -> Anatomy:
    return anatomy(find_configuration(model_id))


def megabytes(model_id: str, precision: str) -> float:
    return sum(of(model_id).bytes_needed(precision).values()) / 1e6


@pytest.mark.parametrize("model_id", PUBLISHED)
def test_a_model_has_its_published_number_of_parameters(model_id: str) -> None:
    assert sum(of(model_id).parameters.values()) == PUBLISHED[model_id]


@pytest.mark.parametrize("card", [card for card in CATALOG if card.task.row.reads_text], ids=lambda card: card.model_id)
def test_every_text_model_of_the_catalog_comes_with_its_configuration(card) -> None:
    counts = of(card.model_id).parameters
    assert sum(counts.values()) == pytest.approx(card.parameters, rel=0.015)


def test_the_skeleton_takes_no_memory_and_a_large_one_is_built_at_once() -> None:
    model = of(LLAMA).model
    assert {tensor.device.type for tensor in [*model.parameters(), *model.buffers()]} == {"meta"}
    assert of(LLAMA).model is model  # not built again


def test_gpt2_by_part_and_the_tied_head_counts_once() -> None:
    counts = of("openai-community/gpt2").parameters
    assert counts["head"] == 0
    assert counts["embeddings"] == (50_257 + 1024) * 768
    assert counts["norms"] == 25 * 2 * 768
    assert counts["attention"] == 12 * (4 * 768**2 + 4 * 768)
    assert counts["feed-forward"] == 12 * (8 * 768**2 + 5 * 768)
    assert of("openai-community/gpt2").linear_weights == {"Conv1D": 84_934_656}


def test_gpt2_in_fp32_and_int8() -> None:
    """497.8 MB is published. Int8 by hand: fp32 embeddings, norms, biases; codes for blocks and head; their scales."""
    assert megabytes("openai-community/gpt2", "fp32") == pytest.approx(497.759232)
    fp32 = (50_257 + 1024) * 768 + 25 * 2 * 768 + 12 * 9 * 768
    codes = 12 * 12 * 768**2 + 50_257 * 768
    scales = 16 * (12 * 9 * 768 + 50_257)
    assert megabytes("openai-community/gpt2", "int8") * 1e6 == 4 * fp32 + codes + scales + 12 * 49
    assert megabytes("openai-community/gpt2", "int8") <= 285
    assert megabytes("openai-community/gpt2", "int8-tied") == pytest.approx(243, abs=2)
    assert megabytes("openai-community/gpt2", "int8-embeddings") <= 170


def test_the_usual_recipe_makes_gpt2_larger() -> None:
    assert megabytes("openai-community/gpt2", "int8-linear") == pytest.approx(537, abs=1)


def test_gpt2_in_bitsandbytes_agrees_with_the_known_sizes() -> None:
    assert megabytes("openai-community/gpt2", "bnb-int8") == pytest.approx(164, abs=1)
    assert megabytes("openai-community/gpt2", "bnb-nf4") == pytest.approx(127, abs=1)


def test_bert_base_is_440_megabytes() -> None:
    assert megabytes("google-bert/bert-base-uncased", "fp32") == pytest.approx(440, abs=0.5)


def test_llama_agrees_with_what_the_course_read() -> None:
    assert megabytes(LLAMA, "fp32") == pytest.approx(32_121.04550, abs=0.001)
    assert megabytes(LLAMA, "bnb-nf4") == pytest.approx(6_060.89267, rel=0.01)
    linear = 32 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14_336)
    kept = 2 * 128_256 * 4096 + 65 * 4096
    by_hand = linear / 2 + linear / 64 * 4 + 2 * kept
    assert megabytes(LLAMA, "bnb-nf4") * 1e6 == pytest.approx(by_hand, abs=224 * 200)
    doubled = linear / 2 + linear / 64 + linear / 64 / 256 * 4 + 2 * kept
    assert megabytes(LLAMA, "bnb-nf4-double") * 1e6 == pytest.approx(doubled, abs=224 * 1400)


@pytest.mark.parametrize(("fixture", "name"), LOADED)
def test_what_is_predicted_is_what_the_loaded_model_takes(tiny_models, fixture: str, name: str) -> None:
    task, auto_class = MODELS[fixture]
    folder = getattr(tiny_models, fixture)()
    model = skeleton(AutoConfig.from_pretrained(folder), task)
    precision = find_precision(name)
    predicted = sum(Anatomy(model, tuple(layer_sizes(model)), None, 0).bytes_needed(name).values())
    loaded = load_pretrained(auto_class, find_card(str(folder), task), "cpu", precision).footprint
    # Double quantization describes each layer in words that hold a number, with more digits or fewer.
    linears = len(touched(model, precision).linears)
    assert predicted == (pytest.approx(loaded, abs=8 * linears) if name == "bnb-nf4-double" else loaded)


def test_the_cases_hold_each_architecture_and_each_precision_of_the_cpu() -> None:
    assert {fixture for fixture, _ in LOADED} == set(MODELS)
    assert {name for _, name in LOADED} == set(PRECISION_NAMES) - {"fp16", "openvino-bf16"}


@pytest.mark.parametrize("fixture", ["bert_qa", "roberta_qa", "bert_classifier", "distilbert_classifier"])
def test_nothing_is_predicted_for_a_tied_head_that_a_model_does_not_have(tiny_models, fixture: str) -> None:
    model = skeleton(AutoConfig.from_pretrained(getattr(tiny_models, fixture)()), MODELS[fixture][0])
    with pytest.raises(PrecisionNotApplicable, match="no head"):
        touched(model, find_precision("int8-tied"))


@pytest.mark.parametrize("fixture", MODELS)
def test_fp16_keeps_wide_what_transformers_keeps_wide(tiny_models, fixture: str) -> None:
    import torch

    task, auto_class = MODELS[fixture]
    folder = getattr(tiny_models, fixture)()
    model = skeleton(AutoConfig.from_pretrained(folder), task)
    predicted = sum(Anatomy(model, tuple(layer_sizes(model)), None, 0).bytes_needed("fp16").values())
    assert predicted == footprint(auto_class.from_pretrained(folder, dtype=torch.float16))


@pytest.mark.parametrize("fixture", ["vit", "resnet", "timm"])
def test_a_folder_of_pictures_need_not_say_its_class(tiny_models, fixture: str) -> None:
    folder = getattr(tiny_models, fixture)()
    loaded = load_pretrained(AutoModelForImageClassification, find_card(str(folder), MODELS[fixture][0]), "cpu")
    body = of(str(folder))
    assert body.assumed is None
    assert sum(body.bytes_needed("fp32").values()) == loaded.footprint
    with pytest.raises(PrecisionNotApplicable, match="image classification"):
        body.bytes_needed("bnb-nf4")


@pytest.mark.parametrize("name", ["fp16", *(each.name for each in offered("cpu", Task.TEXT_GENERATION))])
def test_a_model_of_real_width_takes_what_is_predicted(tmp_path, name: str) -> None:
    """Width 768, with the parts of GPT-2: two blocks of it, so that it is made in a moment."""
    import torch
    from transformers import GPT2LMHeadModel

    config = GPT2Config(n_layer=2, vocab_size=5_000, architectures=["GPT2LMHeadModel"])
    model = GPT2LMHeadModel(config)
    model.save_pretrained(tmp_path)
    precision = find_precision(name)
    arguments = {"dtype": torch.float16} if name == "fp16" else precision.load_arguments("cpu")
    loaded = precision.apply(GPT2LMHeadModel.from_pretrained(tmp_path, **arguments))
    predicted = sum(of(str(tmp_path)).bytes_needed(name).values())
    assert predicted == pytest.approx(footprint(loaded), abs=64 if name == "bnb-nf4-double" else 0)


def test_a_sentence_encoder_has_no_pooler_and_its_classifier_pools_by_the_mean(tiny_models) -> None:
    from models.sentence_encoder import SentenceClassifier

    assert of("aula/minilm").parameters["others"] == 0
    body = of(str(tiny_models.sentence_classifier()))
    assert type(body.model) is SentenceClassifier
    assert body.parameters["head"] == 2 * 32 + 2


def test_masks_that_are_not_weights_are_told_apart() -> None:
    """GPT-Neo makes a mask of 2,048 × 2,048 bytes for each of its 12 blocks."""
    assert of("EleutherAI/gpt-neo-125m").tables == 12 * 2048**2
    assert megabytes("EleutherAI/gpt-neo-125m", "fp32") == pytest.approx(500.8, abs=0.05)


def test_refusals() -> None:
    with pytest.raises(PrecisionNotApplicable, match="no precision “int3”"):
        of("openai-community/gpt2").bytes_needed("int3")
    with pytest.raises(PrecisionNotApplicable, match="does not apply to image classification models"):
        of("google/vit-base-patch16-224").bytes_needed("int8-embeddings")
    with pytest.raises(PrecisionNotApplicable, match="no head that shares"):
        of("deepset/roberta-base-squad2").bytes_needed("int8-tied")

"""What the wrappers answer in precisions that are more than a dtype."""

from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoTokenizer

from models.catalog import ModelCard
from models.errors import PrecisionNotApplicable
from models.extractive_summary import ExtractiveSummarizer
from models.object_detection import ObjectDetector
from models.precision import FP32, Precision
from models.sentence_encoder import SentenceClassifier, SentenceEncoder
from models.tasks import Task
from models.text_classification import TextClassifier
from models.weights.cards import find_card
from quantization.recipes import INT8, find_precision
from tests.conftest import TinyModels
from tests.models.news import NEWS

TEXTS = ["A wonderful film with great actors!", "The food was cold.", "¡Qué bien! 😀"]


def classifier(folder: Path, precision: Precision = INT8) -> TextClassifier:
    return TextClassifier.load(ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=folder), "cpu", precision)


@pytest.mark.parametrize("builder", ["bert_classifier", "distilbert_classifier", "sentence_classifier"])
def test_a_classifier_in_int8_gives_nearly_the_same(tiny_models: TinyModels, builder: str) -> None:
    folder = getattr(tiny_models, builder)()
    full, small = classifier(folder, FP32), classifier(folder)
    assert small.precision == "int8"
    assert small.footprint < full.footprint
    for one, other in zip(full.classify(TEXTS), small.classify(TEXTS), strict=True):
        assert list(other.scores.values()) == pytest.approx(list(one.scores.values()), abs=0.06)
        assert sum(other.scores.values()) == pytest.approx(1, abs=1e-6)


def test_an_adapter_with_a_head_is_merged_and_then_quantized(tiny_models: TinyModels, tmp_path: Path) -> None:
    encoder = tiny_models.sentence_encoder()
    torch.manual_seed(3)
    start = SentenceClassifier.from_pretrained(encoder, id2label={0: "bad", 1: "good"})
    lora = LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query", "value"], init_lora_weights=False)
    adapted = get_peft_model(start, lora).eval()
    adapted.save_pretrained(tmp_path)
    start.config.save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    tokenizer.save_pretrained(tmp_path)
    with torch.no_grad():
        logits = adapted(input_ids=tokenizer(TEXTS[0], return_tensors="pt")["input_ids"]).logits[0]
    found = classifier(tmp_path).classify(TEXTS[:1])[0]
    assert list(found.scores.values()) == pytest.approx(logits.softmax(0).tolist(), abs=0.05)


def test_vectors_in_int8_point_the_same_way() -> None:
    card = find_card("aula/minilm", Task.SENTENCE_SIMILARITY)
    full, small = (SentenceEncoder.load(card, "cpu", precision) for precision in (FP32, INT8))
    assert small.footprint < full.footprint
    vectors = small.encode(TEXTS)
    assert vectors.dtype == torch.float32
    assert float((vectors * full.encode(TEXTS)).sum(1).min()) > 0.9


def test_in_int8_nearly_the_same_sentences_are_chosen() -> None:
    card = find_card("aula/extractive", Task.SUMMARIZATION)
    full, small = (ExtractiveSummarizer.load(card, "cpu", precision).select(NEWS) for precision in (FP32, INT8))
    exact = [sentence.score for sentence in full.sentences]
    assert [sentence.score for sentence in small.sentences] == pytest.approx(exact, abs=0.1)


@pytest.mark.parametrize("name", ["int8", "bnb-int8", "bnb-nf4"])
def test_quantized_precisions_are_refused_to_a_detector_by_name(tiny_models: TinyModels, name: str) -> None:
    card = ModelCard("tiny", Task.OBJECT_DETECTION, path=tiny_models.yolov5u())
    with pytest.raises(PrecisionNotApplicable, match="fp32, bf16"):
        ObjectDetector.load(card, device="cpu", precision=find_precision(name))

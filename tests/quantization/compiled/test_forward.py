"""Models computed by OpenVINO give what torch gives, whatever the size; who looks inside gets torch."""

import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from models.catalog import ModelCard, Task
from models.errors import PrecisionNotApplicable
from models.image_classification import ImageClassifier
from models.object_detection import ObjectDetector
from models.precision import FP32
from models.question_answering import QuestionAnswerer
from models.sentence_encoder import SentenceEncoder
from models.tasks import wrapper_class
from models.text_classification import TextClassifier
from models.threads import pinned_threads
from models.together import ready_for_several
from quantization.compiled import graphs
from quantization.compiled.forward import CompiledForward
from quantization.compiled.graphs import graphs_folder
from quantization.recipes import OPENVINO, OPENVINO_BF16
from tests.conftest import TinyModels

TEXTS = ["A wonderful film with great actors!", "No.", "The food was cold and the waiter in a hurry. " * 3]
CONTEXT = "The lighthouse was built by Ana Maria in 1887. It is painted red and white. " * 12
ROOT = Path(__file__).resolve().parents[3]


def both(task: Task, folder: Path) -> tuple:
    """The same model, computed by torch and by OpenVINO."""
    card = ModelCard("tiny", task, path=folder)
    return tuple(wrapper_class(task).load(card, "cpu", precision) for precision in (FP32, OPENVINO))


def made_by_openvino(model) -> bool:
    return bool(model.model.forward._graphs)


@pytest.mark.parametrize("builder", ["bert_qa", "roberta_qa"])
def test_answers_have_the_same_scores_in_texts_of_one_and_of_many_windows(tiny_models: TinyModels, builder) -> None:
    plain, fast = both(Task.QUESTION_ANSWERING, getattr(tiny_models, builder)())
    assert isinstance(plain, QuestionAnswerer)
    for context in (CONTEXT[:60], CONTEXT):
        asked = [model.read("Who built it?", context) for model in (plain, fast)]
        for one, other in zip(asked[0].answers, asked[1].answers, strict=True):
            assert (other.start, other.end) == (one.start, one.end)
            assert other.score == pytest.approx(one.score, abs=1e-3)
    assert made_by_openvino(fast)


@pytest.mark.parametrize("builder", ["bert_classifier", "distilbert_classifier", "sentence_classifier"])
def test_a_padded_batch_of_texts_has_the_same_scores(tiny_models: TinyModels, builder: str) -> None:
    plain, fast = both(Task.TEXT_CLASSIFICATION, getattr(tiny_models, builder)())
    assert isinstance(plain, TextClassifier)
    for one, other in zip(plain.classify(TEXTS), fast.classify(TEXTS), strict=True):
        assert list(other.scores.values()) == pytest.approx(list(one.scores.values()), abs=1e-3)
    words = [[word.importance for word in model.explain(TEXTS[0])] for model in (plain, fast)]
    assert words[1] == pytest.approx(words[0], abs=1e-3)
    assert made_by_openvino(fast)


def test_vectors_of_sentences_are_the_same(tiny_models: TinyModels) -> None:
    plain, fast = both(Task.SENTENCE_SIMILARITY, tiny_models.sentence_encoder())
    assert isinstance(plain, SentenceEncoder)
    assert torch.allclose(fast.encode(TEXTS), plain.encode(TEXTS), atol=1e-3)
    assert made_by_openvino(fast)


@pytest.mark.parametrize("builder", ["yolov5_original", "yolov5u"])
def test_boxes_are_within_a_tenth_of_a_pixel_at_every_size(tiny_models: TinyModels, builder: str) -> None:
    plain, fast = both(Task.OBJECT_DETECTION, getattr(tiny_models, builder)())
    assert isinstance(plain, ObjectDetector)
    with Image.open(ROOT / "images" / "bus.jpg") as picture:
        for image, size in (
            (picture, 160),
            (picture.rotate(90, expand=True), 320),
            (picture.crop((0, 0, 300, 60)), 96),
        ):
            found = [model.candidates(image, size) for model in (plain, fast)]
            assert found[1].boxes.shape == found[0].boxes.shape
            assert torch.allclose(found[1].boxes, found[0].boxes, atol=0.1)
            assert torch.allclose(found[1].confidences, found[0].confidences, atol=1e-3)
    assert made_by_openvino(fast)


@pytest.mark.parametrize("builder", ["vit", "resnet", "timm"])
def test_pictures_alone_and_together_have_the_same_scores(tiny_models: TinyModels, builder: str) -> None:
    plain, fast = both(Task.IMAGE_CLASSIFICATION, getattr(tiny_models, builder)())
    assert isinstance(plain, ImageClassifier)
    colours = [Image.new("RGB", (90, 70), colour) for colour in ("red", "navy", "white")]
    for images in (colours[:1], colours):
        for one, other in zip(plain.classify(images), fast.classify(images), strict=True):
            assert other.scores == pytest.approx(one.scores, abs=1e-3)
    assert made_by_openvino(fast)


@pytest.mark.parametrize("builder", ["vit", "resnet", "timm"])
def test_who_looks_inside_a_model_gets_torchs_own_numbers(tiny_models: TinyModels, builder: str) -> None:
    plain, fast = both(Task.IMAGE_CLASSIFICATION, getattr(tiny_models, builder)())
    image = Image.linear_gradient("L").convert("RGB")
    assert fast.explain(image) == plain.explain(image)
    assert torch.equal(fast.features([image]), plain.features([image]))


@pytest.mark.parametrize(
    ("task", "builder"), [(Task.TEXT_CLASSIFICATION, "bert_classifier"), (Task.TEXT_TO_TEXT, "t5")]
)
def test_what_several_people_get_is_compiled_before_they_come(
    tiny_models: TinyModels, task: Task, builder: str
) -> None:
    card = ModelCard("tiny", task, path=getattr(tiny_models, builder)())
    with pinned_threads(2):
        fast = wrapper_class(task).load(card, "cpu", OPENVINO)
        before = fast.footprint
        inputs = fast.tokenizer("One text.", return_tensors="pt")
        if task == Task.TEXT_TO_TEXT:
            inputs["decoder_input_ids"] = torch.tensor([[0, 5]])
        with torch.inference_mode():
            usual = fast.model(**inputs).logits
            weights = fast.model.forward.weight_bytes
            ready_for_several(fast)
            assert torch.get_num_threads() == 2
            assert fast.model.forward.weight_bytes == 2 * weights
            assert fast.footprint == before + weights
            ready_for_several(fast)  # nothing is left to do
            assert fast.model.forward.weight_bytes == 2 * weights
            with pinned_threads(1):
                assert torch.allclose(fast.model(**inputs).logits, usual, atol=1e-4)


def test_who_has_looked_inside_once_does_not_keep_openvino_away(tiny_models: TinyModels) -> None:
    """transformers leaves what it looks with inside a model."""
    plain, fast = both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())
    inputs = {"input_ids": torch.tensor([[2, 5, 3, 7]]), "attention_mask": torch.ones(1, 4, dtype=torch.long)}
    with torch.inference_mode():
        fast.model(**inputs)
        assert fast.model(**inputs, output_hidden_states=True).hidden_states
        fast.model.forward._torch = None  # calling it would be an error
        assert torch.allclose(fast.model(**inputs).logits, plain.model(**inputs).logits, atol=1e-4)


def test_gradients_come_from_torch(tiny_models: TinyModels) -> None:
    _, fast = both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())
    fast.model(input_ids=torch.tensor([[2, 5, 3]])).logits.sum().backward()
    assert fast.model.classifier.weight.grad is not None


def test_a_call_may_compute_with_fewer_threads(tiny_models: TinyModels) -> None:
    _, fast = both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())
    usual = fast.classify(TEXTS)
    with pinned_threads(1):
        alone = fast.classify(TEXTS)
    for one, other in zip(usual, alone, strict=True):
        assert list(other.scores.values()) == pytest.approx(list(one.scores.values()), abs=1e-4)


# What is kept on the disk


def test_the_second_time_nothing_is_converted(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_models.bert_classifier()
    _, first = both(Task.TEXT_CLASSIFICATION, folder)
    monkeypatch.setattr(graphs, "convert", None)  # calling it would be an error
    _, second = both(Task.TEXT_CLASSIFICATION, folder)
    assert second.classify(TEXTS)[0].scores == first.classify(TEXTS)[0].scores


@pytest.mark.parametrize("harm", ["cut", "zeroed", "no graph"])
def test_a_kept_graph_that_is_damaged_is_made_anew(tiny_models: TinyModels, harm: str) -> None:
    folder = tiny_models.bert_classifier()
    plain, _ = both(Task.TEXT_CLASSIFICATION, folder)
    [kept] = graphs_folder().iterdir()
    weights, graph = kept / "graph.bin", kept / "graph.xml"
    if harm == "no graph":
        graph.write_text("<net/>")
    else:
        content = weights.read_bytes()
        weights.unlink()  # a new file: the old one is still mapped into the memory of the model above
        weights.write_bytes(content[: len(content) // 2] if harm == "cut" else bytes(len(content)))
    _, again = both(Task.TEXT_CLASSIFICATION, folder)
    scores = [list(model.classify(TEXTS)[0].scores.values()) for model in (plain, again)]
    assert scores[1] == pytest.approx(scores[0], abs=1e-3)
    assert [path.name for path in graphs_folder().iterdir()] == [kept.name]


def test_other_weights_have_another_graph_and_the_oldest_makes_room(
    tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())
    [first] = graphs_folder().iterdir()
    both(Task.TEXT_CLASSIFICATION, tiny_models.distilbert_classifier())
    assert len(list(graphs_folder().iterdir())) == 2
    monkeypatch.setattr(graphs, "MOST_KEPT", 1)
    both(Task.SENTENCE_SIMILARITY, tiny_models.sentence_encoder())
    assert len(list(graphs_folder().iterdir())) == 1
    assert not first.exists()


def test_a_disk_that_takes_nothing_costs_only_the_next_time(tiny_models: TinyModels) -> None:
    graphs_folder().parent.mkdir(parents=True, exist_ok=True)
    graphs_folder().write_text("a file where the folder should be")
    _, fast = both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())
    assert made_by_openvino(fast)


# What it refuses


def test_a_model_of_which_openvino_gives_other_numbers_is_refused() -> None:
    """A traced Python number stays what it was in the example: here the length of the text."""

    class Lengthy(torch.nn.Module):
        main_input_name = "input_ids"

        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Embedding(50, 4)
            self.config = type("Config", (), {"vocab_size": 50, "pad_token_id": 0, "to_dict": lambda self: {}})()

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor]:
            return (self.table(input_ids).sum(1) * len(input_ids.tolist()[0]),)

    with pytest.raises(PrecisionNotApplicable, match="other numbers"):
        CompiledForward(Lengthy().eval(), "f32", 1e-4, 0).prepare()


def test_a_model_that_cannot_be_traced_is_refused_with_a_sentence(tiny_models: TinyModels, monkeypatch) -> None:
    def fails(*given: object) -> None:
        raise RuntimeError("an operation that OpenVINO does not know")

    monkeypatch.setattr(graphs, "convert", fails)
    with pytest.raises(PrecisionNotApplicable, match=r"cannot take over this kind of model \(RuntimeError\)"):
        both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())


def test_without_openvino_there_is_a_sentence(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(PrecisionNotApplicable, match=r"not installed here\. Choose fp32"):
        both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())


def test_bf16_is_refused_without_units_for_it(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantization.compiled.apply.knows_bf16", lambda: False)
    card = ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=tiny_models.bert_classifier())
    with pytest.raises(PrecisionNotApplicable, match="no units for bf16"):
        TextClassifier.load(card, "cpu", OPENVINO_BF16)

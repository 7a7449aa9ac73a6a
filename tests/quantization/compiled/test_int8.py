"""In 8 bits a model gives nearly what torch gives, for each row alone; one of which it does not is refused."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
import torch
from PIL import Image

from models.catalog import ModelCard, Task
from models.errors import PrecisionNotApplicable
from models.object_detection import ObjectDetector
from models.precision import FP32
from models.question_answering import QuestionAnswerer
from models.tasks import wrapper_class
from models.together import rows_are_alone
from models.weights.cards import find_card
from quantization.compiled import graphs, int8_forward, int8_graph, library, suite_examples
from quantization.compiled.forward import Graph
from quantization.compiled.graphs import graphs_folder
from quantization.compiled.int8_forward import Int8Forward
from quantization.compiled.library import core
from quantization.compiled.noise import noise
from quantization.measure.evaluation_sets import questions
from quantization.recipes import OPENVINO, OPENVINO_INT8
from tests.conftest import TinyModels

TEXTS = ["A wonderful film with great actors!", "No.", "The food was cold and the waiter in a hurry. " * 3]
ROOT = Path(__file__).resolve().parents[3]
KINDS = [
    (Task.QUESTION_ANSWERING, "bert_qa"),
    (Task.QUESTION_ANSWERING, "roberta_qa"),
    (Task.TEXT_CLASSIFICATION, "distilbert_classifier"),
    (Task.SENTENCE_SIMILARITY, "sentence_encoder"),
    (Task.IMAGE_CLASSIFICATION, "vit"),
    (Task.IMAGE_CLASSIFICATION, "resnet"),
    (Task.IMAGE_CLASSIFICATION, "timm"),
    (Task.OBJECT_DETECTION, "yolov5_original"),
    (Task.OBJECT_DETECTION, "yolov5u"),
]


# A detector of random weights gives all cells nearly the same scores, so that little noise is much of how they vary.
LENIENT = replace(OPENVINO_INT8, tolerance=0.6)


def both(task: Task, folder: Path) -> tuple[Any, Any]:
    """The same model, computed by torch and in 8 bits."""
    card = ModelCard("tiny", task, path=folder)
    fast = LENIENT if task == Task.OBJECT_DETECTION else OPENVINO_INT8
    return tuple(wrapper_class(task).load(card, "cpu", precision) for precision in (FP32, fast))


def graph_of(loaded: Any) -> Graph:
    forward = loaded.model.forward
    assert isinstance(forward, Int8Forward)
    [graph] = forward._graphs.values()
    return graph


def bytes_of(graph: Graph) -> set[str]:
    """The kinds of node that the processor computes from bytes."""
    compiled = graph.programs.now().compiled
    found = set()
    for node in compiled.get_runtime_model().get_ordered_ops():
        facts = node.get_rt_info()
        if facts["runtimePrecision"].value in ("u8", "i8"):
            found.add(facts["layerType"].value)
    return found


# The models


@pytest.mark.parametrize(("task", "builder"), KINDS)
def test_layers_are_computed_from_bytes_with_little_noise(tiny_models: TinyModels, task: Task, builder: str) -> None:
    _, fast = both(task, getattr(tiny_models, builder)())
    graph = graph_of(fast)
    kinds = {node.get_type_name() for node in graph.graph.get_ordered_ops()}
    assert "FakeQuantize" in kinds
    if "INT8" in core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        assert bytes_of(graph) & {"FullyConnected", "Convolution", "MatMul"}


def test_answers_are_those_of_torch() -> None:
    plain, fast = both_embedded("aula/qa-minilm", Task.QUESTION_ANSWERING)
    assert isinstance(plain, QuestionAnswerer)
    asked = [row for row in questions() if row.answers][:24]
    said = [[model.answer(row.question, row.context, 1)[0].text for row in asked] for model in (plain, fast)]
    assert sum(one == other for one, other in zip(*said, strict=True)) >= 22


def test_objects_are_those_of_torch() -> None:
    plain, fast = both_embedded("aula/yolov5s", Task.OBJECT_DETECTION)
    assert isinstance(plain, ObjectDetector)
    for name in ("bus", "chelsea"):
        with Image.open(ROOT / "images" / f"{name}.jpg") as picture:
            found = [model.detect(picture, confidence=0.5).detections for model in (plain, fast)]
        assert len(found[0]) == len(found[1]) > 0
        for one, other in zip(*(sorted(each, key=lambda object_: object_.box) for each in found), strict=True):
            assert other.label == one.label
            assert other.box == pytest.approx(one.box, abs=0.03 * max(picture.size))
            assert other.confidence == pytest.approx(one.confidence, abs=0.15)


def both_embedded(model_id: str, task: Task) -> tuple[Any, Any]:
    card = find_card(model_id, task)
    return tuple(wrapper_class(task).load(card, "cpu", precision) for precision in (FP32, OPENVINO_INT8))


def test_a_row_is_the_same_whatever_stands_beside_it(tiny_models: TinyModels) -> None:
    """The scales are fixed: a neighbour with numbers a hundred times as large would spoil one that is not."""
    _, fast = both(Task.TEXT_CLASSIFICATION, tiny_models.bert_classifier())
    assert rows_are_alone(fast.model)
    together = [list(each.scores.values()) for each in fast.classify(TEXTS)]
    alone = [list(fast.classify([text])[0].scores.values()) for text in TEXTS]
    assert numpy.array(together) == pytest.approx(numpy.array(alone), abs=5e-3)  # rounded anew in another shape


def test_pictures_are_the_same_whatever_stands_beside_them(tiny_models: TinyModels) -> None:
    _, fast = both(Task.IMAGE_CLASSIFICATION, tiny_models.vit())
    images = [Image.new("RGB", (90, 70), colour) for colour in ("red", "navy", "white")]
    together = [each.scores for each in fast.classify(images)]
    alone = [fast.classify([image])[0].scores for image in images]
    assert numpy.array(together) == pytest.approx(numpy.array(alone), abs=5e-3)


def test_who_looks_inside_gets_torchs_own_numbers(tiny_models: TinyModels) -> None:
    plain, fast = both(Task.IMAGE_CLASSIFICATION, tiny_models.vit())
    image = Image.linear_gradient("L").convert("RGB")
    assert fast.explain(image) == plain.explain(image)


# What is kept on the disk


def test_the_second_time_nothing_is_made(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_models.bert_classifier()
    _, first = both(Task.TEXT_CLASSIFICATION, folder)
    monkeypatch.setattr(graphs, "convert", None)  # calling one of them would be an error
    monkeypatch.setattr(int8_graph, "in_int8", None)
    _, second = both(Task.TEXT_CLASSIFICATION, folder)
    assert second.classify(TEXTS)[0].scores == first.classify(TEXTS)[0].scores


@pytest.mark.parametrize("harm", ["zeroed", "no graph", "of fp32 values that are not the model's"])
def test_a_kept_graph_that_is_damaged_is_made_anew(tiny_models: TinyModels, harm: str) -> None:
    folder = tiny_models.bert_classifier()
    _, first = both(Task.TEXT_CLASSIFICATION, folder)
    kept = max(graphs_folder().iterdir(), key=lambda path: b"FakeQuantize" in (path / "graph.xml").read_bytes())
    weights, graph = kept / "graph.bin", kept / "graph.xml"
    if harm == "no graph":
        graph.write_text("<net/>")
    else:
        content = weights.read_bytes()
        weights.unlink()  # a new file: the old one is still mapped into the memory of the model above
        weights.write_bytes(bytes(len(content)) if harm == "zeroed" else content[::-1])
    _, again = both(Task.TEXT_CLASSIFICATION, folder)
    assert again.classify(TEXTS)[0].scores == first.classify(TEXTS)[0].scores
    assert b"FakeQuantize" in graph.read_bytes()


def test_other_examples_make_another_graph(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_models.bert_classifier()
    both(Task.TEXT_CLASSIFICATION, folder)
    before = {path.name for path in graphs_folder().iterdir()}
    monkeypatch.setattr(suite_examples, "questions", lambda: questions()[::-1])
    both(Task.TEXT_CLASSIFICATION, folder)
    assert len({path.name for path in graphs_folder().iterdir()} - before) == 1


# What it refuses


class Uneven(torch.nn.Module):
    """Which way a token's vector points. That of one token, with which all texts begin, is a thousand times as long."""

    main_input_name = "input_ids"

    def __init__(self, words: int, long: int):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.turned = torch.nn.Embedding(words, 16), torch.nn.Linear(16, 16, bias=False)
        with torch.no_grad():
            self.table.weight[long] *= 1000
        self.config = type("Config", (), {"vocab_size": words, "pad_token_id": 0, "to_dict": lambda self: {}})()

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor]:
        vectors = self.turned(self.table(input_ids))
        return (vectors / vectors.norm(dim=-1, keepdim=True) * attention_mask[..., None],)


def test_a_model_of_which_8_bits_give_other_answers_is_refused(tiny_models: TinyModels) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_models.bert_classifier())
    model = Uneven(len(tokenizer), tokenizer.cls_token_id)
    with pytest.raises(PrecisionNotApplicable, match=r"8 bits are too few for this model.*Choose openvino or fp32"):
        OPENVINO_INT8.apply(model, tokenizer)
    even = Uneven(len(tokenizer), tokenizer.cls_token_id)
    even.table.weight.data[tokenizer.cls_token_id] /= 1000
    OPENVINO_INT8.apply(even, tokenizer)


def test_without_pictures_there_is_a_sentence(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite_examples, "picture_files", lambda: ())
    with pytest.raises(PrecisionNotApplicable, match="none in the folder images/"):
        both(Task.OBJECT_DETECTION, tiny_models.yolov5_original())


def test_without_its_tokenizer_a_model_is_refused(tiny_models: TinyModels) -> None:
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(tiny_models.bert_classifier())
    with pytest.raises(PrecisionNotApplicable, match="Load the model from its folder"):
        OPENVINO_INT8.apply(model)


# The graph, by hand


class Layers(torch.nn.Module):
    """Products, with channels as uneven as those behind a normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(16, 32), torch.nn.Linear(32, 8, bias=False)

    def forward(self, values: torch.Tensor) -> tuple[torch.Tensor]:
        return (self.second(torch.nn.functional.gelu(self.first(values))),)


def converted(module: torch.nn.Module, example: torch.Tensor) -> Any:
    traceable = graphs.Traceable(module.eval(), module.forward, ["values"])
    return graphs.convert(traceable, {"values": (-1, *example.shape[1:])}, {"values": example})


def computed(graph: Any, values: torch.Tensor) -> numpy.ndarray:
    return core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([values.numpy()])[0]


def test_uneven_channels_lose_little_and_weights_take_a_byte() -> None:
    torch.manual_seed(0)
    module, values = Layers(), torch.randn(2, 64, 16)
    values[..., 3] *= 50  # one channel
    expected = module(values)[0].detach().numpy()
    graph = converted(module, values)
    whole = library.sums_bytes_in_32_bits()
    largest = int8_graph.LARGEST_WEIGHT if whole else int8_graph.LARGEST_FOR_16_BITS
    made = int8_graph.in_int8(graph, [[values[:1].numpy()]], largest)
    assert numpy.abs(computed(made, values) - expected).std() < (0.03 if whole else 0.06) * expected.std()
    codes = [node for node in made.get_ordered_ops() if str(node.output(0).get_element_type()) == "<Type: 'int8_t'>"]
    assert sorted(node.get_data().size for node in codes) == [8 * 32, 32 * 16]
    assert computed(graph, values) == pytest.approx(expected, abs=1e-4)  # the graph that it was made from stays


def test_without_vnni_weights_are_smaller_so_that_two_products_fit_in_16_bits(
    tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=tiny_models.bert_classifier())
    whatever_the_noise = replace(OPENVINO_INT8, tolerance=100.0)  # of sums that are cut off on this machine
    largest = []
    monkeypatch.setattr(int8_forward, "knows_bf16", lambda: False)
    for sums_whole in (True, False):
        monkeypatch.setattr(int8_forward, "sums_bytes_in_32_bits", lambda answer=sums_whole: answer)
        graph = graph_of(wrapper_class(card.task).load(card, "cpu", whatever_the_noise)).graph
        codes = [node for node in graph.get_ordered_ops() if node.output(0).get_element_type().to_string() == "i8"]
        largest.append(max(int(numpy.abs(node.get_data().astype(int)).max()) for node in codes))
    assert largest == [127, 63]
    assert 2 * 255 * 63 < 2**15 <= 2 * 255 * 127


@pytest.mark.parametrize(
    ("limit", "bf16", "vnni"),
    [("AVX2", False, False), ("AVX512_CORE_VNNI", False, True), ("avx512_core_amx", True, True)],
)
def test_kernels_that_are_told_to_do_without_units_are_not_asked_for_them(
    monkeypatch: pytest.MonkeyPatch, limit: str, bf16: bool, vnni: bool
) -> None:
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx_vnni": True})
    monkeypatch.setattr(library, "core", lambda: SimpleNamespace(get_property=lambda *asked: ["FP32", "BF16", "INT8"]))
    assert (library.knows_bf16(), library.sums_bytes_in_32_bits()) == (bf16, vnni)
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx2": True})
    assert not library.sums_bytes_in_32_bits()


@pytest.mark.parametrize(("low", "high"), [(-0.28, 5.3), (0.0, 6.0), (-3.0, -1.0), (0.0, 0.0), (2.0, 9.0)])
def test_zero_is_one_of_the_levels(low: float, high: float) -> None:
    first, last = int8_graph._ends(int8_graph._Range(numpy.float32([low]), numpy.float32([high])))
    step = (last - first) / 255
    assert first / step == pytest.approx(round(first / step), abs=1e-6)
    assert first <= min(low, 0) + step / 2
    assert last >= max(high, 0) - step / 2


class Convolutions(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.own = torch.nn.Conv2d(3, 8, 3), torch.nn.Conv2d(8, 8, 3, groups=8)
        self.inner, self.last = torch.nn.Conv2d(8, 8, 1), torch.nn.Conv2d(8, 4, 1)

    def forward(self, values: torch.Tensor) -> tuple[torch.Tensor]:
        return (self.last(self.inner(self.own(self.first(values)).relu()).relu()),)


def test_of_convolutions_only_those_in_between_and_of_all_channels_become_bytes() -> None:
    pixels = torch.rand(1, 3, 16, 16)
    made = int8_graph.in_int8(converted(Convolutions(), pixels), [[pixels.numpy()]])
    into = [
        layer.input(0).get_source_output().get_node().get_type_name() == "FakeQuantize"
        for layer in made.get_ordered_ops()
        if layer.get_type_name().endswith("Convolution")
    ]
    assert into == [False, False, True, False]


def test_a_model_without_such_layers_is_refused() -> None:
    pixels = torch.rand(1, 3, 16, 16)
    module = Convolutions()
    module.own = module.inner = torch.nn.Identity()
    with pytest.raises(PrecisionNotApplicable, match="no layer that 8 bits would make faster"):
        int8_graph.in_int8(converted(module, pixels), [[pixels.numpy()]])


# The measure


def test_noise_is_a_share_of_how_much_the_outputs_vary() -> None:
    expected = [[torch.tensor([1.0, -1.0])], [torch.tensor([3.0, -3.0])]]  # mean 0, squares 1 1 9 9
    off = [[torch.tensor([1.0, 0.0])], [torch.tensor([3.0, -3.0])]]
    assert noise(expected, expected) == 0
    assert noise(off, expected) == pytest.approx((1 / 20) ** 0.5)
    shifted = [[tensor + 100 for tensor in each] for each in expected]
    assert noise(shifted, shifted) == 0
    assert noise([[torch.ones(2)], [torch.ones(2)]], [[torch.zeros(2)], [torch.zeros(2)]]) == float("inf")
    assert noise([[torch.tensor([float("nan"), 0.0])], expected[1]], expected) == float("inf")
    assert noise([[torch.ones(3)], expected[1]], expected) == float("inf")


def test_of_two_kinds_of_output_the_worse_one_counts() -> None:
    boxes, scores = torch.tensor([0.0, 640.0]), torch.tensor([0.0, 1.0])
    assert noise([[boxes + 1, scores]], [[boxes, scores]]) < 0.01
    assert noise([[boxes, 1 - scores]], [[boxes, scores]]) == pytest.approx(2)


def test_fp32_by_openvino_is_not_touched(tiny_models: TinyModels) -> None:
    card = ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=tiny_models.bert_classifier())
    exact = wrapper_class(card.task).load(card, "cpu", OPENVINO)
    wrapper_class(card.task).load(card, "cpu", OPENVINO_INT8)
    [graph] = exact.model.forward._graphs.values()
    assert "FakeQuantize" not in {node.get_type_name() for node in graph.graph.get_ordered_ops()}

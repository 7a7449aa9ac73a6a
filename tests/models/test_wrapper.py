"""What all wrappers share: they hold what loading gave, and fail with the same sentences.

python -m pytest tests/models/test_wrapper.py
"""

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import pytest
import torch
from PIL import Image

from models.catalog import ModelCard
from models.errors import InvalidInput, OutOfMemory, PrecisionNotApplicable
from models.precision import FP32
from models.tasks import Task, wrapper_class
from models.text.label_sentences import LabelSentences
from models.wrapper import LoadedModel, Pretrained, Wrapper, finite, readable, running
from tests.conftest import TinyModels

TEXT = "A good film. The food was cold. Nobody knows why."
BROKEN = "caf\udce9 and more"  # a byte that was not UTF-8, as Python keeps it


@dataclass(frozen=True)
class Case:
    """A task, the tiny model for it, and one use of its wrapper that runs the model on a text."""

    task: Task
    model: str
    use: Callable[[Any, str], Any]


LABELS = LabelSentences(("a", "b"))
CASES = [
    Case(Task.QUESTION_ANSWERING, "bert_qa", lambda wrapper, text: wrapper.read("Who?", text)),
    Case(Task.TEXT_TO_TEXT, "t5", lambda wrapper, text: list(wrapper.translate(text))),
    Case(Task.TEXT_GENERATION, "gpt2", lambda wrapper, text: wrapper.complete(text)),
    Case(Task.TEXT_CLASSIFICATION, "bert_classifier", lambda wrapper, text: wrapper.classify([text])),
    Case(Task.SENTENCE_SIMILARITY, "sentence_encoder", lambda wrapper, text: wrapper.encode([text])),
    Case(Task.ZERO_SHOT, "bert_nli", lambda wrapper, text: list(wrapper.sort_each([text], LABELS))),
    Case(Task.LABEL_SIMILARITY, "sentence_encoder", lambda wrapper, text: list(wrapper.sort_each([text], LABELS))),
    Case(Task.SUMMARIZATION, "sentence_encoder", lambda wrapper, text: list(wrapper.summarize(text))),
    Case(
        Task.OBJECT_DETECTION, "yolov5_original", lambda wrapper, _: wrapper.detect(Image.new("RGB", (64, 64), "grey"))
    ),
    Case(Task.IMAGE_CLASSIFICATION, "vit", lambda wrapper, _: wrapper.classify([Image.new("RGB", (64, 64), "grey")])),
]
OF_TEXT = [case for case in CASES if case.task.row.reads_text]
# What fails with one text is a Failure in its place where labels are one's own: tests/models/test_zero_shot.py.
RAISING = [case for case in CASES if case.task not in (Task.ZERO_SHOT, Task.LABEL_SIMILARITY)]
READING = [case for case in RAISING if case in OF_TEXT]


def loaded(tiny_models: TinyModels, case: Case) -> Any:
    card = ModelCard("tiny", case.task, path=getattr(tiny_models, case.model)())
    return wrapper_class(case.task).load(card, "cpu", FP32)


@contextmanager
def failing(wrapper: Any, problem: Exception) -> Iterator[None]:
    """Lets each run of the wrapper's model end in this error."""

    def fail(*_: Any) -> None:
        raise problem

    hook = wrapper.model.register_forward_pre_hook(fail)
    try:
        yield
    finally:
        hook.remove()


def task_of(case: Case) -> str:
    return case.task.value


# What they hold


@pytest.mark.parametrize("case", CASES, ids=task_of)
def test_a_wrapper_holds_what_loading_gave(tiny_models: TinyModels, case: Case) -> None:
    wrapper = loaded(tiny_models, case)
    assert isinstance(wrapper, LoadedModel)
    assert {field.name for field in fields(Pretrained)} <= vars(wrapper).keys()
    assert (wrapper.card.task, wrapper.device.type, wrapper.precision) == (case.task, "cpu", "fp32")
    assert wrapper.footprint > 0
    assert wrapper.load_seconds > 0
    assert (wrapper.tokenizer is None) == (not case.task.row.reads_text)


def test_every_task_has_a_case() -> None:
    of_an_extra = {Task.TEXT_TO_IMAGE}  # tests/models/test_text_to_image.py
    assert {case.task for case in CASES} == set(Task) - of_an_extra


@pytest.mark.parametrize("task", Task)
def test_every_wrapper_is_loaded_in_the_way_that_serving_relies_on(task: Task) -> None:
    parameters = inspect.signature(wrapper_class(task).load).parameters
    assert list(parameters) == list(inspect.signature(Wrapper.load).parameters)
    assert parameters["device"].default == "auto"
    assert parameters["precision"].default is FP32


# A full memory


@pytest.mark.parametrize(
    "problem",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        torch.OutOfMemoryError("out of memory"),
    ],
    ids=["Python", "CPU", "CUDA"],
)
@pytest.mark.parametrize("case", RAISING, ids=task_of)
def test_each_wrapper_names_a_full_memory(tiny_models: TinyModels, case: Case, problem: Exception) -> None:
    wrapper = loaded(tiny_models, case)
    with failing(wrapper, problem), pytest.raises(OutOfMemory) as caught:
        case.use(wrapper, TEXT)
    smaller = "a smaller image size or model" if case.task == Task.OBJECT_DETECTION else "a smaller model"
    assert str(caught.value) == f"There is not enough memory to run tiny. Close other programs, or choose {smaller}."


@pytest.mark.parametrize("case", CASES, ids=task_of)
def test_another_error_of_a_model_stays_what_it_is(tiny_models: TinyModels, case: Case) -> None:
    wrapper = loaded(tiny_models, case)
    with (
        failing(wrapper, RuntimeError("shapes do not match")),
        pytest.raises(RuntimeError, match="shapes do not match"),
    ):
        case.use(wrapper, TEXT)


def test_running_lets_everything_else_through() -> None:
    card = ModelCard("tiny", Task.TEXT_GENERATION)
    with running(card):
        pass
    with pytest.raises(KeyError), running(card):
        raise KeyError("memory")


# Overflow


@pytest.mark.parametrize("case", [case for case in READING if case.task != Task.TEXT_TO_TEXT], ids=task_of)
@pytest.mark.parametrize("number", [torch.inf, -torch.inf, torch.nan], ids=str)
def test_each_wrapper_that_reads_numbers_names_an_overflow(tiny_models: TinyModels, case: Case, number: float) -> None:
    def overflow(_: Any, __: Any, output: Any) -> None:
        for value in output.values():
            if isinstance(value, torch.Tensor):
                value.fill_(number)

    wrapper = loaded(tiny_models, case)
    wrapper.model.register_forward_hook(overflow)
    with pytest.raises(PrecisionNotApplicable) as caught:
        case.use(wrapper, TEXT)
    assert str(caught.value) == "The numbers of tiny overflow in fp32. Load it in bf16 or fp32."


def test_finite_numbers_come_back_in_float32() -> None:
    wrapper = LoadedModel(Pretrained(ModelCard("tiny", Task.TEXT_GENERATION), None, None, None, "bf16", 0, 0.0))
    numbers = torch.tensor([1.5, -3.0], dtype=torch.bfloat16)
    assert finite(numbers, wrapper).dtype == torch.float32
    assert finite(numbers, wrapper).tolist() == [1.5, -3.0]
    with pytest.raises(PrecisionNotApplicable, match="overflow in bf16"):
        finite(torch.tensor([1.0, torch.inf]), wrapper)


# Text that is not text


@pytest.mark.parametrize("case", READING, ids=task_of)
def test_each_wrapper_refuses_bytes_that_are_not_utf_8(tiny_models: TinyModels, case: Case) -> None:
    with pytest.raises(InvalidInput) as caught:
        case.use(loaded(tiny_models, case), BROKEN)
    assert str(caught.value).endswith("The text holds bytes that are not UTF-8. Save the file as UTF-8 and try again.")


def test_readable_text_comes_back_as_it_is() -> None:
    for text in ("", "été 🙂", "\ud7ff\ue000"):  # the characters just before and after those that stand for bytes
        assert readable(text) is text
    for text in ("\ud800", "\udfff", f"a{BROKEN}"):
        with pytest.raises(InvalidInput):
            readable(text)


def test_the_module_brings_no_torch() -> None:
    code = "import sys, models.wrapper; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

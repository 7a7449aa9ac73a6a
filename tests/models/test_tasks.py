"""One row a task, and what derives from the rows."""

import pytest
import transformers

from models.tasks import ROWS, TEXT_TASKS, WRITING_TASKS, Task, task_made_with, wrapper_class


def test_every_task_has_a_row() -> None:
    assert set(ROWS) == set(Task)


@pytest.mark.parametrize("task", list(Task))
def test_the_wrapper_that_a_row_names_loads_cards(task: Task) -> None:
    assert callable(wrapper_class(task).load)


@pytest.mark.parametrize("task", [task for task in Task if task.row.auto_class])
def test_the_class_that_a_row_names_reads_folders(task: Task) -> None:
    assert callable(getattr(transformers, task.row.auto_class or "").from_pretrained)


def test_text_is_read_by_the_tasks_whose_row_says_so() -> None:
    assert {Task.QUESTION_ANSWERING, Task.SUMMARIZATION, *WRITING_TASKS} <= TEXT_TASKS
    assert Task.OBJECT_DETECTION not in TEXT_TASKS
    assert {Task.TEXT_GENERATION, Task.TEXT_TO_TEXT} == WRITING_TASKS


def test_a_task_that_adds_a_rule_to_another_one_s_models_is_loaded_as_that() -> None:
    assert {task: task.loaded_as for task in Task if task.loaded_as != task} == {
        Task.SUMMARIZATION: Task.SENTENCE_SIMILARITY,
        Task.ZERO_SHOT: Task.TEXT_CLASSIFICATION,
        Task.LABEL_SIMILARITY: Task.SENTENCE_SIMILARITY,
    }


def test_a_command_names_the_model_that_it_uses() -> None:
    assert Task.TEXT_GENERATION.row.command("trained/mine") == 'python aula.py generate "Me gusta" --model trained/mine'
    assert Task.TEXT_GENERATION.row.command() == 'python aula.py generate "Me gusta" --model FOLDER'
    assert Task.SENTENCE_SIMILARITY.row.command("trained/mine") is None


def test_the_hub_calls_a_task_as_we_do_but_for_two() -> None:
    assert {task: task.pipeline for task in Task if task.pipeline != task} == {
        Task.TEXT_TO_TEXT: "translation",
        Task.LABEL_SIMILARITY: "zero-shot-classification",
    }


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("RobertaForQuestionAnswering", Task.QUESTION_ANSWERING),
        ("T5ForConditionalGeneration", Task.TEXT_TO_TEXT),
        ("T5WithLMHeadModel", Task.TEXT_TO_TEXT),
        ("GPT2LMHeadModel", Task.TEXT_GENERATION),
        ("LlamaForCausalLM", Task.TEXT_GENERATION),
        ("SentenceClassifier", Task.TEXT_CLASSIFICATION),
        ("YOLOv5Detector", Task.OBJECT_DETECTION),
        ("WhisperForConditionalGeneration", None),
        ("BertModel", None),
        ("", None),
    ],
)
def test_an_architecture_tells_the_task(architecture: str, task: Task | None) -> None:
    assert task_made_with(architecture) == task

"""What the steps are asked to show. Imports no torch, so that a page can draw before the libraries are there."""

from dataclasses import dataclass

from models.catalog import Task

TASKS = (Task.TEXT_CLASSIFICATION, Task.QUESTION_ANSWERING, Task.TEXT_GENERATION, Task.TEXT_TO_TEXT)
# A notebook elsewhere has transformers and bitsandbytes; the layers of int8 are the suite's own.
PRECISION_NAMES = ("fp32", "bf16", "fp16", "bnb-int8", "bnb-nf4", "bnb-nf4-double")
MOST_NEW_TOKENS = 60


@dataclass(frozen=True)
class Asked:
    """What the steps are run for; `models.steps.plan` says what it may be.

    `text` is the text to classify, continue or translate, or the one that a `question` is about. `target` is the
    language to translate to, the model's first where it is empty; `new_tokens` how many tokens a text is continued by,
    1 to 60. `until` is the last step to run, one of STEP_NAMES; None runs all.
    """

    task: Task
    text: str
    question: str = ""
    target: str = ""
    new_tokens: int = 12
    until: str | None = None

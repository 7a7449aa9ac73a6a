"""What a training will need is worked out once for what it learns from, and never told of anything else."""

import pytest

from apps.ui.training import settings
from apps.ui.training.settings import foreseen
from apps.ui.training.steps import TrainingPage
from training.job_folders import TEXTS


class Examples:
    """What a training learns from."""


def test_what_was_foreseen_of_examples_that_are_gone_is_not_told_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.st, "session_state", {})
    page, examples = TrainingPage(TEXTS, "test", "rows"), Examples()
    assert foreseen(page, ("head",), examples, lambda: "first") == "first"
    assert foreseen(page, ("head",), examples, lambda: "again") == "first"
    assert foreseen(page, ("all",), examples, lambda: "another way") == "another way"

    del examples  # whose address the next ones are likely to get

    assert foreseen(page, ("all",), Examples(), lambda: "others") == "others"

"""The page of trainings on pictures, as the rooms that all trainings share know it."""

from typing import Any

from apps.ui.training.steps import TrainingPage
from training.job_folders import PICTURES

PICTURE_PAGE = TrainingPage(PICTURES, "teach", "pictures")
KEPT: dict[str, Any] = {"persist_state": "session"}  # of a widget whose value is to survive a visit to another step

"""The page of trainings on texts, as the rooms that all trainings share know it."""

from apps.ui.training.steps import TrainingPage
from training.job_folders import TEXTS

TEXT_PAGE = TrainingPage(TEXTS, "transfer", "rows")

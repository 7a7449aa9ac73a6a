"""Vectors give a head what it would get from its base, and cost no more than the time there is."""

import torch

from training import classifier_lessons
from training.classifier_lessons import TokenLesson, VectorLesson, lesson
from training.classifier_models import prepare


def test_vectors_give_a_head_what_it_would_get_from_its_base(tiny_models, rows) -> None:
    learner = prepare(str(tiny_models.sentence_classifier()), rows.labels)
    quick, slow = lesson(learner), TokenLesson(learner)
    assert isinstance(quick, VectorLesson)
    torch.testing.assert_close(
        quick.probabilities(quick.items(rows.split.train)), slow.probabilities(slow.items(rows.split.train))
    )


def test_vectors_are_computed_for_no_longer_than_there_is_time(tiny_models, rows, monkeypatch) -> None:
    monkeypatch.setattr(classifier_lessons, "VECTORS_AT_ONCE", 5)
    lessons = lesson(prepare(str(tiny_models.sentence_classifier()), rows.labels))
    assert len(lessons.items(rows.split.train, seconds=-1)) == 5
    assert len(lessons.items(rows.split.train)) == len(rows.split.train)

"""The more learns, the more a training is predicted to need."""

from training import classifier_plan
from training.classifier_models import METHODS
from training.classifier_plan import estimate


def test_more_learning_is_predicted_to_take_more(rows, monkeypatch) -> None:
    monkeypatch.setattr(classifier_plan, "operations_per_second", lambda: 1e11)  # else measured anew for each
    texts = [*rows.split.train, *rows.split.test]
    head, lora, everything = (estimate(texts, method) for method in METHODS)
    assert head.trainable < lora.trainable < everything.trainable == everything.total == head.total
    assert head.memory_bytes < lora.memory_bytes < everything.memory_bytes
    assert everything.memory_bytes > 16 * everything.total  # weights, gradients and two means, 4 bytes each
    assert head.seconds < everything.seconds

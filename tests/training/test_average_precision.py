"""Average precision, by hand and beside that of ultralytics."""

import numpy
import pytest

from training.average_precision import AveragePrecision, intersection_over_union


def test_average_precision_of_a_small_example() -> None:
    precision = AveragePrecision()
    first, second = (0.0, 0.0, 10.0, 10.0), (20.0, 20.0, 30.0, 30.0)
    near = (0.0, 0.0, 10.0, 8.0)
    found = [("cat", 0.9, near), ("cat", 0.8, first), ("cat", 0.7, second), ("dog", 0.6, second)]
    precision.add(found, [("cat", first), ("cat", second)])
    assert intersection_over_union(near, first) == pytest.approx(0.8)
    # Right, wrong (the box is taken), right: up to half of the recall with precision 1, then 2/3.
    assert precision.by_class() == {"cat": pytest.approx((51 + 50 * 2 / 3) / 101)}


def test_average_precision_is_that_of_ultralytics() -> None:
    from models.pictures.ultralytics_setup import prepare_ultralytics

    prepare_ultralytics()
    from ultralytics.utils.metrics import ap_per_class

    generator = numpy.random.default_rng(0)
    precision, outcomes, objects = AveragePrecision(), [], []
    for _ in range(200):
        number = int(generator.integers(2))
        box = (0.0, 0.0, *generator.uniform(5, 50, 2).tolist())
        objects.append(number)
        detections = []
        for shift in (0.0, 1000.0):  # one on the object, one beside it
            confidence = float(generator.uniform(0, 1) * (1.0 if shift else 1.5))
            if generator.random() < 0.7:
                moved = (box[0] + shift, box[1], box[2] + shift, box[3])
                detections.append((str(number), confidence, moved))
                outcomes.append((shift == 0.0, confidence, number))
        precision.add(detections, [(str(number), box)])
    right, confidences, numbers = (numpy.array(column) for column in zip(*outcomes, strict=True))
    theirs = ap_per_class(right[:, None], confidences, numbers, numpy.array(objects))[5][:, 0]
    ours = precision.by_class()
    assert [ours["0"], ours["1"]] == pytest.approx(theirs.tolist(), abs=0.01)

"""How well objects are detected: average precision at an overlap of one half, as COCO and VOC measure it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

Box = tuple[float, float, float, float]
Objects = Iterable[tuple[str, Box]]


@dataclass
class AveragePrecision:
    """Collects pictures with `add`; `by_class` gives the figures.

    Each true box counts once: the most certain detection of its class that covers it by at least `overlap`
    (intersection over union) is right, every further one is wrong.
    """

    overlap: float = 0.5
    outcomes: dict[str, list[tuple[float, bool]]] = field(default_factory=lambda: defaultdict(list))
    objects: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, detections: Iterable[tuple[str, float, Box]], truths: Objects) -> None:
        """One picture: detections as (class, confidence, box) and true objects as (class, box), in the same units."""
        left: dict[str, list[Box]] = defaultdict(list)
        for name, box in truths:
            left[name].append(box)
            self.objects[name] += 1
        for name, confidence, box in sorted(detections, key=lambda detection: -detection[1]):
            overlaps = [intersection_over_union(box, truth) for truth in left[name]]
            right = bool(overlaps) and max(overlaps) >= self.overlap
            if right:
                left[name].pop(overlaps.index(max(overlaps)))
            self.outcomes[name].append((confidence, right))

    def by_class(self) -> dict[str, float]:
        """Average precision, 0–1, of each class that has true objects: the precision averaged over 101 recalls."""
        return {name: _area(self.outcomes[name], count) for name, count in self.objects.items()}


def intersection_over_union(one: Box, other: Box) -> float:
    """How much of two boxes is shared, 0–1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (_size(one) + _size(other) - shared)


def _size(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _area(outcomes: list[tuple[float, bool]], objects: int) -> float:
    recalls, precisions, right = [], [], 0
    for count, (_, is_right) in enumerate(sorted(outcomes, key=lambda outcome: -outcome[0]), 1):
        right += is_right
        recalls.append(right / objects)
        precisions.append(right / count)
    # The best precision that is possible at this recall or more.
    for index in range(len(precisions) - 2, -1, -1):
        precisions[index] = max(precisions[index], precisions[index + 1])
    total, index = 0.0, 0
    for step in range(101):
        while index < len(recalls) and recalls[index] < step / 100 - 1e-12:
            index += 1
        total += precisions[index] if index < len(recalls) else 0.0
    return total / 101

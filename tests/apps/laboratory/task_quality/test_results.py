"""What a precision costs, in words."""

from apps.laboratory.task_quality.results import capitalized, signed_points


def test_small_words() -> None:
    assert [signed_points(points) for points in (0.44, -1.25, 0.01)] == ["+0.4", "−1.2", "0.0"]
    assert [capitalized(name) for name in ("F1", "chrF", "exact match")] == ["F1", "chrF", "Exact match"]

"""Names of parts are known as people write them; those of classes are not taken for such."""

import pytest

from training.part_names import part_called, rank


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("train", "train"),
        (" Training_Set ", "train"),
        ("trainset", "train"),
        ("train data", "train"),
        ("Entrenamiento", "train"),
        ("val", "validation"),
        ("dev-set", "validation"),
        ("Validación", "validation"),
        ("test_images", "test"),
        ("holdout", "test"),
        ("trains", None),
        ("set", None),
        ("testimony", None),
        ("dataset", None),
        ("", None),
    ],
)
def test_what_a_name_means(name: str, part: str | None) -> None:
    assert part_called(name) == part


def test_what_one_learns_from_comes_before_what_one_is_tested_on() -> None:
    names = [
        "Test.csv",
        "opiniones_test_01.csv",
        "Validation",
        "reviews-train.tsv",
        "Training_Set",
        "trainspotting.csv",
    ]
    assert sorted(names, key=rank) == [
        "reviews-train.tsv", "Training_Set", "Validation", "Test.csv", "opiniones_test_01.csv", "trainspotting.csv",
    ]  # fmt: skip

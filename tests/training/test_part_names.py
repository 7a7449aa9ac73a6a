"""Names of parts are known as people write them; those of classes are not taken for such."""

import pytest

from training.part_names import part_called


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

"""A sample is the same each time, and a file that the collection lacks is named."""

from pathlib import Path

import pytest

from models.errors import InvalidInput
from training.collection import existing, sample


def test_a_sample_is_always_the_same_in_the_order_of_the_rows() -> None:
    rows = list(range(100))
    assert sample(rows, 10) == sample(rows, 10) == sorted(sample(rows, 10))
    assert len(sample(rows, 10)) == len(set(sample(rows, 10))) == 10
    assert sample(rows, None) == sample(rows, 100) == sample(rows, 200) == rows
    assert sample(rows, 10) != rows[:10]


def test_a_file_that_is_missing_is_named_with_the_option_that_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "valid.txt").touch()
    assert existing(tmp_path / "valid.txt") == tmp_path / "valid.txt"
    with pytest.raises(InvalidInput, match=r"There is no .*test\.txt\. Give --data"):
        existing(tmp_path / "test.txt")

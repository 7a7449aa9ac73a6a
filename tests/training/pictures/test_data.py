"""The split of labelled pictures: by class, with a seed, and never with one file in two parts."""

from collections import Counter

import pytest

from models.errors import InvalidInput
from tests.training.pictures.drawn import files, picture, zipped
from training.pictures.data import Picture, PictureData, PictureSplit, split
from training.pictures.reading import read_archive


def pictures(counts: dict[str, int], part: str | None = None) -> list[Picture]:
    return [
        Picture(f"{label}/{n}", label, 9, 9, f"{label} {n} {part}", b"", part)
        for label, count in counts.items()
        for n in range(count)
    ]


def counts(parts: PictureSplit) -> list[dict[str, int]]:
    return [dict(Counter(one.label for one in part)) for part in (parts.train, parts.validation, parts.test)]


def test_every_class_is_shared_out_in_the_same_fractions() -> None:
    parts = split(PictureData("p", tuple(pictures({"a": 60, "b": 10, "c": 3}))))
    assert counts(parts) == [{"a": 42, "b": 7, "c": 1}, {"a": 6, "b": 1, "c": 1}, {"a": 12, "b": 2, "c": 1}]


def test_the_seed_decides() -> None:
    data = PictureData("p", tuple(pictures({"a": 60, "b": 60})))
    assert split(data, 1) == split(data, 1) != split(data, 2)


def test_copies_of_a_file_come_into_one_part() -> None:
    contents = files(20) | {f"red/copy{n}.png": picture(seed=7) for n in range(10)}
    contents |= {f"green/copy{n}.png": picture(seed=7) for n in range(3)}  # even with another label
    parts = split(read_archive(zipped(contents), "a.zip"), seed=3)
    digests = [{one.digest for one in part} for part in (parts.train, parts.validation, parts.test)]
    assert not digests[0] & digests[1]
    assert not digests[0] & digests[2]
    assert not digests[1] & digests[2]
    assert sum(map(len, (parts.train, parts.validation, parts.test))) == len(contents)


@pytest.mark.parametrize("other", ["validation", "test"])
def test_given_parts_stay_and_the_missing_one_is_taken_from_training(other: str) -> None:
    data = PictureData("p", tuple(pictures({"a": 40, "b": 40}, "train") + pictures({"a": 5, "b": 5}, other)))
    assert counts(split(data)) == [{"a": 35, "b": 35}, {"a": 5, "b": 5}, {"a": 5, "b": 5}]
    assert {one.part for one in split(data).test} == {other}


def test_three_given_parts_are_kept() -> None:
    every = [one for part in ("train", "validation", "test") for one in pictures({"a": 4, "b": 4}, part)]
    parts = split(PictureData("p", tuple(every)))
    assert [{one.part for one in part} for part in (parts.train, parts.validation, parts.test)] == [
        {"train"}, {"validation"}, {"test"},
    ]  # fmt: skip


def test_a_class_that_is_only_tested_is_named() -> None:
    data = PictureData("p", tuple(pictures({"a": 4}, "train") + pictures({"a": 4, "b": 4}, "test")))
    with pytest.raises(InvalidInput, match="The class “b” of p has no picture in the folder “train”"):
        split(data)

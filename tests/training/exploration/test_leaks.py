"""What stands in two parts is counted as asking each item would count it."""

import random

import pytest

from training.exploration.leaks import find_leaks, part_names


def test_counts_are_those_of_asking_each_item() -> None:
    choose = random.Random(0)
    for _ in range(30):
        parts = [choose.choice(["test", "train", "validation"]) for _ in range(40)]
        content = [choose.randrange(25) for _ in parts]
        near = {(a, b) for a in range(25) for b in range(a) if choose.random() < 0.02}
        groups = [[p for p, c in enumerate(content) if c == value] for value in sorted(set(content))]
        first = {content[group[0]]: group[0] for group in groups}
        pairs = [(first[a], first[b]) for a, b in near if a in first and b in first]

        found = {(leak.first, leak.second): (leak.same, leak.near) for leak in find_leaks(parts, groups, pairs)}

        for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
            inside = {c for c, part in zip(content, parts, strict=True) if part == one}
            asked = [c for c, part in zip(content, parts, strict=True) if part == other]
            same = sum(c in inside for c in asked)
            alike = sum(c not in inside and any((c, i) in near or (i, c) in near for i in inside) for c in asked)
            assert found.get((one, other), (0, 0)) == (same, alike)


def test_examples_name_one_item_of_each_part() -> None:
    [leak] = find_leaks(["train", "test", "train", "test"], [(0, 1)], [(2, 3)])
    assert (leak.same, leak.near, leak.total) == (1, 1, 2)
    assert leak.examples == ((0, 1), (2, 3))


def test_what_is_in_one_part_only_leaks_nowhere() -> None:
    assert find_leaks(["train"] * 4, [(0, 1), (2, 3)], [(0, 2)]) == ()


@pytest.mark.parametrize(("values", "are"), [(("train", "test"), True), (("Train", "dev"), True), (("train",), False),
                                             (("good", "bad"), False), (("train", "other"), False)])  # fmt: skip
def test_names_of_parts_are_known(values: tuple[str, ...], are: bool) -> None:
    assert part_names(dict.fromkeys(values, 1)) == are


def test_what_one_learns_from_comes_first_however_it_is_written() -> None:
    assert [(leak.first, leak.second) for leak in find_leaks(["Test.csv", "Train.csv"], [(0, 1)], [])] == [
        ("Train.csv", "Test.csv")
    ]

"""What is said of what a classifier knows."""

from apps.words.known_labels import known_text


def test_a_few_labels_are_named_and_that_there_is_nothing_else() -> None:
    assert known_text(("mug", "pen")) == (
        "It knows 2 labels (mug, pen) and nothing else: of whatever it is shown, it says one of them."
    )


def test_of_many_labels_the_first_are_named() -> None:
    assert "20 labels (0, 1, 2, 3, 4, 5, 6, 7, …)" in known_text([str(number) for number in range(20)])


def test_a_thousand_labels_that_begin_with_a_fish_are_imagenet_and_have_no_person() -> None:
    imagenet = ["tench, Tinca tinca", *map(str, range(999))]
    assert "A person is not among them" in known_text(imagenet)
    assert "A person" not in known_text(["a fish", *map(str, range(999))])

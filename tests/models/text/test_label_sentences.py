"""Labels as people type them, and the sentence of each."""

import pytest

from models.errors import InvalidInput
from models.text.label_sentences import LabelSentences, labels_in


def test_labels_stand_between_commas_semicolons_and_line_ends() -> None:
    assert labels_in(" delivery,  broken\tdevice;praise\n,, x ") == ("delivery", "broken device", "praise", "x")
    assert labels_in(" , ;\n") == ()


def test_each_label_takes_its_place_and_braces_in_it_mean_nothing() -> None:
    wanted = LabelSentences(("sport", "{0.__class__}"), "It is {}, {x}.")
    assert wanted.sentences == ("It is sport, {x}.", "It is {0.__class__}, {x}.")


@pytest.mark.parametrize(
    ("labels", "template", "several", "says"),
    [
        ((), "It is {}.", False, "There is no label"),
        (("a",), "It is {}.", False, "every text would get it for certain"),
        (("a", " A"), "It is {}.", False, "more than once"),
        (tuple(map(str, range(200))), "It is {}.", True, "200 labels, and at most 100"),
        (("a", "\u200b"), "It is {}.", False, "is empty"),
        (("a", "b" * 201), "It is {}.", False, "201 characters"),
        (("a", "b"), "It is.", False, "needs one {}"),
        (("a", "b"), "{} {}", False, "needs one {}"),
        (("a", "b"), "x" * 300 + "{}", False, "302 characters"),
    ],
)
def test_what_cannot_be_asked_gets_a_sentence(labels: tuple[str, ...], template: str, several: bool, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        LabelSentences(labels, template, several).require_usable()


def test_one_label_can_be_judged_by_itself() -> None:
    LabelSentences(("urgent",), several=True).require_usable()

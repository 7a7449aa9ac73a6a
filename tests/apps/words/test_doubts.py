"""What is said beside a translation that is not all it looks like."""

import pytest

from apps.words.doubts import about_pieces, about_translation
from models.catalog import Task
from models.text.pieces import Piece
from serving.loading import ModelKey, load
from training.translation import BAD

FLIGHT = "My flight AF1234 leaves at 17:45 from gate 36."


def piece(source: str, line: int, **doubts: object) -> Piece:
    return Piece(source, "…", line, 2, "translation", line, **doubts)


def test_what_is_not_in_a_translation_is_named_with_its_line() -> None:
    lost = {"lost_numbers": ("25", "1,000"), "lost_things": ("a@b.org", "25")}
    pieces = [piece("The sea.", 0), piece("25 boats, 1,000 fish, a@b.org.", 1, **lost)]
    assert about_pieces(pieces, "a/model") == ["Not in the translation: line 2: 25, 1,000, a@b.org. Check it there."]
    said = "Of line 2, not in the translation: 25, 1,000, a@b.org. Check it there."
    assert list(about_translation(pieces[1], "a/model", "line 2")) == [said]


def test_a_table_of_numbers_is_one_doubt() -> None:
    pieces = [piece(f"{number} boats.", number, lost_numbers=(f"{number}",)) for number in range(10, 410)]
    [said] = about_pieces(pieces, "a/model")
    assert said.startswith("Not in the translation: line 11: 10; line 12: 11; ")
    assert said.endswith("line 15: 14; and in 395 more places. Check it there.")


def test_a_translation_that_was_cut_says_so() -> None:
    [said] = about_pieces([piece("The sea.", 0, unfinished=True)], "a/model")
    assert said == "The translation of line 1 reached the limit of its length before its end, and was cut there."


@pytest.mark.weights
def test_the_embedded_model_is_found_out_where_it_leaves_out_a_number() -> None:
    assert ("es", FLIGHT) in BAD
    model = load(ModelKey(Task.TEXT_TO_TEXT, "aula/t5-mini", "cpu", "fp32"))
    [found] = model.translate(FLIGHT, "spanish")
    assert "1234" not in found.text
    assert found.lost_numbers == ("1234",)

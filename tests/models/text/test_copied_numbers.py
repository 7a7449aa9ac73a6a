"""Which digits a search may write: those of the source, whole, and as it writes them."""

import pytest
import torch

from models.text.copied_numbers import CopiedNumbers, tokens_with_digits

PIECES = ["<pad>", "</s>", "▁a", ",", "▁", *"0123456789", "▁20", "09", "00,", "<0x80>", "<extra_id_7>"]
NUMBER = {piece: number for number, piece in enumerate(PIECES)}
FREE = {"<pad>", "</s>", "▁a", ",", "▁", "<0x80>", "<extra_id_7>"}  # no digits: wherever no number is begun


def tokens(*pieces: str) -> list[int]:
    return [NUMBER[piece] for piece in pieces]


def allowed(sources: list[list[int]], *rows: list[int]) -> list[set[str]]:
    """What may follow each row."""
    scores = CopiedNumbers(tokens_with_digits(PIECES), sources)(torch.tensor(rows), torch.zeros(len(rows), len(PIECES)))
    return [{PIECES[number] for number in row.isfinite().nonzero().flatten().tolist()} for row in scores]


def test_tokens_with_digits_are_not_those_that_have_them_in_their_names() -> None:
    assert set(tokens_with_digits(PIECES).values()) == {*"0123456789", "▁20", "09", "00,"}


@pytest.mark.parametrize(
    ("written", "follows"),
    [
        (["<pad>", "▁a", "▁"], FREE | {"2", "▁20"}),
        (["<pad>", "▁a", "2"], {"0"}),  # neither its end nor another digit
        (["<pad>", "▁", "2", "0"], {"0", "09"}),
        (["<pad>", "▁a", "▁20"], {"0", "09"}),
        (["<pad>", "▁", "2", "0", "0"], {"9"}),
        (["<pad>", "▁", "2", "0", "0", "9"], FREE | {"▁20"}),  # whole: another number may follow, no digit
    ],
)
def test_a_number_is_written_as_in_its_source(written: list[str], follows: set[str]) -> None:
    [found] = allowed([tokens("▁a", "▁", "2", "0", "0", "9", "</s>")], tokens(*written))
    assert found == follows


def test_marks_between_digits_are_free_and_pieces_of_several_digits_too() -> None:
    source = tokens("▁", "1", ",", "0", "0", "9", "</s>")
    assert allowed([source], tokens("<pad>", "1", ",")) == [FREE | {"1", "0"}]
    assert allowed([tokens("▁20", "09")], tokens("<pad>", "▁20", "0")) == [{"9"}]
    assert "00," in allowed([tokens("1", "0", "0", ",", "▁")], tokens("<pad>", "1"))[0]
    assert "00," not in allowed([tokens("1", "0", "9", ",", "▁")], tokens("<pad>", "1"))[0]


def test_a_source_without_numbers_allows_any() -> None:
    assert allowed([tokens("▁a", "<0x80>", "</s>")], tokens("<pad>", "2")) == [set(PIECES)]


def test_each_text_has_its_own_numbers_in_all_of_its_beams() -> None:
    rows = [tokens("<pad>", "▁")] * 4
    one, same, other, like = allowed([tokens("1", "2"), tokens("3")], *rows)
    assert one == same == FREE | {"1"}
    assert other == like == FREE | {"3"}


def test_digits_of_another_script_are_copied_as_their_values() -> None:
    pieces = ["<pad>", "▁", *"0123456789", *"٠١٢٣٤٥٦٧٨٩"]
    number = {piece: place for place, piece in enumerate(pieces)}
    source = [number[digit] for digit in "٢٠"]
    found = CopiedNumbers(tokens_with_digits(pieces), [source])(torch.tensor([[0, 1]]), torch.zeros(1, len(pieces)))
    assert {pieces[place] for place in found[0].isfinite().nonzero().flatten().tolist()} == {"<pad>", "▁", "2", "٢"}

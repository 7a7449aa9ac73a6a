"""Pieces of a translation or summary, put together."""

import json

from models.text.pieces import Piece, join


def test_what_is_done_so_far_can_be_joined() -> None:
    pieces = [
        Piece(word, word.upper(), n, 3, "translation", line)
        for n, (word, line) in enumerate([("a", 0), ("b", 0), ("c", 2)])
    ]
    assert [join(pieces[:n]) for n in range(4)] == ["", "A", "A B", "A B\n\nC"]
    assert json.loads(json.dumps(pieces[0].as_dict()))["text"] == "A"


def test_a_second_round_of_summaries_takes_the_place_of_the_first() -> None:
    rounds = [("A", 0), ("B", 1), ("C", 2), ("AB", 0), ("C'", 1)]
    pieces = [Piece("", text, index, 6, "part", number) for index, (text, number) in enumerate(rounds)]
    assert [join(pieces[:n]) for n in range(1, 6)] == ["A", "A\nB", "A\nB\nC", "AB", "AB\nC'"]


def test_the_summary_of_the_whole_is_the_summary() -> None:
    pieces = [Piece("", "A", 0, 3, "part", 0), Piece("", "B", 1, 3, "part", 1), Piece("", "AB", 2, 3, "whole", 0)]
    assert join(pieces) == "AB"
    assert join(iter(pieces[:2])) == "A\nB"

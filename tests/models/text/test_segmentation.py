"""Sentences of English and Spanish texts, and pieces that fit."""

import itertools
import random

import pytest

from models.errors import InvalidInput
from models.text.segmentation import cut, require_text, sentence_spans, sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("No mark at the end", ["No mark at the end"]),
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ("He said “Go.” She went.", ["He said “Go.”", "She went."]),
        ('"Stop!" he said. Then silence.', ['"Stop!" he said.', "Then silence."]),
        ("(It rained.) We stayed.", ["(It rained.)", "We stayed."]),
        ("Mr. Smith met Dr. Jones. They spoke.", ["Mr. Smith met Dr. Jones.", "They spoke."]),
        ("J. R. R. Tolkien wrote it. Nobody else did.", ["J. R. R. Tolkien wrote it.", "Nobody else did."]),
        ("Pi is 3.14 and e is 2.72. Both go on.", ["Pi is 3.14 and e is 2.72.", "Both go on."]),
        ("See fig. 3 and No. 5 of vol. 2. It helps.", ["See fig. 3 and No. 5 of vol. 2.", "It helps."]),
        ("It ended in 1999. 2000 was better.", ["It ended in 1999.", "2000 was better."]),
        ("Apples, e.g. Boskoop, are sour. Pears are not.", ["Apples, e.g. Boskoop, are sour.", "Pears are not."]),
        ("Wait... what? Now.", ["Wait... what?", "Now."]),
        ("visit www.example.org. ok", ["visit www.example.org. ok"]),
        ("So do I. You too.", ["So do I.", "You too."]),
        ("¿Qué hora es? ¡Las tres! Vamos.", ["¿Qué hora es?", "¡Las tres!", "Vamos."]),
        ("Spread\n over  lines.\tSecond one.", ["Spread over lines.", "Second one."]),
        ("... Dots first. Then words.", ["...", "Dots first.", "Then words."]),
        ("He said no. Then he left.", ["He said no.", "Then he left."]),
        ("A. K. Ray and S.M. Krishna met. They left.", ["A. K. Ray and S.M. Krishna met.", "They left."]),
        ("They left the U.S. In May they came back.", ["They left the U.S.", "In May they came back."]),
        (
            "The U.S. Senate met at 5 p.m. Monday. It was brief.",
            ["The U.S. Senate met at 5 p.m. Monday.", "It was brief."],
        ),
        ("Pens, ink, etc. The shop is old.", ["Pens, ink, etc.", "The shop is old."]),
        (
            "On Jan. 5 it rose 3.5% to $1.2 billion. Then it fell.",
            ["On Jan. 5 it rose 3.5% to $1.2 billion.", "Then it fell."],
        ),
        ("La Sra. Ruiz vive en la Avda. Goya. Su hijo no.", ["La Sra. Ruiz vive en la Avda. Goya.", "Su hijo no."]),
        (
            "Véase la pág. 12 del cap. 3. Fuimos al mar. Era verano.",
            ["Véase la pág. 12 del cap. 3.", "Fuimos al mar.", "Era verano."],
        ),
        (
            "Vive en EE.UU. desde el año 44 a.C. según él. «¿Sí?» Eso dijo.",
            ["Vive en EE.UU. desde el año 44 a.C. según él.", "«¿Sí?»", "Eso dijo."],
        ),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\n ", []),
        ("A title\nThe text begins. It ends.", ["A title", "The text begins.", "It ends."]),
        ("- apples\n- pears\n\nBuy them.", ["- apples", "- pears", "Buy them."]),
        ("Ana: Are you coming?\nBen: I am.", ["Ana: Are you coming?", "Ben: I am."]),
        (
            "A program wraps its lines when they have become so long that they\nare hard to read. Others do not.",
            ["A program wraps its lines when they have become so long that they\nare hard to read.", "Others do not."],
        ),
        (
            "The line ends before a name, at a width that many programs use: there\nMartha waits. She waves.",
            ["The line ends before a name, at a width that many programs use: there\nMartha waits.", "She waves."],
        ),
        ("First half\n\nof two paragraphs", ["First half", "of two paragraphs"]),
        (
            "He wants to help someone.The money came. “Yes.”She",
            ["He wants to help someone.", "The money came.", "“Yes.”She"],
        ),
        ("Use Node.js or U.S.Steel at example.org.", ["Use Node.js or U.S.Steel at example.org."]),
        ("One. \r\n Two.", ["One.", "Two."]),
    ],
)
def test_sentences_of_a_text_know_their_place(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


def test_spans_leave_out_nothing_but_white_space() -> None:
    chance = random.Random(2)
    for _ in range(300):
        text = "".join(
            chance.choice(["Ab", "cd. ", "\n", " ", '"', "! ", "Dr. ", "3", "E.", "gone.She "]) for _ in range(60)
        )
        spans = sentence_spans(text)
        assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_pieces_are_whole_sentences_while_they_fit() -> None:
    text = "Aa aa. Bb bb. Cc cc. Dd dd."
    assert cut(text, lambda piece: len(piece) <= 13) == ["Aa aa. Bb bb.", "Cc cc. Dd dd."]
    assert cut(text, lambda piece: len(piece) <= 12) == ["Aa aa.", "Bb bb.", "Cc cc.", "Dd dd."]
    assert cut(text, lambda piece: True) == [text]


def test_a_sentence_that_is_too_long_is_cut_at_spaces_and_a_word_anywhere() -> None:
    assert cut("Short. one two three four five.", lambda piece: len(piece) <= 13) == [
        "Short. one",
        "two three",
        "four five.",
    ]
    assert cut("Go. abcdefghij", lambda piece: len(piece) <= 4) == ["Go.", "abcd", "efgh", "ij"]


def test_nothing_is_lost_and_no_piece_could_have_been_longer() -> None:
    chance = random.Random(0)
    for _ in range(200):
        words = ["x" * chance.randint(1, 6) + chance.choice(["", "", ".", "!"]) for _ in range(chance.randint(1, 40))]
        text, limit = " ".join(words), chance.randint(8, 40)
        pieces = cut(text, lambda piece, limit=limit: len(piece) <= limit)
        assert " ".join(pieces) == text
        assert all(len(piece) <= limit for piece in pieces)


def test_packing_equals_taking_one_unit_after_another() -> None:
    chance = random.Random(1)
    for _ in range(100):
        found = [f"S{'x' * chance.randint(1, 20)}." for _ in range(chance.randint(1, 60))]
        limit = chance.randint(22, 120)
        expected = [found[0]]
        for sentence in found[1:]:
            if len(expected[-1]) + 1 + len(sentence) <= limit:
                expected[-1] += f" {sentence}"
            else:
                expected.append(sentence)
        assert cut(" ".join(found), lambda piece, limit=limit: len(piece) <= limit) == expected


@pytest.mark.parametrize("row", [".", '!"', "“", ". “", ". A", "a"])
def test_long_rows_of_marks_end(row: str) -> None:
    assert "".join("".join(sentences(row * 50_000)).split()) == "".join((row * 50_000).split())
    text = f"{row}\n" * 50_000
    assert "".join("".join(text[start:end].split()) for start, end in sentence_spans(text)) == "".join(text.split())


def test_a_limit_that_nothing_meets_still_ends() -> None:
    assert cut("ab c", lambda piece: False) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "complaint"), [("", "no text"), (" \n\t", "no text"), ("12345678901", "at most 10"), ("a\udce9b", "UTF-8")]
)
def test_unusable_text_is_refused_with_a_next_step(text: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        require_text(text, 10)


def test_usable_text_is_accepted() -> None:
    require_text("été 🙂", 10)

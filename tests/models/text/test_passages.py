"""What a text is made of: sentences in several scripts, lines, and stretches where there are neither."""

import pytest

from models.text.passages import Passages, passages, word_count


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in passages(text).spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("猫在睡觉。狗在叫！你看见了吗？", ["猫在睡觉。", "狗在叫！", "你看见了吗？"]),
        (
            "猫が寝ている。「静かに。」と母が言った。犬も寝た。",
            ["猫が寝ている。", "「静かに。」と母が言った。", "犬も寝た。"],
        ),
        ("बिल्ली सो रही है। कुत्ता जाग गया। क्यों?", ["बिल्ली सो रही है।", "कुत्ता जाग गया।", "क्यों?"]),
        ("أين القطة؟ القطة نائمة. الكلب صاحٍ.", ["أين القطة؟", "القطة نائمة.", "الكلب صاحٍ."]),
        ("¿Duerme? ¡Duerme ya! El perro ladra.", ["¿Duerme?", "¡Duerme ya!", "El perro ladra."]),
    ],
)
def test_each_language_has_its_own_full_stops(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected
    assert passages(text).kind == "sentences"


@pytest.mark.parametrize(
    "text",
    [
        "flour\nsugar\nsalt\nbutter",
        "- Flour\n- sugar\n- salt",
        "1. flour\n2. sugar\n3. salt",
        "a\t1\nb\t2\nc\t3",
        "|a|1|\n|b|2|\n|c|3|",
    ],
)
def test_items_and_rows_are_passages_of_their_own(text: str) -> None:
    assert pieces(text) == text.split("\n")
    assert passages(text).kind == "lines"


def test_a_wrapped_sentence_stays_one() -> None:
    text = "The old bridge over the river was closed last week because\nof the flood. It opens again. We are glad."
    assert len(pieces(text)) == 3
    assert passages(text).kind == "sentences"


def test_a_talk_without_a_full_stop_is_cut_into_short_stretches() -> None:
    talk = " ".join(f"so they came to town number {number} and saw nothing there" for number in range(30))
    found = pieces(talk)
    assert passages(talk).kind == "lengths"
    assert " ".join(found) == talk
    assert max(map(word_count, found)) <= 1.5 * 25
    assert len(found) > 12


def test_pauses_come_before_lengths() -> None:
    text = "we went by train and boat, and the sea was calm; " * 12
    assert passages(text).kind == "pauses"
    assert all(piece[-1] in ",;" for piece in pieces(text))


def test_captions_in_short_lines_are_cut_at_lines() -> None:
    text = "so we begin with the harbour\nand the boats that come in\n" * 15
    assert passages(text).kind == "lines"
    assert not any(piece.startswith(" ") or piece.endswith(" ") for piece in pieces(text))


def test_chinese_without_any_mark_is_cut_between_characters() -> None:
    text = "我们从港口开始讲起然后看早上进来的船" * 12
    assert "".join(pieces(text)) == text
    assert len(pieces(text)) >= 8


def test_a_sentence_over_half_a_page_does_not_swallow_the_text() -> None:
    text = "It rained. " + "they walked and walked, " * 40 + "and came home. It was late."
    assert max(map(word_count, pieces(text))) < word_count(text) / 4


def test_fewer_than_three_passages_are_the_whole() -> None:
    assert passages("One sentence. And another.") == Passages([(0, 13), (14, 26)], "whole")


def test_two_characters_of_a_script_without_spaces_count_as_a_word() -> None:
    assert word_count("two words") == 2
    assert word_count("猫在睡觉") == 2


def test_a_book_without_a_full_stop_is_cut() -> None:
    assert len(pieces("猫" * 200_000)) > 2_000

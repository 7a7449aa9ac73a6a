"""What is a line, and what of a field is a text."""

from models.text.lines import lines_in, texts_in


def test_lines_end_where_editors_end_them_and_nowhere_else() -> None:
    assert lines_in("one\r\ntwo\rthree\nfour") == ["one", "two", "three", "four"]
    assert lines_in("a\u2028b\u0085c\x0bd\x0ce\x1ef\n") == ["a\u2028b\u0085c\x0bd\x0ce\x1ef"]
    assert lines_in("one\n\n") == ["one", ""]
    assert lines_in("") == []


def test_each_line_that_holds_something_is_a_text() -> None:
    assert texts_in("  Good film.\u2028Really. \n\n \t\nBad film.") == ("Good film.\u2028Really.", "Bad film.")

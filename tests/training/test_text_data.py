"""Rows with a text and a label: which are used, what is told about them, and how they are split."""

from collections import Counter

import pytest

from models.errors import InvalidInput
from training.text_data import (
    SAMPLE,
    Row,
    alike_labels,
    doubtful_labels,
    facts,
    garbled_rows,
    guessed_columns,
    read_texts,
    require_trainable,
    same_text,
    split,
    unread_lines,
)
from training.text_files import read_table


def rows_of(**counts: int) -> list[Row]:
    """So many rows of each label, every text different."""
    labels = [label for label, count in counts.items() for _ in range(count)]
    return [Row(number, f"text {number}", label) for number, label in enumerate(labels, 2)]


def data_of(content: str, name: str = "a.csv", **options):
    return read_texts(content.encode(), name, **options)


def csv_of(rows: list[Row]) -> str:
    return "text,label\n" + "".join(f"{row.text},{row.label}\n" for row in rows)


@pytest.mark.parametrize(("cell", "missing"), [("", ()), (" ", ()), ("NA", ("NA",)), (" null ", ("nan", "null"))])
def test_rows_without_a_label_or_a_text_are_named_with_their_line(cell, missing) -> None:
    data = data_of(f"text,label\ngood,1\nbad,{cell}\n ,0\nfine,none\n", missing=missing)
    assert [(row.line, row.text, row.label) for row in data.rows] == [(2, "good", "1"), (5, "fine", "none")]
    assert [fault.line for fault in data.faults] == [3, 4]
    assert data.faults[0].reason == "the label is missing"
    assert "text" in data.faults[1].reason


@pytest.mark.parametrize("label", ["NA", "null", "None", "nan", "n/a"])
def test_a_label_that_looks_like_nothing_is_a_label_and_asked_about(label) -> None:
    data = data_of(f"text,label\nNA,x\nfine,{label}\ngood,{label}\n")
    assert [(row.text, row.label) for row in data.rows] == [("NA", "x"), ("fine", label), ("good", label)]
    assert doubtful_labels(data) == {label: 2}
    written = data_of(f'{{"text": "a", "label": "{label}"}}\n{{"text": "{label}", "label": "x"}}', "a.jsonl")
    assert [(row.text, row.label) for row in written.rows] == [("a", label), (label, "x")]


def test_signs_of_nothing_are_what_a_person_says_and_no_others() -> None:
    data = data_of("text,label\na,NA\nb,na\nNA,x\nc,x\n", missing=[" NA ", ""])
    assert [(row.text, row.label) for row in data.rows] == [("b", "na"), ("c", "x")]
    assert data.missing == ("NA",)
    assert [(fault.line, fault.reason) for fault in data.faults] == [
        (2, "the label is missing"),
        (4, "the text is missing"),
    ]


def test_nothing_in_json_is_missing() -> None:
    lines = [
        '{"text": "a", "label": null}',
        '{"text": "b", "label": NaN}',
        '{"text": "c"}',
        '{"text": "d", "label": 0}',
    ]
    data = data_of("\n".join(lines), "a.jsonl", text_column="text", label_column="label")
    assert [(row.text, row.label) for row in data.rows] == [("d", "0")]
    assert {fault.reason for fault in data.faults} == {"the label is missing"}


def test_json_values_that_are_not_a_text_or_a_label_are_named() -> None:
    lines = ['{"text": "a", "label": true}', '{"text": 3, "label": 1}', '{"text": "b", "label": [1]}', '{"text": "c"}']
    data = data_of("\n".join(lines), "a.jsonl")
    assert [(row.text, row.label) for row in data.rows] == [("a", "True")]
    assert [fault.line for fault in data.faults] == [2, 3, 4]


@pytest.mark.parametrize(
    ("header", "line", "found"),
    [
        ("label,text", "1,good film", ("text", "label")),
        ("id,reseña,etiqueta", "7,buena película,si", ("reseña", "etiqueta")),
        ("words,kind,who", "a long and winding sentence,x,somebody", ("words", "kind")),
    ],
)
def test_columns_are_guessed_by_name_else_by_content(header, line, found) -> None:
    data = data_of(f"{header}\n{line}\n{line.replace('x', 'y').replace('si', 'no').replace('1,', '0,')}a\n")
    assert (data.text_column, data.label_column) == found


def test_named_columns_are_taken_and_wrong_names_answered_with_the_right_ones() -> None:
    content = "text,title,label\na,b,1\nc,d,0\n"
    data = data_of(content, text_column="title", label_column="text")
    assert (data.rows[0].text, data.rows[0].label) == ("b", "a")
    with pytest.raises(InvalidInput, match="no column “titel”"):
        data_of(content, text_column="titel")
    with pytest.raises(InvalidInput, match="two different columns"):
        data_of(content, text_column="title", label_column="title")


@pytest.mark.parametrize(
    ("wish", "found"), [("2", "b"), ("#2", "b"), ("1", "1"), ("B ", "b"), ("column 4", "column 4"), ("4", "column 4")]
)
def test_a_column_goes_by_its_name_then_by_its_name_in_other_case_then_by_its_number(wish, found) -> None:
    content = "1,b,C,\n" + "".join(f"text {number},x{number},y,z\n" for number in range(9))
    assert data_of(content, label_column=wish, text_column="C").label_column == found


@pytest.mark.parametrize("wish", ["5", "0", "#9", "-1"])
def test_a_number_beyond_the_columns_is_answered_with_their_names(wish) -> None:
    with pytest.raises(InvalidInput, match=f"no column “{wish}”. Its columns are: text, label"):
        data_of("text,label\na,b\n", label_column=wish)


def test_a_name_that_two_columns_share_but_for_case_is_answered_with_both() -> None:
    with pytest.raises(InvalidInput, match=r"several columns “NOTE”. Its columns are: text, Note, note"):
        data_of("text,Note,note\na,b,c\n", label_column="NOTE")


def table_of(*columns: list[str], header: str) -> str:
    return header + "\n" + "".join(",".join(cells) + "\n" for cells in zip(*columns, strict=True))


TEXTS = [f"some words and the number {number}" for number in range(30)]
KINDS = ["warm", "cold", "mild"] * 10
COUNT = [str(number) for number in range(30)]
PRICES = [f"{number % 20}.5" for number in range(30)]
HARDLY = ["x", "y", *[""] * 28]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (",body,kind", (COUNT, TEXTS, KINDS)),
        ("price,body,kind", (PRICES, TEXTS, KINDS)),
        ("note,body,kind", (HARDLY, TEXTS, KINDS)),
        ("label,body,kind", (HARDLY, TEXTS, KINDS)),
        ("label,body,kind", ([""] * 30, TEXTS, KINDS)),
        ("text,body,kind", (HARDLY, TEXTS, KINDS)),
    ],
)
def test_a_column_that_is_nearly_empty_counts_or_measures_is_never_guessed(header, columns) -> None:
    data = data_of(table_of(*columns, header=header))
    assert (data.text_column, data.label_column) == ("body", "kind")


@pytest.mark.parametrize("column", [COUNT, PRICES, HARDLY])
def test_where_no_column_looks_like_labels_one_has_to_be_named(column) -> None:
    content = table_of(column, TEXTS, header="kind,body")
    with pytest.raises(InvalidInput, match=r"No column of a\.csv looks like labels.*Its columns are: kind, body"):
        data_of(content)
    assert data_of(content, label_column="kind").label_column == "kind"
    assert guessed_columns(read_table(content.encode(), "a.csv")) == ("body", None)


def test_what_stands_in_columns_without_a_name_is_counted() -> None:
    lines = [f"{kind},{text},," for kind, text in zip(KINDS, TEXTS, strict=True)]
    lines[4] = "warm,The first half, and the second,"
    assert unread_lines(data_of("v1,v2,,\n" + "\n".join(lines))) == [6]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (rows_of(good=20), "All rows of a.csv have the label “good”"),
        (rows_of(good=2, bad=1), "3 usable rows; at least 8"),
        (rows_of(good=20, bad=2), "class “bad” has only 2 different texts"),
        (rows_of(**{f"{number}.5": 1 for number in range(30)}), "30 different values in 30 rows"),
    ],
)
def test_data_that_nothing_can_be_learned_from_is_refused_in_a_sentence(rows, sentence) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        require_trainable(data_of(csv_of(rows)))


def test_three_rows_of_which_all_were_left_out_tell_so() -> None:
    with pytest.raises(InvalidInput, match=r"0 usable rows \(3 lines were left out\)"):
        require_trainable(data_of("text,label\na,nan\nb,nan\nc,nan\n", missing=["nan"]))


def test_repeated_texts_do_not_make_a_class() -> None:
    with pytest.raises(InvalidInput, match="only 1 different text;"):
        require_trainable(data_of(csv_of(rows_of(good=9)) + "same,bad\nSame ,bad\nsame,bad\n"))


@pytest.mark.parametrize("header", ["word,kind\n", "fruta,tipo\n", ""])
def test_texts_of_one_word_are_texts_and_their_longer_classes_labels(header) -> None:
    words = ["fig", "cat", "pea", "cow", "plum", "dog", "pear", "hen", "kiwi", "bee"]
    lines = "".join(f"{word},{'animal' if number % 2 else 'vegetable'}\n" for number, word in enumerate(words))
    data = data_of(header + lines)
    assert [row.text for row in data.rows] == words
    assert {row.label for row in data.rows} == {"animal", "vegetable"}
    assert data.table.header_line == (1 if header else None)


def test_what_nobody_sees_at_the_ends_of_a_label_makes_no_class_of_its_own() -> None:
    data = data_of("text,label\na,yes\nb,yes\u200b\nc,\ufeffyes\u00a0\nd, yes \ne,\u200b\n")
    assert [row.label for row in data.rows] == ["yes"] * 4
    assert [fault.line for fault in data.faults] == [6]


def test_labels_that_differ_by_case_blanks_or_forms_of_numbers_are_asked_about() -> None:
    data = data_of("text,label\na,Not good\nb,not_good\nc,1\nd,1.0\ne,C\nf,C++\ng,ｃ\n")
    assert alike_labels(data) == [("Not good", "not_good"), ("1", "1.0"), ("C", "ｃ")]


def test_texts_that_were_once_saved_in_a_wrong_encoding_are_found() -> None:
    good = "Café, Ângela â votre santé, naïve “Ñandú”"
    rows = [good, good.encode().decode("cp1252", "replace"), "It’s fine".encode().decode("cp1252"), "plain"]
    data = data_of("text,label\n" + "".join(f'"{row}",x\n' for row in rows))
    assert [row.line for row in garbled_rows(data)] == [3, 4]


def test_enough_rows_of_two_classes_will_do() -> None:
    require_trainable(data_of(csv_of(rows_of(good=5, bad=3))))


def test_facts_count_classes_lengths_duplicates_and_contradictions() -> None:
    texts = [("One two three", "a"), ("four", "b"), ("one  two THREE", "b"), ("four", "b"), ("five six", "b")]
    found = facts([Row(line, text, label) for line, (text, label) in enumerate(texts, 1)])
    assert found.rows == 5
    assert list(found.classes.items()) == [("b", 4), ("a", 1)]
    assert (found.words.shortest, found.words.median, found.words.longest) == (1, 2, 3)
    assert (found.characters.shortest, found.characters.median, found.characters.longest) == (4, 8, 14)
    assert [row.line for row in found.duplicates] == [3, 4]
    assert [[row.line for row in group] for group in found.conflicts] == [[1, 3]]


def parts_of(rows: list[Row], **options) -> list[Counter]:
    parts = split(rows, **options)
    return [Counter(row.label for row in part) for part in (parts.train, parts.validation, parts.test)]


def test_a_split_keeps_the_classes_balanced() -> None:
    assert parts_of(rows_of(a=100, b=50, c=10)) == [
        {"a": 80, "b": 40, "c": 8},
        {"a": 10, "b": 5, "c": 1},
        {"a": 10, "b": 5, "c": 1},
    ]
    assert [part["a"] for part in parts_of(rows_of(a=20, b=20), fractions=(0.5, 0.25, 0.25))] == [10, 5, 5]


@pytest.mark.parametrize("count", [3, 4, 5, 9, 14])
def test_each_class_is_in_each_part_however_small(count) -> None:
    for part in parts_of(rows_of(a=count, b=40)):
        assert part["a"] >= 1


def test_a_split_loses_no_row_and_doubles_none() -> None:
    rows = rows_of(a=33, b=17)
    parts = split(rows, 4)
    assert sorted((*parts.train, *parts.validation, *parts.test), key=lambda row: row.line) == rows
    assert list(parts.train) == sorted(parts.train, key=lambda row: row.line)


def test_the_seed_decides_and_nothing_else() -> None:
    rows = rows_of(a=30, b=30)
    assert split(rows, 1) == split(rows, 1)
    assert split(rows, 1) != split(rows, 2)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_text_is_never_in_two_parts(seed) -> None:
    texts = ["same", "Same", "same "] * 3 + [f"text {number % 12}" for number in range(40)]
    rows = [Row(line, text, "ab"[line % 2]) for line, text in enumerate(texts)]
    parts = split(rows, seed)
    found = [{same_text(row.text) for row in part} for part in (parts.train, parts.validation, parts.test)]
    assert all(found)
    assert sum(map(len, found)) == len(set.union(*found))


def test_an_accent_that_is_a_sign_of_its_own_makes_no_other_text() -> None:
    assert same_text("Mal caf\u00e9 ") == same_text("mal cafe\u0301")
    texts = [text for number in range(12) for text in (f"caf\u00e9 {number}", f"cafe\u0301 {number}")]
    parts = split([Row(line, text, "ab"[line // 2 % 2]) for line, text in enumerate(texts)])
    assert {len(part) % 2 for part in (parts.train, parts.validation, parts.test)} == {0}
    assert len(facts(parts.train).duplicates) == len(parts.train) // 2


def test_large_groups_of_one_text_leave_something_for_every_part() -> None:
    rows = [Row(line, text, "a") for line, text in enumerate(["x"] * 5 + ["y"] * 4 + ["z"])]
    assert all(parts_of(rows))


@pytest.mark.parametrize("fractions", [(0.8, 0.2, 0.0), (0.5, 0.2, 0.2), (1.2, -0.1, -0.1)])
def test_impossible_fractions_are_refused(fractions) -> None:
    with pytest.raises(InvalidInput, match="make 1 together"):
        split(rows_of(a=10), fractions=fractions)


def test_the_sample_is_balanced_in_labels_and_languages_and_without_faults() -> None:
    data = read_texts(SAMPLE)
    require_trainable(data)
    found = facts(data.rows)
    assert not data.faults
    assert found.classes == {"positive": 180, "negative": 180}
    assert not found.duplicates
    assert found.characters.longest < 200
    languages = Counter((record.cells["language"], record.cells["label"]) for record in data.table.records)
    assert set(languages.values()) == {90}
    assert {language for language, _ in languages} == {"English", "Spanish"}

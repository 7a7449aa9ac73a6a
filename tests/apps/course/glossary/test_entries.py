"""The files of the words: what stands in them is read, what is wrong in them is told with its line."""

import re
from pathlib import Path

import pytest

from apps.course.folders import OF_THE_SUITE
from apps.course.glossary.entries import Glossary, glossary, parse, words_in
from apps.pages import PAGES
from apps.words.languages import LANGUAGES

LONGEST = 3  # paragraphs of a word
WORD = """
## attention, self-attention

Each token looks at the others.

And once more.

See: tokenizers, question_answering
Source: [A paper](https://example.org)
"""


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A teacher's own English words, not written yet."""
    monkeypatch.setenv("AULA_COURSES", str(tmp_path))
    (tmp_path / "en").mkdir()
    return tmp_path / "en" / "glossary.md"


def reasons(text: str) -> list[str]:
    """What is wrong in a text, as a teacher reads it."""
    return [str(problem) for problem in parse(text, "en/glossary.md").problems]


def test_a_word_has_its_spellings_its_text_its_pages_and_its_source() -> None:
    [word] = parse(WORD, "en/glossary.md").words

    assert word.spellings == ("attention", "self-attention")
    assert word.text == "Each token looks at the others.\n\nAnd once more."
    assert word.pages == ("tokenizers", "question_answering")
    assert word.source == "[A paper](https://example.org)"
    assert (word.name, word.letter, word.line) == ("attention", "A", 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_suite_s_own_words_have_nothing_wrong(language: str) -> None:
    words = glossary(language)

    assert words.problems == ()
    assert len(words.words) >= 60
    assert [word.name for word in words.words if word.text.count("\n\n") >= LONGEST] == []


def test_both_languages_have_the_same_words_with_the_same_pages() -> None:
    english, spanish = glossary("en"), glossary("es")
    translated = [spanish.find(word.name) for word in english.words]

    assert [word.name for word, other in zip(english.words, translated, strict=True) if other is None] == []
    assert len({other.name for other in translated if other}) == len(spanish.words)
    assert [other.pages for other in translated if other] == [word.pages for word in english.words]
    assert [other.source for other in translated if other] == [word.source for word in english.words]


def test_the_words_of_the_architecture_that_the_field_knows_are_among_them() -> None:
    document = (OF_THE_SUITE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| ([\w -]+?) \|", document, re.MULTILINE))
    ours = {"weights", "precision", "mapping", "device", "token", "context", "window", "span", "confidence", "box"}

    assert ours | {"perplexity", "bits per byte", "near-duplicate", "leak", "features", "no-answer score"} <= table
    assert [word for word in ours if glossary("en").find(word) is None] == []


@pytest.mark.parametrize("spelling", ["Over-fitting", "over fitting", "OVERFITTING", "  overfitting "])
def test_a_word_is_found_however_it_is_written(spelling: str) -> None:
    found = glossary("en").find(spelling)

    assert found is not None
    assert found.name == "overfitting"


def test_accents_make_no_difference() -> None:
    words = glossary("es")

    assert words.find("epoca") == words.find("época") is not None
    assert words.search("CUANTIZACION")[0].name == "cuantización"


@pytest.mark.parametrize("spelling", ["", "   ", "-", "no such word", "\0", "🦙" * 50])
def test_what_is_no_word_is_not_found(spelling: str) -> None:
    assert glossary("en").find(spelling) is None


def test_who_mistypes_is_told_what_looks_alike() -> None:
    assert "perplexity" in glossary("en").close_to("perplexty")


def test_words_with_the_text_in_their_name_come_first() -> None:
    found = [word.name for word in glossary("en").search("token")]

    assert set(found[:2]) == {"token", "tokenizer"}
    assert "perplexity" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## one\n\n## two\n\nText.\n", "en/glossary.md, line 1: Nothing explains “one”"),
        ("\n##\n\nText.\n", "line 2: A word is spelled behind “## ”"),
        ("## one\nText.\n## One\nText.\n", "line 3: “One” stands here twice; the first is in line 1."),
        ("## one\nText.\nSee: tokenizer\n", "line 3: There is no page “tokenizer”. Do you mean “tokenizers”?"),
        ("## one\nText.\n![x](http://a/b.png)\n", "line 3: Pictures are not shown"),
        ("## one\nText.\n```\n## two\n", "line 3: The block of code that opens here is never closed."),
        ("Nothing else.", "line 1: There is no word."),
        ("", "line 1: There is no word."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, expected: str) -> None:
    [reason] = reasons(text)

    assert expected in reason


def test_a_word_with_a_fault_costs_only_itself() -> None:
    words = parse("## one\n\n## two\n\nText.\nSee: nowhere, datasets\n", "en/glossary.md")

    assert [(word.name, word.pages) for word in words.words] == [("two", ("datasets",))]
    assert [problem.line for problem in words.problems] == [1, 6]


def test_a_heading_in_code_is_no_word() -> None:
    [word] = parse("## one\n\n```\n## two\n```\n", "en/glossary.md").words

    assert word.text == "```\n## two\n```"


def test_a_teacher_s_file_comes_first_and_is_read_again_when_it_has_changed(own_file: Path) -> None:
    own_file.write_text("## mine\n\nText.\n", encoding="utf-8")
    assert [word.name for word in glossary("en").words] == ["mine"]
    assert len(glossary("es").words) > 1  # file by file

    own_file.write_text("## mine, my own\n\nAnother text.\n", encoding="utf-8")
    assert glossary("en").words[0].text == "Another text."
    assert glossary("en") is glossary("en")


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [(b"## one\n\nCaf\xe9.\n", 3, "not UTF-8"), (b"x" * 300_000, 1, "larger than"), (b"## a\0\n", 1, "NUL")],
)
def test_of_a_file_that_cannot_be_read_the_reason_is_told_and_the_suite_s_words_stand_in(
    own_file: Path, content: bytes, line: int, reason: str
) -> None:
    own_file.write_bytes(content)
    words = glossary("en")
    [problem] = words.problems

    assert (problem.file, problem.line) == ("en/glossary.md", line)
    assert reason in problem.reason
    assert words.find("attention") is not None
    assert glossary("en") is words


def test_a_language_without_a_file_has_no_words() -> None:
    assert glossary("qu").words == ()


def test_words_of_a_text_come_in_its_order_and_not_more_than_asked_for() -> None:
    text = "A **tokenizer** makes\ntokens; fine-\ntuning changes the *weights*, again and again the weights."

    assert words_in(text, 8) == ("tokenizer", "token", "fine-tuning", "weights")
    assert words_in(text, 2) == ("tokenizer", "token")


def test_only_whole_words_count_and_capitals_are_meant() -> None:
    assert words_in("A map of f1 things, spanning tokenized lossy layering.", 8) == ()
    assert words_in("mAP and F1.", 8) == ("mAP", "F1")


def test_every_page_names_words_that_exist() -> None:
    from importlib import import_module

    for page in PAGES:
        said = vars(import_module(f"{page.package}.words"))
        texts = [said["EXPLANATION"]] if "EXPLANATION" in said else said["EXPLANATIONS"].values()
        assert all(glossary("en").find(word) for text in texts for word in words_in(text, 8)), page.name


def test_a_broken_glossary_leaves_texts_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.course.glossary.entries.glossary", lambda language: Glossary(()))

    assert words_in("A tokenizer makes tokens.", 8) == ()

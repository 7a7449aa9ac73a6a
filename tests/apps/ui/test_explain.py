"""What “How it works” shows to read: the files that a page names, and the helpers that they import."""

import pytest

from apps.demos.question_answering.words import EXPLANATION, SOURCES
from apps.demos.translate_summarize.words import SELECTION_SOURCES
from apps.ui import explain
from apps.ui.explain import KEY, MOST_FILES, MOST_WORDS, reading_list
from tests.apps.classroom import open_page


def linked_words(name: str) -> list[tuple[str, str]]:
    """What the line of words of a page links to: labels, and what the addresses ask for."""
    [explanation] = [expander for expander in open_page(name).expander if expander.label == "How it works"]
    links = [link.proto for link in explanation.get("page_link")]
    assert all(link.page == "glossary" and not link.external for link in links)
    return [(link.label, link.query_string) for link in links]


@pytest.fixture
def suite(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A suite of a few files: `suite("models/a.py", "from models.b import c")` writes one."""
    monkeypatch.setattr(explain, "ROOT", tmp_path)
    reading_list.cache_clear()

    def write(file: str, source: str = "") -> None:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(source, encoding="utf-8")

    yield write
    reading_list.cache_clear()


def test_a_file_that_imports_nothing_stands_alone(suite) -> None:
    suite("models/alone.py", "import json\nfrom pathlib import Path\n")

    assert reading_list(("models/alone.py",)) == ("models/alone.py",)


def test_the_helper_of_which_most_is_used_comes_first_and_equals_keep_their_order(suite) -> None:
    for name in "abc":
        suite(f"models/text/{name}.py")
    suite(
        "models/task.py",
        "from models.text.c import one\nfrom models.text.a import one\nfrom models.text.b import one, two\n",
    )

    assert reading_list(("models/task.py",))[1:] == ("models/text/b.py", "models/text/c.py", "models/text/a.py")


def test_a_name_that_is_imported_twice_counts_once(suite) -> None:
    for name in "ab":
        suite(f"models/text/{name}.py")
    suite(
        "models/task.py",
        "from models.text.a import x\nfrom models.text.a import x as y\nfrom models.text.b import p, q\n",
    )

    assert reading_list(("models/task.py",))[1:] == ("models/text/b.py", "models/text/a.py")


def test_an_import_within_a_function_counts(suite) -> None:
    suite("models/pictures/network.py")
    suite("models/task.py", "def load():\n    from models.pictures.network import build\n")

    assert reading_list(("models/task.py",))[1:] == ("models/pictures/network.py",)


def test_a_module_that_is_taken_from_its_package_is_a_helper(suite) -> None:
    suite("quantization/measure/__init__.py")
    suite("quantization/measure/speed.py")
    suite("quantization/task.py", "from quantization.measure import speed\n")

    assert reading_list(("quantization/task.py",))[1:] == ("quantization/measure/speed.py",)


def test_what_stands_beneath_everything_is_read_only_where_a_page_names_it(suite) -> None:
    suite("models/device.py")
    suite("models/weights/hub.py")
    suite("models/task.py", "from models.device import choose_device\nfrom models.weights import hub\n")

    assert reading_list(("models/task.py",)) == ("models/task.py",)
    assert reading_list(("models/task.py", "models/device.py")) == ("models/task.py", "models/device.py")


def test_there_are_no_more_files_than_one_looks_through(suite) -> None:
    names = [f"helper_{number}" for number in range(8)]
    for name in names:
        suite(f"models/text/{name}.py")
    suite("models/task.py", "".join(f"from models.text.{name} import x\n" for name in names))
    suite("models/other.py")

    assert len(reading_list(("models/task.py",))) == MOST_FILES
    both = reading_list(("models/task.py", "models/other.py"))
    assert both[:2] == ("models/task.py", "models/other.py")
    assert len(both) == MOST_FILES


def test_the_summary_by_chosen_sentences_shows_how_they_are_ranked() -> None:
    files = reading_list(SELECTION_SOURCES)

    assert files[0] == "models/extractive_summary.py"
    assert {"models/text/sentence_ranking.py", "models/sentence_encoder.py"} < set(files)


@pytest.mark.parametrize("beginning", explain.BENEATH)
def test_what_stands_beneath_everything_exists(beginning: str) -> None:
    assert (
        (explain.ROOT / beginning).is_dir() if beginning.endswith("/") else (explain.ROOT / f"{beginning}.py").is_file()
    )


def test_files_are_drawn_once_they_are_wanted_and_sentences_always() -> None:
    page = open_page("question_answering")
    assert not page.code
    assert any(text.value == EXPLANATION.strip() for text in page.markdown)

    page.session_state[KEY] = True
    assert len(page.run().code) == len(reading_list(SOURCES))


def test_a_page_links_to_the_words_that_its_explanation_uses() -> None:
    words = linked_words("question_answering")

    assert ("span", "word=span") in words
    assert ("window", "word=window") in words
    assert len(words) <= MOST_WORDS


def test_with_a_broken_glossary_a_page_has_no_line_of_words(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AULA_COURSES", str(tmp_path))
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "glossary.md").write_text("## one\n", encoding="utf-8")
    monkeypatch.setattr("apps.course.glossary.entries.OF_THE_SUITE", tmp_path)

    assert linked_words("number_formats") == []

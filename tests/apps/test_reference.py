"""What is written from the code is current: docs/cli.md, and the tables of the READMEs."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from apps import reference
from apps.cli import app
from apps.pages import PAGES
from models.catalog import CATALOG
from models.folders import EMBEDDED
from models.weights import card_file


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its name as it is typed."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", reference.documents(), ids=lambda path: path.name)
def test_a_document_is_current(path) -> None:
    written = path.read_text(encoding="utf-8")

    assert written == reference.documents()[path], f"Run `python -m apps.reference` and commit {path.name}."


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_reference(name: str) -> None:
    assert f"\n## `python aula.py {name}`\n" in reference.commands()


@pytest.mark.parametrize(
    "name", [name for name, command in COMMANDS.items() if any("--json" in option.opts for option in command.params)]
)
def test_a_command_with_json_says_what_it_prints(name: str) -> None:
    assert f"\n- `{name}`: " in reference.commands()


def test_what_json_prints_is_not_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    app(["generate", "--help"], standalone_mode=False)

    output = capsys.readouterr().out
    assert "Continue a text. The words are printed as they come;" in output
    assert "tokens_per_second" not in output


def test_the_table_of_pages_has_a_line_for_each_page() -> None:
    table = reference.pages_table(reference.ENGLISH, reference.ENGLISH_HOME, lambda page: page.english)
    header, rule, *lines = table.splitlines()

    assert header == "| page | what you do there | embedded | full models, downloaded when you ask |"
    assert rule == "|---|---|---|---|"
    assert [line.split(" | ")[0] for line in lines] == ["| Home", *(f"| {page.title}" for page in PAGES)]
    assert "| `aula/t5-mini`, `aula/extractive` | T5, BART, PEGASUS, Marian (opus-mt) |" in table
    assert "and what is really stored | | |" in table


def test_the_table_of_weights_has_a_line_for_each_embedded_model_with_the_figures_of_its_card() -> None:
    table = reference.weights_table()

    lines = {line.split("`")[1]: line for line in table.splitlines() if line.startswith("| `")}

    assert set(lines) == {card.model_id for card in CATALOG if card.embedded}
    for name, line in lines.items():
        assert card_file.headline(EMBEDDED / name.removeprefix("aula/")) in line


def test_only_what_stands_between_the_comments_is_replaced() -> None:
    document = "before\n<!-- pages -->\n\nold\n\n<!-- /pages -->\nafter\n"

    assert reference.replaced(document, "pages", "new\n") == document.replace("old", "new")


@pytest.mark.parametrize(
    "document",
    ["none", "<!-- pages -->\nno end", "<!-- /pages -->\n<!-- pages -->\n", "<!-- pages -->\n<!-- /pages -->\n" * 2],
)
def test_a_document_without_its_comments_is_not_written(document: str) -> None:
    with pytest.raises(ValueError, match="one pair of comments <!-- pages -->"):
        reference.replaced(document, "pages", "new")

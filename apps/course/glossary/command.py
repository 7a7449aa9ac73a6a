"""What a word of the field means: words."""

from typing import Annotated

import typer

from apps.course.glossary.entries import Glossary, Word, glossary
from apps.terminal.options import AsJson
from apps.terminal.output import note, result, result_json, result_table
from apps.words.languages import LANGUAGES
from models.errors import InvalidInput

Wanted = Annotated[str | None, typer.Argument(help="Left out: all words.", metavar="[WORD]")]
Language = Annotated[str, typer.Option(help=f"One of {', '.join(LANGUAGES)}.", metavar="CODE")]


def words(word: Wanted = None, language: Language = "en", as_json: AsJson = False) -> None:
    """Say what a word of the field means, or list all of them.

    The exit code is 1 where something is wrong in the file of the words; the others are printed.
    \f
    With --json: an object for a word, or a list of them: `word`, `spellings`, `text` (Markdown), `pages` (the names of
    those that show it) and `source` (null where there is none).
    """
    if language not in LANGUAGES:
        raise InvalidInput(f"There are no words in “{language}”. There are: {', '.join(LANGUAGES)}.")
    every = glossary(language)
    if word is None:
        _print_all(every, as_json)
    else:
        _print_one(_found(every, word), as_json)
    for problem in every.problems:
        note(str(problem))
    if every.problems:
        raise typer.Exit(1)


def _found(every: Glossary, wanted: str) -> Word:
    found = every.find(wanted)
    if found is None:
        close = every.close_to(wanted)
        raise InvalidInput(
            f"There is no word “{wanted}” here. " + (f"Perhaps: {', '.join(close)}." if close else "`words` lists all.")
        )
    return found


def _print_one(word: Word, as_json: bool) -> None:
    if as_json:
        result_json(word.as_dict())
        return
    result(f"{', '.join(word.spellings)}\n\n{word.text}")
    if word.pages:
        result(f"\nPages: {', '.join(word.pages)}")
    if word.source:
        result(f"\nSource: {word.source}")


def _print_all(every: Glossary, as_json: bool) -> None:
    if as_json:
        result_json([word.as_dict() for word in every.words])
        return
    result_table(("WORD", "MEANING"), [(word.name, _first_sentence(word.text)) for word in every.words])


def _first_sentence(text: str) -> str:
    """The beginning of an explanation, on one line."""
    line = " ".join(text.partition("\n\n")[0].split())
    end = min((line.index(mark) for mark in (". ", ": ") if mark in line), default=len(line) - 1)
    return line[: end + 1].rstrip(":").rstrip(".") + "."

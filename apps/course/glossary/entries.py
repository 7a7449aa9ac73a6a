"""The words of the field, read from the file `glossary.md` of a language. What is wrong there is told, the rest works.

In the file, a line `## word, other spelling` begins a word, and what follows explains it in Markdown. In between may
stand `See: page_name, page_name` and `Source: …`, a line each. What comes before the first word is for whoever edits.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from apps.course.folders import GLOSSARY, OF_THE_SUITE, find_file
from apps.course.plain_yaml import Fault
from apps.course.reading import text_of
from apps.course.walkthrough import Problem
from apps.pages import PAGES

MOST_WORDS = 500
LONGEST_NAME = 80
_HEADING = re.compile(r" {0,3}##(?!#)\s*(.*?)(?:\s+#+)?\s*$")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_LINE = re.compile(r"(See|Source):\s*(.*)$")
_PICTURE = re.compile(r"!\[[^\]]*\]\s*[(\[]")


@dataclass(frozen=True)
class Word:
    """One word: its `spellings`, the first of which is its name, and a `text` in Markdown that explains it.

    `pages` are names of pages that show it; `source` is Markdown that says where to read on; `line` is where it begins
    in its file, from 1.
    """

    spellings: tuple[str, ...]
    text: str
    pages: tuple[str, ...]
    source: str | None
    line: int

    @property
    def name(self) -> str:
        """The spelling that stands first."""
        return self.spellings[0]

    @property
    def letter(self) -> str:
        """The letter under which it stands in an alphabet; “#” for a word that begins with none."""
        first = plain(self.name)[:1].upper()
        return first if first.isalpha() else "#"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"word": self.name, **{key: value for key, value in asdict(self).items() if key != "line"}}


@dataclass(frozen=True, eq=False)  # a key of caches, where comparing all texts would cost more than what is kept
class Glossary:
    """The words of a language by the alphabet, and what is wrong in their file."""

    words: tuple[Word, ...]
    problems: tuple[Problem, ...] = ()

    def find(self, spelling: str) -> Word | None:
        """The word with this spelling; case, accents, hyphens and blanks make no difference."""
        wanted = plain(spelling)
        return next((word for word in self.words if wanted in map(plain, word.spellings)), None) if wanted else None

    def search(self, text: str) -> list[Word]:
        """The words that have `text` in a spelling, and then those that have it in what explains them."""
        wanted = plain(text)
        named = [word for word in self.words if any(wanted in plain(each) for each in word.spellings)]
        return named + [word for word in self.words if word not in named and wanted in plain(word.text)]

    def close_to(self, spelling: str) -> list[str]:
        """At most three spellings that look alike, for whoever mistyped."""
        known = {plain(each): each for word in self.words for each in word.spellings}
        return [known[found] for found in get_close_matches(plain(spelling), known, 3)]


def plain(text: str) -> str:
    """A text for comparing: lower case, without accents, hyphens and double blanks."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(character for character in letters if not unicodedata.combining(character))
    return " ".join(re.sub(r"[-‐‑_\s]+", " ", letters).split())


def glossary(language: str) -> Glossary:
    """The words in a language, those of a teacher's folder first; read once for everybody, and again after a change.

    Where nothing of the teacher's file can be used, the suite's own words stand in, and the problems say so.
    """
    file = find_file(language, GLOSSARY)
    own = OF_THE_SUITE / language / GLOSSARY
    found = _current(file) if file is not None else Glossary(())
    return found if found.words or file in (None, own) else _stand_in(_current(own), found)


@lru_cache(maxsize=4)
def _stand_in(own: Glossary, broken: Glossary) -> Glossary:
    return Glossary(own.words, broken.problems)


def _current(file: Path) -> Glossary:
    try:
        state = file.stat()
    except OSError:  # deleted since
        return Glossary(())
    return _read(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)  # two languages, and what a teacher has changed since
def _read(file: Path, _changed: int, _size: int) -> Glossary:
    name = f"{file.parent.name}/{file.name}"
    try:
        return parse(text_of(file), name)
    except Fault as fault:
        return Glossary((), (Problem(name, fault.line, fault.reason),))


def parse(text: str, name: str) -> Glossary:
    """The words of a file's text. `name` is what problems call the file."""
    reader = _Reader()
    words = reader.read(text)
    problems = tuple(Problem(name, fault.line, fault.reason) for fault in sorted(reader.faults, key=lambda f: f.line))
    return Glossary(tuple(sorted(words, key=lambda word: plain(word.name))), problems)


class _Reader:
    """Collects the faults of a text, so that a teacher sees them all at once. A word with one is left out alone."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, line: int, reason: str) -> None:
        self.faults.append(Fault(line, reason))

    def read(self, text: str) -> list[Word]:
        lines_of: dict[str, int] = {}
        words: list[Word] = []
        for number, heading, below in self._parts(text.split("\n")):
            if len(words) == MOST_WORDS:
                self.fault(number, f"There are more than {MOST_WORDS} words. Those from here on are left out.")
                break
            word = self._word(number, heading, below)
            if word is not None and self._is_new(word, lines_of):
                words.append(word)
        if not words and not self.faults:
            self.fault(1, "There is no word. A word begins with “## ” and how it is spelled.")
        return words

    def _parts(self, lines: list[str]) -> Iterator[tuple[int, str, list[tuple[int, str]]]]:
        """Each word's line number, its heading, and the numbered lines below it. Headings in code are no words."""
        part: tuple[int, str, list[tuple[int, str]]] | None = None
        fence = 0
        for number, line in enumerate(lines, 1):
            fence = (0 if fence else number) if _FENCE.match(line) else fence
            heading = None if fence else _HEADING.match(line)
            if heading is not None:
                if part is not None:
                    yield part
                part = (number, heading[1], [])
            elif part is not None:
                part[2].append((number, line))
        if fence:
            self.fault(fence, "The block of code that opens here is never closed.")
        if part is not None:
            yield part

    def _word(self, number: int, heading: str, below: list[tuple[int, str]]) -> Word | None:
        spellings = tuple(each for each in (each.strip() for each in heading.split(",")) if each)
        if not spellings or max(map(len, spellings)) > LONGEST_NAME:
            self.fault(number, f"A word is spelled behind “## ”, with at most {LONGEST_NAME} characters.")
            return None
        pages: tuple[str, ...] = ()
        source, text = None, []
        for line_number, line in below:
            found = _LINE.match(line)
            if found is None:
                text.append(self._harmless(line_number, line))
            elif found[1] == "See":
                pages += tuple(self._pages(line_number, found[2]))
            else:
                source = found[2].strip() or None
        explained = "\n".join(text).strip()
        if not explained:
            self.fault(number, f"Nothing explains “{spellings[0]}”. Write a sentence below it.")
            return None
        return Word(spellings, explained, pages, source, number)

    def _harmless(self, number: int, line: str) -> str:
        if not _PICTURE.search(line):
            return line
        self.fault(number, "Pictures are not shown: browsers of a class would fetch them from the web.")
        return ""

    def _pages(self, number: int, names: str) -> Iterator[str]:
        known = [page.name for page in PAGES]
        for name in filter(None, (each.strip() for each in names.split(","))):
            if name in known:
                yield name
                continue
            guess = get_close_matches(name, known, 1)
            hint = f" Do you mean “{guess[0]}”?" if guess else " The names are those in the pages' addresses."
            self.fault(number, f"There is no page “{name[:LONGEST_NAME]}”.{hint}")

    def _is_new(self, word: Word, lines_of: dict[str, int]) -> bool:
        twice = next((each for each in word.spellings if plain(each) in lines_of), None)
        if twice is not None:
            self.fault(word.line, f"“{twice}” stands here twice; the first is in line {lines_of[plain(twice)]}.")
            return False
        lines_of.update({plain(each): word.line for each in word.spellings})
        return True


def words_in(text: str, most: int) -> tuple[str, ...]:
    """At most so many English words of the glossary that a text of ours names, in the order of the text.

    Words that lead to no page, such as “model”, are so general that every text has them; they are left out.
    """
    return _words_in(text, glossary("en"), most)


@lru_cache(maxsize=256)  # the explanation of every page, before and after a change of the glossary
def _words_in(text: str, words: Glossary, most: int) -> tuple[str, ...]:
    names = {spelling: word.name for word in words.words if word.pages for spelling in word.spellings}
    longest_first = sorted(names, key=len, reverse=True)
    if not longest_first:
        return ()
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(_as_written, longest_first))})(?!\w)")
    by_form = {plain(spelling): name for spelling, name in names.items()}
    met = dict.fromkeys(by_form[plain(found[0])] for found in pattern.finditer(text))
    return tuple(met)[:most]


def _as_written(spelling: str) -> str:
    """A pattern for a spelling: a capital is meant (“mAP” is no map), and a blank may be a hyphen or a line's end."""
    pattern = r"[-\s]+".join(map(re.escape, re.split(r"[-\s]+", spelling)))
    return pattern if spelling != spelling.lower() else f"(?i:{pattern})"

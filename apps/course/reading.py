"""Reads the file of a walkthrough. What is wrong is a `Problem` with its line, and never an exception.

The form is described in CONTRIBUTING.md, “Add a walkthrough”.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from apps.course.computed import COMPUTED
from apps.course.forbidden import is_forbidden
from apps.course.plain_yaml import Fault, Value, read_yaml
from apps.course.walkthrough import Plain, Problem, Question, Step, Walkthrough

MOST_BYTES = 200_000
MOST_STEPS = MOST_QUESTIONS = 50
MOST_OPTIONS = 10
MOST_SETTINGS = 30
MOST_CHARACTERS = 20_000  # of a value to set: a text of several pages
LONGEST_TITLE = 200
QUIZ = "Quiz"
SHOWN = ("", "text", "python", "console", "bash", "json", "yaml")  # fences that are shown as they are
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})\s*([^`]*)$")
_HEADING = re.compile(r" {0,3}(#{1,2})(?:\s+(.*?))?(?:\s+#+)?\s*$")
_OPTION = re.compile(r" {0,3}[-*+] +\[(.?)\](.*)$")
_PICTURE = re.compile(r"!\[[^\]]*\]\s*[(\[]")


@dataclass(frozen=True)
class Reading:
    """A file as it was read: its walkthrough, or what is wrong with it."""

    walkthrough: Walkthrough | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class _Line:
    number: int
    text: str


@dataclass
class _Fence:
    """A fenced block: its word, the line where it opens, and what stands in it."""

    word: str
    number: int
    inside: list[str] = field(default_factory=list)
    closed: bool = False


@dataclass
class _Part:
    """A heading and what stands beneath it, in order."""

    title: str
    number: int
    is_question: bool
    content: list[_Line | _Fence] = field(default_factory=list)


def problems_of(file: Path, name: str | None = None) -> tuple[Problem, ...]:
    """What is wrong in the file of a walkthrough; nothing, where all is well."""
    return read_walkthrough(file, name).problems


def read_walkthrough(file: Path, name: str | None = None) -> Reading:
    """The walkthrough in a file. `name` is what problems call the file: its language and its own name, unless given."""
    name = name or f"{file.parent.name}/{file.name}"
    try:
        text = text_of(file)
    except Fault as fault:
        return Reading(None, (Problem(name, fault.line, fault.reason),))
    return parse(text, file.stem, name)


def text_of(file: Path) -> str:
    """The text of a file of a course. Raises Fault where it is too large, not there, or not UTF-8."""
    if file.exists() and not file.is_file():  # what is no file may never end
        raise Fault(1, "This has the name of a walkthrough, but is not a file.")
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise Fault(1, f"The file cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise Fault(
            1, f"The file is larger than {MOST_BYTES // 1000} kB. Say it in less, or leave out what was pasted."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Fault(line, "This line is not UTF-8. Save the file as UTF-8 in your editor.") from error
    if "\0" in text:
        raise Fault(text.count("\n", 0, text.index("\0")) + 1, "There is a character here that no text has (NUL).")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, page: str, name: str) -> Reading:
    """The walkthrough that a text describes, or every problem of it."""
    parser = _Parser(page)
    try:
        walkthrough = parser.read(text)
    except Fault as fault:  # without it the rest cannot be read
        parser.faults = [fault]
    problems = tuple(Problem(name, fault.line, fault.reason) for fault in sorted(parser.faults, key=lambda f: f.line))
    return Reading(None if problems else walkthrough, problems)


class _Parser:
    """Collects the faults of a text, so that a teacher sees them all at once."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.faults: list[Fault] = []

    def fault(self, line: int, reason: str) -> None:
        self.faults.append(Fault(line, reason))

    def read(self, text: str) -> Walkthrough:
        lines = text.split("\n")
        title, minutes, body = self._front_matter(lines)
        about, parts = self._parts(list(self._blocks(lines, body)))
        steps = [self._step(part) for part in parts if not part.is_question]
        questions = [self._question(part) for part in parts if part.is_question]
        if not steps:
            self.fault(min(body, len(lines)), "There is no step. A step begins with “## ” and its title.")
        for kind, found, most in (("steps", steps, MOST_STEPS), ("questions", questions, MOST_QUESTIONS)):
            if len(found) > most:
                self.fault(body, f"These are {len(found)} {kind}. There may be {most}.")
        return Walkthrough(self.page, title, minutes, about, tuple(steps), tuple(questions), text)

    # The front matter

    def _front_matter(self, lines: list[str]) -> tuple[str, int, int]:
        """Title, minutes, and the number of the line where the rest begins."""
        end = next((number for number, line in enumerate(lines[1:], 2) if line.rstrip() == "---"), None)
        if lines[0].rstrip() != "---" or end is None:
            raise Fault(1, "The front matter is missing: “---”, then “title: …” and “minutes: …”, then “---”.")
        try:
            entries = read_yaml("\n".join(lines[1 : end - 1]), 2)
        except Fault as fault:
            self.faults.append(fault)
            return "", 0, end + 1
        return *self._title_and_minutes(entries), end + 1

    def _title_and_minutes(self, entries: Value) -> tuple[str, int]:
        values: dict[str, Value] = entries.value if isinstance(entries.value, dict) else {}
        for key in values.keys() - {"title", "minutes"}:
            self.fault(values[key].line, f"“{key}” means nothing here. There are “title” and “minutes”.")
        title, minutes = values.get("title", Value(None, 1)), values.get("minutes", Value(None, 1))
        if not isinstance(title.value, str) or not 0 < len(title.value.strip()) <= LONGEST_TITLE:
            self.fault(
                title.line, f"The front matter needs “title: ” and a text of at most {LONGEST_TITLE} characters."
            )
        if type(minutes.value) is not int or not 0 < minutes.value <= 600:
            self.fault(minutes.line, "The front matter needs “minutes: ” and a whole number from 1 to 600.")
        return str(title.value).strip(), minutes.value if type(minutes.value) is int else 0

    # Lines, fences and headings

    def _blocks(self, lines: list[str], body: int) -> Iterator[_Line | _Fence]:
        """The lines from number `body` on; those within a fence as one block."""
        fence, mark = None, ""
        for number, text in enumerate(lines[body - 1 :], body):
            if fence is not None:
                if set(text.strip()) == {mark[0]} and len(text.strip()) >= len(mark):
                    fence.closed = True
                    yield fence
                    fence = None
                else:
                    fence.inside.append(text)
            elif found := _FENCE.match(text):
                mark, fence = found[1], _Fence(found[2].strip(), number)
            else:
                yield _Line(number, text)
        if fence is not None:
            self.fault(fence.number, f"The block that opens here with {mark} is never closed with {mark}.")

    def _parts(self, blocks: list[_Line | _Fence]) -> tuple[str, list[_Part]]:
        """What stands before the first heading, and the parts behind it."""
        about: list[_Line | _Fence] = []
        parts: list[_Part] = []
        quiz: int | None = None
        for block in blocks:
            heading = _HEADING.match(block.text) if isinstance(block, _Line) else None
            if heading is None:
                self._look_at(block)
                (parts[-1].content if parts else about).append(block)
            elif heading[1] == "##":
                parts.append(_Part((heading[2] or "").strip(), block.number, quiz is not None))
                self._check_title(parts[-1])
            elif (heading[2] or "").strip().lower() != QUIZ.lower():
                self.fault(block.number, f"“# ” is for “# {QUIZ}” alone. A step or a question begins with “## ”.")
            elif quiz is not None:
                self.fault(block.number, f"“# {QUIZ}” stands here a second time; the first is in line {quiz}.")
            else:
                quiz = block.number
        if any(isinstance(block, _Fence) and block.word in ("set", "computed") for block in about):
            self.fault(next(b.number for b in about if isinstance(b, _Fence)), "A block stands before the first step.")
        if quiz is not None and not any(part.is_question for part in parts):
            self.fault(quiz, "The quiz has no question. A question begins with “## ” and its words.")
        text = _markdown(about)
        if not text:
            self.fault(1, "Between the front matter and the first step there is nothing. Say what one will have seen.")
        return text, parts

    def _check_title(self, part: _Part) -> None:
        if not 0 < len(part.title) <= LONGEST_TITLE:
            what = "question" if part.is_question else "step"
            self.fault(part.number, f"This {what} needs words behind “## ”, at most {LONGEST_TITLE} characters.")

    def _look_at(self, block: _Line | _Fence) -> None:
        """Fences of another kind, and pictures, which a browser would fetch from somewhere."""
        if isinstance(block, _Line):
            if _PICTURE.search(block.text):
                self.fault(block.number, "Pictures are not shown: browsers of a class would fetch them from the web.")
        elif block.word not in ("set", "computed", *SHOWN):
            guess = get_close_matches(block.word.lower(), ("set", "computed"), 1)
            hint = f" Do you mean “{guess[0]}”?" if guess else ""
            self.fault(
                block.number,
                f"There is no block “{block.word[:40]}”.{hint} There are set, computed, and to show code "
                f"{', '.join(filter(None, SHOWN))}.",
            )

    # Steps

    def _step(self, part: _Part) -> Step:
        fences = [block for block in part.content if isinstance(block, _Fence)]
        for fence in fences:
            if fence.word == "computed":
                self.fault(fence.number, f"“computed” belongs to a question, below “# {QUIZ}”.")
        places = [place for place, block in enumerate(part.content) if _is_set(block)]
        for place in places[1:]:
            self.fault(part.content[place].number, "A step has one block “set”. Put both into one, or make two steps.")
        place = places[0] if places else len(part.content)
        before, after = _markdown(part.content[:place]), _markdown(part.content[place + 1 :])
        if not before and not after:
            self.fault(part.number, "This step is empty. Say what to do, and what to look at.")
        block = part.content[place] if places else None
        settings = self._settings(block) if isinstance(block, _Fence) else {}
        example = settings.pop("example", None)
        return Step(part.title, before, None if example is None else str(example), settings, after)

    def _settings(self, fence: _Fence) -> dict[str, Plain]:
        try:
            entries = read_yaml("\n".join(fence.inside), fence.number + 1)
        except Fault as fault:
            self.faults.append(fault)
            return {}
        if not isinstance(entries.value, dict) or not entries.value:
            self.fault(fence.number, "A block “set” holds lines “KEY: VALUE”, or “example: NAME”.")
            return {}
        if len(entries.value) > MOST_SETTINGS:
            self.fault(fence.number, f"A block “set” has at most {MOST_SETTINGS} lines.")
        return {key: entry.value for key, entry in self._plain(entries.value)}

    def _plain(self, entries: dict[str, Value]) -> Iterator[tuple[str, Value]]:
        """The entries that may be set."""
        for key, entry in entries.items():
            value = [each.value for each in entry.value] if isinstance(entry.value, list) else entry.value
            if is_forbidden(key):
                self.fault(entry.line, f"A course may not set “{key[:60]}”: it leads to files or to buttons.")
            elif key == "example" and not isinstance(value, str):
                self.fault(entry.line, "“example” needs a name. Put it into quotation marks.")
            elif not _is_plain(value):
                self.fault(
                    entry.line,
                    f"“{key[:60]}” is not a plain value: a text, a number, true or false, or a list of these.",
                )
            else:
                yield key, Value(value, entry.line)

    # Questions

    def _question(self, part: _Part) -> Question:
        lines = [block for block in part.content if isinstance(block, _Line)]
        options, rest = _options(lines)
        explanation = [line for line in rest if line.text.lstrip().startswith(">")]
        if not any(line.text.strip(" >") for line in explanation):
            self.fault(part.number, "This question has no explanation. It begins with “> ”, below the answers.")
        computed = self._computed(part, bool(options))
        if computed is None:
            self._check_options(part, options)
        right = [number for number, (mark, _) in enumerate(options) if mark.text in "xX"]
        numbers = {line.number for line in lines if line not in rest or line in explanation}
        text = [b for b in part.content if b.number not in numbers and not _has_word(b, "computed")]
        return Question(
            part.title,
            _markdown(text),
            tuple(text for _, text in options),
            right[0] if right and computed is None else None,
            computed,
            "\n".join(re.sub(r"^\s*> ?", "", line.text) for line in explanation).strip(),
        )

    def _check_options(self, part: _Part, options: Sequence[tuple[_Line, str]]) -> None:
        if not 2 <= len(options) <= MOST_OPTIONS:
            found = f"{len(options)}" if options else "none"
            self.fault(part.number, f"A question has 2 to {MOST_OPTIONS} answers, “- [ ] …”; this one has {found}.")
            return
        for mark, text in options:
            if mark.text not in " xX" or not mark.text:
                self.fault(
                    mark.number, f"In the brackets stands “{mark.text}”: write “[ ]”, or “[x]” for the right one."
                )
            if not text:
                self.fault(mark.number, "This answer has no words.")
        right = [mark for mark, _ in options if mark.text in ("x", "X")]
        if not right:
            self.fault(part.number, "No answer of this question is right. Mark one with “[x]”.")
        for mark in right[1:]:
            self.fault(mark.number, f"A second answer is marked as right; the first is in line {right[0].number}.")
        texts = [text for _, text in options]
        for number, (mark, text) in enumerate(options):
            if text and text in texts[:number]:
                self.fault(mark.number, "This answer stands here twice.")

    def _computed(self, part: _Part, has_options: bool) -> str | None:
        """The name in the question's block “computed”, if it has one."""
        fences = [block for block in part.content if isinstance(block, _Fence)]
        for fence in fences:
            if fence.word == "set":
                self.fault(fence.number, f"“set” belongs to a step, above “# {QUIZ}”.")
        found = [fence for fence in fences if fence.word == "computed"]
        if not found:
            return None
        name, number = "\n".join(found[0].inside).strip(), found[0].number
        names = [known for known, each in COMPUTED.items() if each.page == self.page]
        if len(found) > 1 or has_options:
            self.fault(number, "A question has answers, or one block “computed”, and not both.")
        if name not in names:
            what = f"There are: {', '.join(names)}." if names else "Write the answers yourself."
            self.fault(number + 1, f"Nothing called “{name[:60]}” is computed on the page {self.page}. {what}")
        return name


def _is_set(block: _Line | _Fence) -> bool:
    return _has_word(block, "set")


def _has_word(block: _Line | _Fence, word: str) -> bool:
    return isinstance(block, _Fence) and block.word == word


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= 100 and all(_is_plain(each) and not isinstance(each, list) for each in value)
    return isinstance(value, str | int | float) and len(str(value)) <= MOST_CHARACTERS


def _options(lines: list[_Line]) -> tuple[list[tuple[_Line, str]], list[_Line]]:
    """The answers, each as the mark in its brackets and its text, and the lines that belong to none.

    Indented lines below an answer go on with it.
    """
    options: list[tuple[_Line, str]] = []
    rest: list[_Line] = []
    open_option = False
    for line in lines:
        if found := _OPTION.match(line.text):
            options.append((_Line(line.number, found[1]), found[2].strip()))
            open_option = True
        elif open_option and line.text[:2].isspace() and line.text.strip():
            mark, text = options[-1]
            options[-1] = (mark, f"{text} {line.text.strip()}")
        else:
            open_option = False
            rest.append(line)
    return options, rest


def _markdown(blocks: Sequence[_Line | _Fence]) -> str:
    """The blocks as they stood in the file; a fence longer than any within it."""
    lines = []
    for block in blocks:
        if isinstance(block, _Line):
            lines.append(block.text)
        else:
            marks = max((len(found) for text in block.inside for found in re.findall("`+", text)), default=2)
            fence = "`" * max(3, marks + 1)
            lines += [f"{fence}{block.word}", *block.inside, fence]
    return "\n".join(lines).strip()

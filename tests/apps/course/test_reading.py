"""Files of walkthroughs: what a good one says, and in which line a bad one is wrong."""

from pathlib import Path

import pytest

from apps.course.reading import MOST_BYTES, MOST_STEPS, problems_of, read_walkthrough

GOOD = """---
title: "Bits: all of them"
minutes: 5
---

What you will have seen.

## First

Do **this**.

```set
example: "0.1"
saturate: true
scale: 1e-2
layers: [1, 2]
```

Look at that.

## Second

```python
## no heading
```

# Quiz

## Which one?

One line
of text.

- [ ] This
- [x] That, which goes
  on here

> Because.
> So.

## Which is smallest?

```computed
smallest_file
```

> Fewer bits.
"""


def write(folder: Path, text: str | bytes, page: str = "gpt2_quantization") -> Path:
    file = folder / "en" / f"{page}.md"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def faults(folder: Path, text: str | bytes) -> list[tuple[int, str]]:
    """Line and reason of each problem of a text."""
    return [(problem.line, problem.reason) for problem in problems_of(write(folder, text))]


def instead(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def line_of(text: str, part: str) -> int:
    """The line, counted from 1, in which a part of a text begins."""
    return text[: text.index(part)].count("\n") + 1


def test_a_good_file_says_all_that_stands_in_it(tmp_path: Path) -> None:
    reading = read_walkthrough(write(tmp_path, GOOD))

    assert reading.problems == ()
    walkthrough = reading.walkthrough
    assert walkthrough is not None
    assert (walkthrough.page, walkthrough.title, walkthrough.minutes) == ("gpt2_quantization", "Bits: all of them", 5)
    assert walkthrough.about == "What you will have seen."
    first, second = walkthrough.steps
    assert (first.title, first.before, first.after) == ("First", "Do **this**.", "Look at that.")
    assert first.example == "0.1"
    assert first.settings == {"saturate": True, "scale": 0.01, "layers": [1, 2]}
    assert second.before == "```python\n## no heading\n```"
    assert not second.sets
    which, smallest = walkthrough.questions
    assert (which.text, which.options, which.right) == ("One line\nof text.", ("This", "That, which goes on here"), 1)
    assert which.explanation == "Because.\nSo."
    assert (smallest.computed, smallest.options, smallest.right) == ("smallest_file", (), None)


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_and_marks_of_other_systems_change_nothing(tmp_path: Path, ends: str) -> None:
    other = ("\ufeff" + GOOD).replace("\n", ends)

    assert read_walkthrough(write(tmp_path, other)).walkthrough == read_walkthrough(write(tmp_path, GOOD)).walkthrough


@pytest.mark.parametrize(
    ("old", "new", "where", "reason"),
    [
        ("---\ntitle:", "title:", "title:", "front matter is missing"),
        ('"Bits: all of them"', "Bits: all of them", "title:", "quotation marks"),
        ("minutes: 5", "minutes: soon", "minutes: soon", "whole number"),
        ("minutes: 5", "minutes: 5\nauthor: me", "author", "“author” means nothing"),
        ("minutes: 5", "title: again", "title: again", "twice"),
        ("Do **this**.", "![x](http://example.org/x.png)", "![x]", "Pictures are not shown"),
        ("```set", "```sett", "```sett", "Do you mean “set”?"),
        ("```set", "```mermaid", "```mermaid", "There is no block “mermaid”"),
        ('example: "0.1"', "example: 0.1", "example: 0.1", "needs a name"),
        ('example: "0.1"', "own-path: /etc", "own-path", "may not set"),
        ('example: "0.1"', "qa-outcome: x", "qa-outcome", "may not set"),
        ("saturate: true", "saturate:", "saturate:", "not a plain value"),
        ("saturate: true", "saturate: {a: 1}", "saturate:", "not a plain value"),
        ("saturate: true", "saturate: !!python/name:os.system x", "saturate:", "not a plain value"),
        ("saturate: true", "saturate: .nan\nlayers2: *x", "layers2", "Aliases"),
        ("saturate: true", "  - x", "  - x", "not YAML"),
        ("layers: [1, 2]", "layers: [[1], 2]", "layers:", "not a plain value"),
        ("Look at that.", "```set\na: 1\n```", "```set\na: 1", "one block “set”"),
        ("Look at that.", "```computed\nsmallest_file\n```", "```computed\nsmallest_file\n```\n\n## S", "belongs to a"),
        ("## Second", "## ", "## \n", "needs words"),
        ("# Quiz", "# Exam", "# Exam", "for “# Quiz” alone"),
        ("## Which is smallest?", "# Quiz\n\n## Which is smallest?", "# Quiz\n\n## Which is s", "a second time"),
        ("- [ ] This", "- [x] This", "- [x] That", "second answer"),
        ("- [x] That", "- [ ] That", "## Which one?", "No answer of this question is right"),
        ("- [ ] This", "- [?] This", "- [?] This", "stands “?”"),
        ("- [ ] This\n", "", "## Which one?", "2 to 10 answers"),
        ("- [ ] This", "- [ ] That, which goes on here", "- [x] That", "twice"),
        ("> Because.\n> So.", "Because.", "## Which one?", "no explanation"),
        ("smallest_file", "smallest_fil", "smallest_fil", "There are: smallest_file"),
        ("> Fewer bits.", "- [x] a\n- [ ] b\n\n> Fewer bits.", "```computed", "and not both"),
        ("```\n\n> Fewer bits.", "> Fewer bits.", "```computed", "never closed"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, where: str, reason: str) -> None:
    text = instead(old, new) if old in GOOD else GOOD
    found = faults(tmp_path, text)

    assert any(line == line_of(text, where) and reason in said for line, said in found), found


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    text = instead("minutes: 5", "minutes: 0").replace("- [ ] This", "- [x] This").replace("```set", "```sat")

    assert [line for line, _ in faults(tmp_path, text)] == sorted(
        line_of(text, part) for part in ("minutes: 0", "```sat", "- [x] That")
    )


def test_bytes_that_are_no_text_are_found(tmp_path: Path) -> None:
    text = GOOD.encode().replace(b"Look at that.", b"Mira a\xf1os.")

    [(line, reason)] = faults(tmp_path, text)
    assert line == line_of(GOOD, "Look at that.")
    assert "UTF-8" in reason
    [(line, reason)] = faults(tmp_path, GOOD.replace("Look at", "Look\0at"))
    assert (line, "NUL" in reason) == (line_of(GOOD, "Look at that."), True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "---",
        "---\n---\n",
        "# Quiz",
        "---\ntitle: " + "[" * 5000 + "\n---\n",
        "---\ntitle: " + "{a: " * 5000 + "\n---\n",
        "---\na: &a [x, x]\nb: &b [*a, *a]\n---\n",
        "---\n\x07\n---\n",
        "`" * 100_000,
        "## " + "x" * 100_000,
        "- [" * 60_000,
        "![" * 90_000,
    ],
)
def test_nothing_breaks_the_reader(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text)


def test_what_is_too_large_is_refused(tmp_path: Path) -> None:
    assert "kB" in faults(tmp_path, GOOD + "x" * MOST_BYTES)[0][1]
    many = instead("# Quiz", "".join(f"## Step {number}\n\nDo.\n\n" for number in range(MOST_STEPS)) + "# Quiz")
    assert str(MOST_STEPS) in faults(tmp_path, many)[0][1]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    [problem] = problems_of(tmp_path / "en" / "nothing.md")

    assert str(problem).startswith("en/nothing.md, line 1: The file cannot be read")


def test_values_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    text = instead("saturate: true", "a: no\nb: 12:30\nc: 1e-3\nd: 2026-11-27\ne: 007\nf: -3\ng: .5\nh: 0x10")
    walkthrough = read_walkthrough(write(tmp_path, text)).walkthrough

    assert walkthrough is not None
    values = {key: walkthrough.steps[0].settings[key] for key in "abcdefgh"}
    assert values == {
        "a": "no", "b": "12:30", "c": 0.001, "d": "2026-11-27", "e": "007", "f": -3, "g": 0.5, "h": "0x10",
    }  # fmt: skip

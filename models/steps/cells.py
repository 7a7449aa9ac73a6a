"""A step as it would stand in a notebook: a name, a heading, a sentence and a few lines of Python. Runs nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

# The names of the steps, in their order. A class may run up to one of them.
START, TOKENIZER, TOKENS, MODEL, LOGITS, ANSWER = "start", "tokenizer", "tokens", "model", "logits", "answer"
PIPELINE, ATTENTION, STRINGS, OTHER = "pipeline", "attention", "strings", "other"
STEP_NAMES = (START, TOKENIZER, TOKENS, MODEL, LOGITS, ANSWER, PIPELINE, ATTENTION, STRINGS, OTHER)

TITLES = {
    START: "What is asked",
    TOKENIZER: "Load the tokenizer",
    TOKENS: "From text to tokens",
    MODEL: "Load the model",
    LOGITS: "Run the model: logits",
    ANSWER: "From logits to the answer",
    PIPELINE: "The same with pipeline()",
    ATTENTION: "Look inside: attention",
    STRINGS: "What does not work: text instead of tokens",
    OTHER: "What does not work: another model's tokenizer",
}
SAYS = {
    START: "The names that the other steps use.",
    TOKENIZER: "The rules and the vocabulary that cut a text into tokens. Each model has its own.",
    TOKENS: "The text becomes numbers, one for each token: a table of one row.",
    MODEL: "The weights are read, in the chosen precision, and go to the device.",
    LOGITS: "The model turns the tokens' numbers into scores. That is all it does.",
    ANSWER: "Scores become an answer that a person can read.",
    PIPELINE: "pipeline(…) does all of this in one line. Is its result the same?",
    ATTENTION: "How much each token looked at each other one: one table for each head of each layer.",
    STRINGS: "A model reads numbers. Given the text itself, it fails.",
    OTHER: "Another tokenizer has other numbers for the same words, and the model cannot know.",
}
WIDTH = 60  # characters of a line of code, where it is ours to break


@dataclass(frozen=True)
class Cell:
    """One step. `source` is run as it is shown, all cells in one namespace, and goes into the notebook as it is."""

    name: str
    title: str
    says: str
    source: str

    def as_dict(self) -> dict[str, str]:
        """Plain JSON types."""
        return {"name": self.name, "title": self.title, "says": self.says, "code": self.source}


def constant(name: str, value: object, remark: str = "") -> str:
    """`NAME = value`. What a person typed comes into code in this way only: as a literal, never as code."""
    return f"{name} = {value!r}" + (f"  # {remark}" if remark else "")


def options(given: dict[str, object]) -> list[str]:
    """`first=1`, `second=True`: keyword arguments with plain values, as they stand in code."""
    return [f"{name}={literal(value)}" for name, value in given.items()]


def literal(value: object) -> str:
    """A plain value of ours as it stands in code: names in double quotes, as everywhere here."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def call(head: str, *given: str, tail: str = "") -> str:
    """`head(one, two)tail`, with an argument in each line where that is too long for one."""
    line = f"{head}({', '.join(given)}){tail}"
    if len(line) <= WIDTH:
        return line
    rows = "".join(f"    {argument},\n" for argument in given)
    return f"{head}(\n{rows}){tail}"


def indented(source: str) -> str:
    """The same lines as the body of a block."""
    return "\n".join(f"    {line}" for line in source.splitlines())


def lines(*parts: str) -> str:
    """The lines of a cell; empty parts are left out."""
    return "\n".join(part for part in parts if part)


def with_remarks(source: str) -> str:
    """The same code with the remark of each line that would be too long above it."""
    written = []
    for line in source.splitlines():
        code, mark, remark = line.partition("  # ")
        if mark and len(line) > WIDTH:
            indent = code[: len(code) - len(code.lstrip())]
            written += [f"{indent}# {remark}", code]
        else:
            written.append(line)
    return "\n".join(written)


def up_to(cells: Sequence[Cell], until: str | None) -> list[Cell]:
    """The cells up to the one of this name, with it; all where there is none of it, or None."""
    names = [cell.name for cell in cells]
    return list(cells[: names.index(until) + 1] if until in names else cells)

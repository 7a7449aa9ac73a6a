"""The schema of a result as a list in Markdown: each field, what it means, and beneath it what it is made of."""

import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

LINE_WIDTH = 120

Schema = dict[str, Any]


def result_in_words(name: str, result: Any, more: str = "") -> str:
    """A point for what the command `name` gives; `more` says what only the terminal has."""
    schema = TypeAdapter(result).json_schema(mode="serialization")
    parts = schema.get("$defs", {})
    lines = [f"- `{name}`: {'a list of' if schema.get('type') == 'array' else 'an object of'}"]
    lines += _objects(_alternatives(schema.get("items", schema), parts), parts, 1)
    if more:
        lines.append(f"  - {more}")
    return "\n".join(filled(line) for line in lines) + "\n"


def _alternatives(schema: Schema, parts: dict[str, Schema]) -> list[Schema]:
    """The objects that something may be."""
    return [_resolved(each, parts) for each in schema.get("anyOf", [schema])]


def _resolved(schema: Schema, parts: dict[str, Schema]) -> Schema:
    reference = schema.get("$ref")
    return schema if reference is None else parts[reference.rpartition("/")[2]]


def _objects(alternatives: list[Schema], parts: dict[str, Schema], depth: int) -> Iterator[str]:
    """The fields of what is usually there, and those of what may be there in its place."""
    usual, *others = alternatives
    yield from _fields(usual, parts, depth)
    for each in others:
        yield f"{'  ' * depth}- or, for {_small(each['description'])}: {_named(each)}"


def _fields(schema: Schema, parts: dict[str, Schema], depth: int) -> Iterator[str]:
    for name, field in schema["properties"].items():
        within = _within(field, parts)
        means = field.get("description", "a list of" if within else "")
        yield f"{'  ' * depth}- `{name}`" + (f": {means}" if means else "")
        if within:
            yield from _objects(within, parts, depth + 1)


def _within(field: Schema, parts: dict[str, Schema]) -> list[Schema]:
    """The objects that a field may be, or has a list of; none for plain values."""
    for each in field.get("anyOf", [field]):
        found = _alternatives(each.get("items", each), parts)
        if "properties" in found[0]:
            return found
    return []


def _small(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")


def _named(schema: Schema) -> str:
    return ", ".join(
        f"`{name}` ({field['description']})" if "description" in field else f"`{name}`"
        for name, field in schema["properties"].items()
    )


def filled(text: str) -> str:
    """A point of a list in lines of at most 120 characters; no name is broken."""
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    return textwrap.fill(text, LINE_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

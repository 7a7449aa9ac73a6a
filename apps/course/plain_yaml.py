"""YAML of a teacher: plain values, each with the line that it stands in. Nothing in it runs or grows."""

import re
from dataclasses import dataclass
from typing import Any

import yaml

MOST_LEVELS = 8  # a list of courses needs four
_TAG = "tag:yaml.org,2002:"


class Fault(Exception):
    """Something is wrong in this line, which counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(frozen=True)
class Value:
    """What stands in a line: None, a text, a number, true or false, a list of `Value`, or a dict of them by texts."""

    value: Any
    line: int


class _Loader(yaml.SafeLoader):
    """Without aliases, by which a few lines grow to gigabytes, and with the plain values of YAML 1.2 alone.

    In the older YAML `no` is false, `12:30` is 750, and `1e-3` is a text.
    """

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):  # type: ignore[no-untyped-call]
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="Aliases (*name) are not read", problem_mark=mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}  # not those of the class above, which every other reader of YAML uses
_DIGITS = "+-0123456789"
for _name, _pattern, _first in (
    ("bool", r"true|True|false|False", "tTfF"),
    ("null", r"~|null|", ("~", "n", "")),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", _DIGITS),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?", f"{_DIGITS}."),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"(?:{_pattern})$"), list(_first))


def read_yaml(text: str, first_line: int = 1) -> Value:
    """What the YAML says; `first_line` is the number of its first line in the file. Raises Fault."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Fault(first_line + (mark.line if mark else 0), f"This is not YAML: {_problem(error)}.") from error
    except yaml.YAMLError as error:  # a character that YAML does not allow; its place is counted in characters
        line = text.count("\n", 0, getattr(error, "position", None) or 0)
        raise Fault(first_line + line, "There is a character here that YAML does not allow.") from error
    except RecursionError as error:
        raise Fault(first_line, "Brackets stand in brackets in brackets: this is deeper than anything here.") from error
    return Value(None, first_line) if node is None else _value(node, first_line, MOST_LEVELS)


def _problem(error: yaml.MarkedYAMLError) -> str:
    hint = " (a value with “: ” in it needs quotation marks)" if "mapping values" in (error.problem or "") else ""
    return f"{error.problem or error.context}{hint}"


def _value(node: yaml.Node, first_line: int, levels: int) -> Value:
    line = first_line + node.start_mark.line
    if not levels:
        raise Fault(line, "Lists stand in lists in lists: this is deeper than anything here.")
    if isinstance(node, yaml.SequenceNode):
        return Value([_value(each, first_line, levels - 1) for each in node.value], line)
    if isinstance(node, yaml.MappingNode):
        return Value(_mapping(node, first_line, levels - 1), line)
    return Value(_scalar(node, line), line)


def _mapping(node: yaml.MappingNode, first_line: int, levels: int) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key, value in node.value:
        line = first_line + key.start_mark.line
        if not isinstance(key, yaml.ScalarNode):
            raise Fault(line, "The name before the colon is not a text.")
        if key.value in values:
            raise Fault(line, f"“{key.value}” stands here twice.")
        values[key.value] = Value(_value(value, first_line, levels).value, line)
    return values


def _scalar(node: yaml.Node, line: int) -> str | int | float | bool | None:
    text, tag = str(node.value), node.tag.removeprefix(_TAG)
    try:
        match tag:
            case "str":
                return text
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "null":
                return None
    except ValueError:
        pass  # such as “!!int many”
    raise Fault(line, f"“{text[:60]}” is not a plain value: a text, a number, true or false.")

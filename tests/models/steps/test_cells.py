"""How code is written: literals, long calls, remarks."""

import ast

import pytest

from models.steps.cells import WIDTH, Cell, call, constant, up_to, with_remarks

HARMFUL = (
    "'); import os; os.remove('x'); ('", '"""', "\\", "a\nb", "\u202eright to left", "emoji 👩‍👩‍👧", "\x00", "{TEXT}",
    "'''\"\"\""
)  # fmt: skip


@pytest.mark.parametrize("text", HARMFUL)
def test_what_a_person_types_is_a_literal_and_never_code(text: str) -> None:
    [statement] = ast.parse(constant("TEXT", text, "a remark")).body

    assert isinstance(statement, ast.Assign)
    assert ast.literal_eval(statement.value) == text


def test_a_call_is_broken_where_it_is_too_long() -> None:
    assert call("f", "a", "b=1", tail="[0]") == "f(a, b=1)[0]"
    long = call("model = f", *(f"argument_{number}=1" for number in range(9)))
    assert max(map(len, long.splitlines())) <= WIDTH
    ast.parse(long)


def test_a_long_remark_stands_above_its_line() -> None:
    assert (
        with_remarks(f"    a = 1  # {'x' * WIDTH}\nb = 2  # short") == f"    # {'x' * WIDTH}\n    a = 1\nb = 2  # short"
    )


def test_steps_are_run_up_to_one_of_them() -> None:
    cells = [Cell(name, "", "", "") for name in ("one", "two", "three")]

    assert [cell.name for cell in up_to(cells, "two")] == ["one", "two"]
    assert up_to(cells, None) == cells

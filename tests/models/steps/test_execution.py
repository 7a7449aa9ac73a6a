"""Cells run in one namespace, and what is told of them."""

import threading
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from models.errors import Cancelled
from models.steps.cells import MODEL, Cell
from models.steps.execution import MOST_SHOWN, Namespace, Ran, Value


def run(names: Namespace, source: str, name: str = "step") -> Ran:
    return names.run(Cell(name, "", "", source))


def test_cells_share_their_names_and_tell_the_last_line() -> None:
    names = Namespace("cpu")
    run(names, "number = 20")
    ran = run(names, "twice = 2 * number\ntwice, number")

    assert ran.values == (Value("twice", "int", shown="40"),)
    assert ran.result == "(40, 20)"


def test_what_a_cell_prints_is_kept_and_printed_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Namespace("cpu"), "print('one', 2, sep='-')").printed == "one-2\n"
    assert capsys.readouterr() == ("", "")


def test_a_tensor_is_told_with_its_shape_type_device_and_bytes() -> None:
    names = Namespace("cpu")
    [value] = run(names, "import torch\ntable = torch.zeros(2, 3)").values

    assert value == Value("table", "Tensor", (2, 3), "float32", "cpu", 24)


def test_what_a_tokenizer_gives_is_told_by_its_keys(tiny_models) -> None:
    names = Namespace("cpu")
    names.put_places({})
    tokenizer = AutoTokenizer.from_pretrained(tiny_models.bert_classifier())
    names._names["tokenizer"] = tokenizer
    values = run(names, 'inputs = tokenizer("a good film", return_tensors="pt")').values

    assert next((value.name, value.shape) for value in values) == ('inputs["input_ids"]', (1, 5))


def test_a_value_that_stays_the_same_is_told_once() -> None:
    names = Namespace("cpu")
    run(names, "a = 1")

    assert run(names, "a = 1\nb = 2").values == (Value("b", "int", shown="2"),)


def test_long_values_are_cut() -> None:
    [value] = run(Namespace("cpu"), "a = 'x' * 100_000").values

    assert len(value.shown) == MOST_SHOWN


def test_names_within_functions_are_not_told() -> None:
    ran = run(Namespace("cpu"), "def f(x):\n    inner = x\n    return inner\nouter = f(3)")

    assert [value.name for value in ran.values] == ["outer"]


def test_a_folder_of_this_machine_goes_by_its_name_elsewhere() -> None:
    names = Namespace("cpu")
    run(names, "MODEL = 'owner/name'")
    names.put_places({"MODEL": Path("/srv/secret/folder")})
    ran = run(names, "print(MODEL)\nMODEL")

    assert (ran.printed, ran.result) == ("owner/name\n", "'owner/name'")


def test_stop_ends_a_cell_between_two_runs_of_the_model() -> None:
    cancelled = threading.Event()
    names = Namespace("cpu", cancelled)
    run(names, "import torch\nmodel = torch.nn.Linear(2, 2)", MODEL)
    names._names["press"] = cancelled.set
    with pytest.raises(Cancelled):
        run(names, "runs = 0\nfor _ in range(9):\n    model(torch.ones(2))\n    runs += 1\n    press()")

    assert names["runs"] == 1


def test_nothing_is_left_after_the_end() -> None:
    names = Namespace("cpu")
    run(names, "a = 1")
    names.close()

    assert names.get("a") is None

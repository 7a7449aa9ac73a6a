"""Numbers and layers from the terminal."""

import json

import pytest

from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels

LAYER = "transformer.h.0.attn.c_attn"


def test_bits_prints_a_row_for_each_format(aula: Aula) -> None:
    ended = aula("bits", "0.1")

    assert (ended.code, ended.errors) == (0, "")
    lines = ended.output.splitlines()
    assert lines[0].split() == ["FORMAT", "BITS", "STORED", "ERROR", "RELATIVE", "KIND"]
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "fp32", "bf16", "fp16", "fp8 E4M3", "fp8 E5M2", "int8", "NF4",
    ]  # fmt: skip
    assert "0 01011 1001100110" in lines[3]
    assert "0.0999755859375" in lines[3]


@pytest.mark.parametrize("number", ["-0", "-1", "-1e-8", "-inf", "-1/3", "-.5", "−2"])
def test_negative_numbers_are_no_options(aula: Aula, number: str) -> None:
    ended = aula("bits", number, "--json")

    assert ended.code == 0, ended.errors
    assert [row["sign"] for row in json.loads(ended.output)["formats"]] == ["1"] * 5


def test_json_has_every_format_and_the_settings(aula: Aula) -> None:
    ended = aula("bits", "300", "--scale", "2", "--zero-point", "-100", "--absmax", "400", "--json")

    told = json.loads(ended.output)
    assert [row["value"] for row in told["formats"]] == [300, 300, 300, 288, 320]
    assert (told["int8"]["code"], told["int8"]["value"]) == (50, 300)
    assert (told["nf4"]["absmax"], told["nf4"]["code"]) == (400, 14)


def test_saturate(aula: Aula) -> None:
    ended = aula("bits", "inf", "--saturate", "--json")

    assert [row["value"] for row in json.loads(ended.output)["formats"][2:]] == [65504, 448, 57344]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("abc",), "is not a number"),
        (("1e999",), "1e-300 to 1e300"),
        (("1", "--scale", "0"), "The scale must be"),
        (("1", "--zero-point", "200"), "choose -128 to 127"),
        (("1", "--absmax", "nan"), "largest weight of the block"),
    ],
)
def test_what_cannot_be_stored_gets_one_sentence(aula: Aula, arguments: tuple[str, ...], words: str) -> None:
    ended = aula("bits", *arguments)

    assert (ended.code, ended.output) == (1, "")
    assert words in ended.errors
    assert len(ended.errors.splitlines()) == 1


@pytest.mark.parametrize("arguments", [(), ("1", "2"), ("1", "--unknown", "2")])
def test_a_wrong_command_line_is_told_from_a_wrong_number(aula: Aula, arguments: tuple[str, ...]) -> None:
    assert aula("bits", *arguments).code == 2


def test_tensor_without_a_layer_lists_them(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.gpt2(), "--device", "cpu")

    assert ended.code == 0, ended.errors
    lines = [line.split() for line in ended.output.splitlines()]
    assert lines[0] == ["LAYER", "PART", "OUTPUTS", "INPUTS"]
    assert [LAYER, "attention", "96", "32"] in lines


def test_tensor_quantizes_a_layer(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.gpt2(), LAYER, "--bits", "4", "--granularity", "tensor", "--device", "cpu")

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0] == f"{LAYER}: 96 outputs × 32 inputs = 3,072 weights, all of them"
    assert lines[3].split()[:3] == ["4", "per", "tensor"]
    assert len(lines) == 2 + 2 + 3 + 1 + 21


def test_json_is_the_report_of_the_page(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("--affine", "--granularity", "group", "--group-size", "16", "--clipping", "99", "--outlier")
    ended = aula("tensor", tiny_models.gpt2(), LAYER, *options, "--device", "cpu", "--json")

    told = json.loads(ended.output)
    assert (told["symmetric"], told["granularity"], told["group_size"]) == (False, "group", 16)
    assert (told["clipping"], told["outlier"]) == (99, True)
    assert len(told["comparison"]) == 21
    assert sum(told["histogram"]["before"]) == 96 * 32


def test_a_model_for_another_task_outside_the_catalog(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.roberta_qa(), "--task", "question-answering", "--device", "cpu", "--json")

    assert ended.code == 0, ended.errors
    assert "qa_outputs" in [layer["name"] for layer in json.loads(ended.output)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bits", "9"), "Choose 2 to 8"),
        (("--granularity", "row"), "cannot share a scale"),
        (("--clipping", "20"), "between 50 and 100"),
        (("--group-size", "0"), "at least one weight"),
        (("--task", "object-detection"), "no task of a model with layers"),
    ],
)
def test_a_wrong_choice_is_told_before_anything_is_loaded(
    aula: Aula, tiny_models: TinyModels, options: tuple[str, ...], words: str
) -> None:
    ended = aula("tensor", tiny_models.gpt2(), LAYER, *options)

    assert (ended.code, ended.output) == (1, "")
    assert words in ended.errors
    assert len(ended.errors.splitlines()) == 1


def test_an_unknown_layer_gets_a_sentence(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.gpt2(), "transformer.h.99", "--device", "cpu")

    assert (ended.code, ended.output) == (1, "")
    assert "no layer “transformer.h.99”" in ended.errors


def test_ctrl_c_keeps_what_is_compared(aula: Aula, tiny_models: TinyModels, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at(", 3 of 21")
    ended = aula("tensor", tiny_models.gpt2(), LAYER, "--device", "cpu", "--json")

    assert ended.code == 130
    assert len(json.loads(ended.output)["comparison"]) == 3

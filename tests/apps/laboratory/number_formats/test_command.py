"""The bits of a number from the terminal."""

import json

import pytest

from tests.apps.commands import Aula


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
def test_negative_numbers_are_not_options(aula: Aula, number: str) -> None:
    ended = aula("bits", number, "--json")

    assert ended.code == 0, ended.errors
    assert [row["sign"] for row in json.loads(ended.output)["formats"]] == ["1"] * 5


def test_json_has_every_format_and_the_settings(aula: Aula) -> None:
    ended = aula("bits", "300", "--scale", "2", "--zero-point", "-100", "--absmax", "400", "--json")

    printed = json.loads(ended.output)
    assert [row["value"] for row in printed["formats"]] == [300, 300, 300, 288, 320]
    assert (printed["int8"]["code"], printed["int8"]["value"]) == (50, 300)
    assert (printed["nf4"]["absmax"], printed["nf4"]["code"]) == (400, 14)


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

"""Which layer hurts, from the terminal, with a tiny GPT-2."""

import json
from pathlib import Path

import pytest

from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels

BRIEF = ("--tokens", "32", "--device", "cpu")


def test_sensitivity_prints_blocks_as_rows_and_kinds_as_columns(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("sensitivity", tiny_models.gpt2(), "--bits", "2", *BRIEF)

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0].split() == ["BLOCK", "attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"]
    assert [line.split()[0] for line in lines[1:]] == ["wte", "wpe", "0", "1"]
    assert lines[3].count("%") == 4
    assert "transformer.wte and lm_head share one matrix" in ended.errors
    assert "In 2 bits, it hurts most in" in ended.errors


def test_sensitivity_in_json_and_on_a_file(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("La niña leyó un cuento sobre un pingüino.", encoding="utf-8")
    options = ("--file", text, "--granularity", "group", "--group-size", "16", "--affine", "--json")
    ended = aula("sensitivity", tiny_models.gpt2(), *options, *BRIEF)

    printed = json.loads(ended.output)
    assert (printed["bits"], printed["granularity"], printed["group_size"], printed["symmetric"]) == (
        4,
        "group",
        16,
        False,
    )
    assert printed["text_start"].startswith("La niña")
    assert printed["finished"] is True
    assert len(printed["cells"]) == 10
    assert {"machine", "versions", "threads"} <= set(printed)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bits", "9"), "Choose 2 to 8"),
        (("--granularity", "row"), "tensor, channel, group"),
        (("--tokens", "3"), "from 16 to 4096"),
    ],
)
def test_sensitivity_refuses_in_one_sentence(
    aula: Aula, tiny_models: TinyModels, options: tuple[str, ...], words: str
) -> None:
    ended = aula("sensitivity", tiny_models.gpt2(), *options)

    assert (ended.code, ended.output) == (1, "")
    assert words in ended.errors


def test_ctrl_c_keeps_the_cells_that_are_done(aula: Aula, tiny_models: TinyModels, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at("block 0, attn.c_attn")
    ended = aula("sensitivity", tiny_models.gpt2(), *BRIEF, "--json")

    assert ended.code == 130
    printed = json.loads(ended.output)
    assert [cell["kind"] for cell in printed["cells"]] == ["wte", "wpe"]
    assert printed["finished"] is False

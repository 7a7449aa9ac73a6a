"""Comparing precisions from the terminal, with a tiny GPT-2."""

import json
import signal

import pytest

from apps.terminal import laboratory
from tests.apps.terminal.conftest import Aula
from tests.conftest import TinyModels

BRIEF = ("--max-new-tokens", "4", "--device", "cpu")


def test_quantize_prints_a_row_for_each_precision(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp32,int8", "--precision", "bf16", *BRIEF)

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0].split() == ["PRECISION", "FILE", "FOOTPRINT", "LOADING", "TOKENS/S", "PERPLEXITY", "BITS/BYTE"]
    assert [line.split()[0] for line in lines[1:4]] == ["fp32", "int8", "bf16"]
    assert "fp32: Me" not in lines[0]
    assert sum(line.startswith(("fp32: ", "int8: ", "bf16: ")) for line in lines) == 3


def test_json_is_the_report(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp32", *BRIEF, "--json")

    told = json.loads(ended.output)
    assert {"model_id", "device", "prompt", "seed", "threads", "rows", "machine", "versions"} <= set(told)
    (row,) = told["rows"]
    assert row["precision"] == "fp32"
    assert row["perplexity"] > 1
    assert row["error"] is None


def test_a_precision_that_fails_is_told_and_the_others_go_on(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp16,fp32", *BRIEF)

    assert ended.code == 1
    assert "fp16" in ended.errors.splitlines()[-1]
    assert [line.split()[0] for line in ended.output.splitlines()[1:2]] == ["fp32"]


def test_an_unknown_precision_names_them_all(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "int3", *BRIEF)

    assert (ended.code, ended.output) == (1, "")
    assert "fp32, bf16, fp16, int8, bnb-int8, bnb-nf4" in ended.errors


def test_ctrl_c_keeps_the_rows_that_are_done(
    aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_ctrl_c_at_the_second(line: object, text: str, fraction: float) -> None:
        if "bf16" in text:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(laboratory.ProgressLine, "update", press_ctrl_c_at_the_second)

    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp32,bf16", *BRIEF, "--json")

    assert ended.code == 130
    assert [row["precision"] for row in json.loads(ended.output)["rows"]] == ["fp32"]

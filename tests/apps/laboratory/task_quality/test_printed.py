"""What precisions cost in points, from the terminal, with a tiny BERT."""

import json
from pathlib import Path

import pytest

from quantization.measure import evaluation_sets, exams
from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels

HERE = ("--device", "cpu")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exam of three questions, each with an answer."""
    monkeypatch.setattr(exams, "questions", lambda: evaluation_sets.questions()[:3])


def test_quantize_prints_scores_and_what_each_precision_costs(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.bert_qa(), "--precision", "fp32,int8", "--threads", "1", *HERE)

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0].split() == ["PRECISION", "F1", "EXACT", "MATCH", "QUESTIONS/S", "FILE", "FOOTPRINT"]
    assert [line.split()[0] for line in lines[1:3]] == ["fp32", "int8"]
    assert lines[-1].startswith("int8 costs ") or lines[-1].startswith("int8 gains ")
    assert "× the file" in lines[-1]
    assert "speed" in lines[-1]
    assert "3 questions written for the suite, on cpu" in ended.errors
    assert "1 thread," in ended.errors


def test_json_is_the_report(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.bert_qa(), "--precision", "fp32,bf16", *HERE, "--json")

    told = json.loads(ended.output)
    assert [row["precision"] for row in told["rows"]] == ["fp32", "bf16"]
    assert [price["precision"] for price in told["costs"]] == ["bf16"]
    assert len(told["asked"]) == 3


def test_a_precision_that_fails_is_told_and_the_others_go_on(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.bert_qa(), "--precision", "fp16,fp32", *HERE)

    assert ended.code == 1
    assert "The precision “fp16” does not apply" in ended.errors
    assert ended.output.splitlines()[1].split()[0] == "fp32"


def test_ctrl_c_keeps_the_precisions_that_are_done(aula: Aula, tiny_models: TinyModels, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at("bf16: question 2")
    ended = aula("quantize", tiny_models.bert_qa(), "--precision", "fp32,bf16", *HERE, "--json")

    assert ended.code == 130
    assert [row["precision"] for row in json.loads(ended.output)["rows"]] == ["fp32"]


def test_json_stays_alone_when_the_model_is_kept_too(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    ended = aula("quantize", tiny_models.bert_qa(), "--precision", "int8", *HERE, "--json", "--out", kept)

    assert ended.code == 0, ended.errors
    assert [row["precision"] for row in json.loads(ended.output)["rows"]] == ["int8"]
    assert f"Kept in {kept}" in ended.errors
    assert (kept / "config.json").is_file()
    card = (kept / "README.md").read_text(encoding="utf-8")
    assert all(name in card for name in ("| F1, of 100 | ", "| exact match, of 100 | ", "| Speed | "))

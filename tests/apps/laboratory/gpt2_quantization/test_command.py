"""Comparing precisions from the terminal, with a tiny GPT-2."""

import json
from pathlib import Path

import pytest

from quantization.experiments.figures import FIGURES
from quantization.recipes import PRECISION_NAMES
from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels
from tests.tiny.text_generation import save_few_words

BRIEF = ("--max-new-tokens", "4", "--device", "cpu", "--no-peak")


def test_quantize_prints_a_row_for_each_precision(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp32,int8", "--precision", "bf16", *BRIEF)

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0].split() == ["PRECISION", *(figure.terminal for figure in FIGURES if figure.terminal)]
    assert "9/9" in lines[2].split()
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
    assert ", ".join(PRECISION_NAMES) in ended.errors


def test_ctrl_c_keeps_the_rows_that_are_done(aula: Aula, tiny_models: TinyModels, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at("bf16")
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp32,bf16", *BRIEF, "--json")

    assert ended.code == 130
    assert [row["precision"] for row in json.loads(ended.output)["rows"]] == ["fp32"]


def test_the_peak_of_the_load_and_the_threads_are_in_the_report(
    aula: Aula, tiny_models: TinyModels, peaks: list[tuple[str, int | None]]
) -> None:
    brief = (*BRIEF[:-1], "--threads", "1", "--json")
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp32", *brief)

    told = json.loads(ended.output)
    assert told["threads"] == 1
    assert told["rows"][0]["peak_bytes"] == 60_000_000
    assert peaks == [("fp32", 1)]
    assert told["kept"] is None


def test_without_fp32_it_says_that_there_is_no_agreement(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "int8", *BRIEF)

    assert "Without fp32 there is no agreement" in ended.errors
    assert ended.output.splitlines()[1].split()[-2:] == ["–", "–"]


def test_out_keeps_the_measured_precision_as_a_model(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    ended = aula("quantize", tiny_models.gpt2(), "--precision", "fp32,int8", *BRIEF, "--out", folder)

    assert ended.code == 0, ended.errors
    assert f"Kept in {folder}" in ended.output
    assert f"--model {folder}" in ended.output
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "Perplexity" in card
    assert "Same likeliest token as fp32" in card
    again = aula("generate", "Me gusta", "--model", folder, "--max-new-tokens", "2", "--device", "cpu", "--json")
    assert again.code == 0, again.errors


def test_a_kept_model_is_measured_in_its_own_precision(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    aula("quantize", tiny_models.gpt2(), "--precision", "int8", "--no-measure", *BRIEF, "--out", folder)
    ended = aula("quantize", folder, *BRIEF, "--json")

    (row,) = json.loads(ended.output)["rows"]
    assert (row["precision"], row["error"]) == ("int8", None)


@pytest.mark.parametrize("kind", ["bert_classifier", "bert_qa", "t5", "gpt2"])
def test_every_kind_of_text_model_can_be_kept_without_measuring(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "kept"
    arguments = ("--precision", "int8", "--no-measure", "--device", "cpu", "--out", folder, "--json")
    ended = aula("quantize", getattr(tiny_models, kind)(), *arguments)

    assert ended.code == 0, ended.errors
    assert json.loads(ended.output)["kept"] == str(folder)
    assert (folder / "config.json").is_file()


def test_a_classifier_is_kept_without_measuring_and_not_without_a_folder(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    arguments = ("quantize", tiny_models.bert_classifier(), "--precision", "int8", "--device", "cpu")
    assert "cannot be measured here, only kept. Add --out" in aula(*arguments).errors
    ended = aula(*arguments, "--out", tmp_path / "kept")
    assert "python aula.py classify" in ended.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--precision", "int8,bf16", "--out", "kept"), "--out keeps one precision, and these are 2: int8, bf16."),
        (("--out", "kept"), "--out keeps one precision"),
        (("--precision", "int8", "--out", "."), "exists and is not empty"),
        (("--precision", "fp16", "--out", "kept"), "does not apply on the device"),
        (("--precision", "fp32", "--no-measure"), "Name a folder with --out"),
        (("--precision", "fp32", "--threads", "0"), "threads must be from 1 to"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_said_before_anything_is_measured(
    aula: Aula,
    tiny_models: TinyModels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.txt").write_text("so that the folder is not empty")

    ended = aula("quantize", tiny_models.gpt2(), *arguments, *BRIEF)

    assert (ended.code, ended.output) == (1, "")
    assert sentence in ended.errors
    assert "measuring" not in ended.errors


@pytest.fixture
def few_words(tiny_models: TinyModels, tmp_path: Path) -> tuple[object, ...]:
    """Arguments for a model that reads a few Spanish words only, and a text of such words."""
    save_few_words(tiny_models.gpt2(), tmp_path / "few")
    text = tmp_path / "text.txt"
    text.write_text("me gusta mucho el mar y la casa del río " * 4, encoding="utf-8")
    return ("quantize", tmp_path / "few", "--precision", "fp32", "--text-file", text, *BRIEF)


def test_a_prompt_that_cannot_be_read_is_refused_unless_it_is_wanted(aula: Aula, few_words: tuple[object, ...]) -> None:
    refused = aula(*few_words, "--prompt", "Мне нравится")
    assert refused.code == 1
    assert "cannot read 100 % of the prompt" in refused.errors

    wanted = aula(*few_words, "--prompt", "Мне нравится", "--even-if-unreadable", "--json")
    [row] = json.loads(wanted.output)["rows"]
    assert (wanted.code, row["error"], row["unreadable"]) == (0, None, 1)
    assert "cannot read 100 % of the prompt or the measured text" in wanted.errors

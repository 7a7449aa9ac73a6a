"""The benchmark of precisions on tiny shapes. Nothing here asks how fast a machine is."""

import json
from dataclasses import replace

import pytest
import torch

from benchmarks import random_model
from benchmarks.quantization import HEADER, main, weighed
from benchmarks.ratio_rows import find_rows
from benchmarks.subjects import SUBJECTS, Subject
from models.errors import InvalidInput, PrecisionNotApplicable
from models.precision import BF16, FP32
from quantization.recipes import INT8, INT8_EMBEDDINGS

WIDTH, VOCABULARY = 64, 500
SMALL = {
    "gpt2": {"n_embd": WIDTH, "n_layer": 2, "n_head": 2, "vocab_size": VOCABULARY},
    "roberta": {
        **{"hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2, "vocab_size": VOCABULARY},
        "intermediate_size": 128,
    },
    "t5": {
        **{"d_model": WIDTH, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 4},
        "vocab_size": VOCABULARY,
    },
}
CONDITIONS = {
    "threads": 2, "date": "2026-11-21", "machine": "Linux", "processor": "a processor", "cpu_features": ["avx2"],
    "graphics_cards": [], "versions": {"torch": "2"}, "limits": {},
}  # fmt: skip


def tiny(name: str) -> Subject:
    subject = SUBJECTS[name]
    return replace(subject, settings={**subject.settings, **SMALL[name]})


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_vocabulary_and_the_shape_are_the_real_ones(name) -> None:
    config = SUBJECTS[name].configuration()
    assert config.vocab_size == {"gpt2": 50257, "roberta": 50265, "t5": 32128}[name]
    assert config.hidden_size == 768
    assert config.num_hidden_layers == 12


def test_weights_follow_the_seed_and_leave_the_randomness_of_others_alone(tmp_path) -> None:
    subject = tiny("gpt2")
    before = torch.random.get_rng_state()
    written = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        random_model.save(subject, tmp_path / name, seed)
        written.append((tmp_path / name / "model.safetensors").read_bytes())
    assert torch.equal(torch.random.get_rng_state(), before)
    assert written[0] == written[1] != written[2]


@pytest.fixture
def tiny_gpt2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SUBJECTS, "gpt2", tiny("gpt2"))


def test_every_precision_has_a_row_with_its_size(tiny_gpt2: None) -> None:
    precisions = (FP32, BF16, INT8, INT8_EMBEDDINGS)
    found = list(weighed(*find_rows(["gpt2"]), precisions, repeats=2))
    assert [row.precision for row, _ in found] == [precision.name for precision in precisions]
    assert all(row.error is None and row.rounds == 2 for row, _ in found)
    sizes = {row.precision: size for row, size in found}
    assert sizes["fp32"] == pytest.approx(4 * parameters("gpt2"), rel=0.05)
    assert sizes["bf16"] == pytest.approx(sizes["fp32"] / 2, rel=0.1)
    assert sizes["int8-embeddings"] < sizes["int8"] < sizes["fp32"]


def parameters(name: str) -> int:
    """Counted by hand: the tied head is the embedding."""
    assert name == "gpt2"
    block = 2 * 2 * WIDTH + (WIDTH + 1) * 3 * WIDTH + (WIDTH + 1) * WIDTH + (WIDTH + 1) * 4 * WIDTH
    return (VOCABULARY + 1024) * WIDTH + 2 * (block + (4 * WIDTH + 1) * WIDTH) + 2 * WIDTH


def test_json_and_table_have_the_conditions_and_what_is_asked(tiny_gpt2: None, capsys) -> None:
    main(models="gpt2", precision="int8", repeats=1, threads=1, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["threads"], told["repeats"]) == (1, 1)
    assert {"date", "processor", "cpu_features", "versions", "limits"} <= told.keys()
    [row] = told["rows"]
    assert (row["model_id"], row["precision"], row["unit"]) == ("gpt2", "int8", "token")
    assert (row["asked_ratio"], row["asked_bytes"]) == (3.2, 285_000_000)
    assert row["ratio"] == pytest.approx(row["here_per_second"] / row["plain_per_second"])
    assert row["file_bytes"] > 0

    main(models="gpt2", precision="fp32,int8", repeats=1, threads=1)
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert lines[0] == list(HEADER)
    assert [line[:2] for line in lines[2:]] == [[SUBJECTS["gpt2"].title, name] for name in ("fp32", "int8")]
    assert [(line[5], line[7]) for line in lines[2:]] == [("–", "–"), ("≥ 3.2 ×", "≤ 285 MB")]


def test_a_precision_that_no_model_here_has_ends_with_exit_code_1(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(models="roberta", precision="int8-tied", repeats=1, threads=1)
    assert ended.value.code == 1
    told = capsys.readouterr().out
    assert "not measured" in told
    assert "The precision “int8-tied” does not apply to question answering models" in told


def test_unknown_names_are_refused_with_the_choices() -> None:
    with pytest.raises(InvalidInput, match=r"no model “gpt3” to measure\. Choose one of: gpt2, roberta, t5"):
        main(models="gpt3")
    with pytest.raises(PrecisionNotApplicable, match="no precision “int9”"):
        main(models="gpt2", precision="int9")
    with pytest.raises(InvalidInput, match="at least 1"):
        main(models="gpt2", repeats=0)

"""The benchmark on tiny shapes, and its arithmetic on times made by hand. Nothing here asks how fast a machine is."""

import itertools
import json
from dataclasses import replace

import pytest
import torch

from benchmarks import random_model, sides, table
from benchmarks.quantization import main, measure
from benchmarks.race import Race, Times, race
from benchmarks.subjects import NAMES, SUBJECTS, Subject, find_subjects
from benchmarks.table import HEADER, RaceRow
from models.errors import InvalidInput, PrecisionNotApplicable
from models.precision import BF16, FP32
from quantization.recipes import INT8, INT8_EMBEDDINGS, INT8_TIED

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
    "graphics_cards": [], "versions": {"torch": "2"}, "repeats": 3, "seed": 0,
}  # fmt: skip


def tiny(name: str) -> Subject:
    [subject] = find_subjects([name])
    return replace(subject, settings={**subject.settings, **SMALL[name]})


def by_hand() -> Race:
    return Race(Times((4.0, 2.0, 9.0)), Times((1.0, 0.5, 3.0)), tokens=32)


@pytest.mark.parametrize("name", NAMES)
def test_both_sides_work_through_the_same_number_of_tokens(name, tmp_path) -> None:
    subject = tiny(name)
    random_model.save(subject, tmp_path)
    for precision in (FP32, INT8):
        assert sides.plain(subject, tmp_path).work() == sides.ours(subject, tmp_path, precision).work()
    assert sides.plain(subject, tmp_path).work() == subject.tokens


@pytest.mark.parametrize("name", NAMES)
def test_the_vocabulary_and_the_shape_are_the_real_ones(name) -> None:
    [subject] = find_subjects([name])
    config = subject.configuration()
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


def test_every_precision_has_a_row_with_its_size() -> None:
    precisions = (FP32, BF16, INT8, INT8_EMBEDDINGS)
    rows = list(measure(tiny("gpt2"), precisions, repeats=2))
    assert [row.precision for row in rows] == [precision.name for precision in precisions]
    assert all(row.error is None and row.race.ratio > 0 for row in rows)
    sizes = {row.precision: row.file_bytes for row in rows}
    assert sizes["fp32"] == pytest.approx(4 * parameters("gpt2"), rel=0.05)
    assert sizes["bf16"] == pytest.approx(sizes["fp32"] / 2, rel=0.1)
    assert sizes["int8-embeddings"] < sizes["int8"] < sizes["fp32"]


def parameters(name: str) -> int:
    """Counted by hand: the tied head is the embedding."""
    assert name == "gpt2"
    block = 2 * 2 * WIDTH + (WIDTH + 1) * 3 * WIDTH + (WIDTH + 1) * WIDTH + (WIDTH + 1) * 4 * WIDTH
    return (VOCABULARY + 1024) * WIDTH + 2 * (block + (4 * WIDTH + 1) * WIDTH) + 2 * WIDTH


def test_a_precision_that_does_not_apply_is_a_row_with_a_sentence() -> None:
    [refused, measured] = measure(tiny("roberta"), (INT8_TIED, INT8), repeats=1)
    assert (refused.race, refused.file_bytes) == (None, None)
    assert "int8-tied" in refused.error
    assert measured.error is None


def test_ratios_are_baseline_by_measured() -> None:
    assert by_hand().ratio == 4.0 / 1.0
    assert by_hand().fastest_ratio == 2.0 / 0.5


def test_sides_are_timed_in_turn_and_the_first_run_is_not_counted() -> None:
    ticks, calls = itertools.count(), []

    def side(name: str):
        return lambda: calls.append(name) or 7

    found = race(side("A"), side("B"), repeats=3, clock=lambda: float(next(ticks)))
    assert "".join(calls) == "AB" + "ABABAB"
    assert found == Race(Times((1.0,) * 3), Times((1.0,) * 3), tokens=7)


def test_sides_with_different_numbers_of_tokens_are_not_compared() -> None:
    with pytest.raises(InvalidInput, match="plain fp32 has 7 tokens, the other 8"):
        race(lambda: 7, lambda: 8, repeats=1)


@pytest.mark.parametrize("repeats", [0, -1])
def test_no_repetitions_are_refused(repeats) -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        race(lambda: 1, lambda: 1, repeats)


def test_the_table_has_every_row_and_what_is_asked() -> None:
    gpt2, roberta, t5 = SUBJECTS
    rows = [
        RaceRow(gpt2, "int8", 281_600_000, by_hand()),
        RaceRow(gpt2, "int8-embeddings", 163_000_000, by_hand()),
        RaceRow(roberta, "int8", 201_000_000, by_hand()),
        RaceRow(t5, "int8", 300_000_000, error="It did not load."),
    ]
    written = table.to_markdown(CONDITIONS, rows)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in written.splitlines() if line[:1] == "|"]
    assert lines[0] == list(HEADER)
    assert lines[2] == [
        "GPT-2 124 M, decode: 16 tokens read, 64 written", "int8", "8.0 (3.6–16.0)", "32.0 (10.7–64.0)", "4.00 ×",
        "≥ 3.2 ×", "4.00 ×", "282 MB", "≤ 285 MB",
    ]  # fmt: skip
    assert lines[3][-2:] == ["163 MB", "≤ 170 MB"]
    assert lines[3][5] == "–"
    assert lines[4][5] == "≥ 3 ×"
    assert lines[5][2] == "not measured"
    assert "T5-base, 4 beams, int8: It did not load." in written
    assert "Threads: 2." in written


def test_json_says_everything(capsys, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.subjects.SUBJECTS", (tiny("gpt2"),))
    main(models="gpt2", precision="int8", repeats=1, threads=1, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["threads"], told["repeats"], told["seed"], told["plain_dtype"]) == (1, 1, 0, "float32")
    assert {"date", "processor", "cpu_features", "versions"} <= told.keys()
    [row] = told["rows"]
    assert (row["model"], row["precision"], row["asked_ratio"], row["asked_bytes"]) == (
        "gpt2",
        "int8",
        3.2,
        285_000_000,
    )
    assert row["race"]["ratio"] == row["race"]["baseline"]["seconds"][0] / row["race"]["measured"]["seconds"][0]


def test_a_failure_ends_with_exit_code_1(capsys, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.subjects.SUBJECTS", (tiny("roberta"),))
    with pytest.raises(SystemExit) as ended:
        main(models="roberta", precision="int8-tied", repeats=1, threads=1)
    assert ended.value.code == 1
    assert "not measured" in capsys.readouterr().out


def test_unknown_names_are_refused_with_the_choices() -> None:
    with pytest.raises(InvalidInput, match=r"no model “gpt3” to measure\. Choose one of: gpt2, roberta, t5"):
        main(models="gpt3")
    with pytest.raises(PrecisionNotApplicable, match="no precision “int9”"):
        main(models="gpt2", precision="int9")
    with pytest.raises(InvalidInput, match="at least 1"):
        main(models="gpt2", repeats=0)

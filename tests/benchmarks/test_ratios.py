"""The rows of ratios on tiny shapes, and their table on times made by hand. Nothing here asks how fast a machine is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks import ratios
from benchmarks.ratio_rows import (
    NAMES,
    PICTURES,
    QUESTIONS,
    ROWS,
    WINDOWS,
    Sides,
    copied,
    find_rows,
    long_text_sides,
    subject_sides,
    vit_sides,
)
from benchmarks.ratios import main, measure, table
from benchmarks.subjects import SUBJECTS
from models.errors import InvalidInput
from models.precision import FP32, Precision
from quantization.measure.conditions import ISA_SWITCHES, instruction_set_limits
from quantization.race.row import SpeedRow
from quantization.race.side import Side
from quantization.recipes import INT8
from tests.benchmarks.test_quantization import CONDITIONS, tiny

SMALL_VIT = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48, "image_size": 64,
    "patch_size": 16,
}  # fmt: skip


def both(sides: Sides, precision: Precision = FP32) -> tuple[float, float]:
    plain, ours = sides(precision)
    return plain.work(), ours.work()


@pytest.mark.parametrize("precision", [FP32, INT8], ids=lambda each: each.name)
@pytest.mark.parametrize(("name", "amount"), [("roberta", 1), ("t5", 32), ("gpt2", 64)])
def test_both_sides_of_a_shape_do_as_much(name: str, amount: int, precision: Precision, tmp_path: Path) -> None:
    assert both(subject_sides(tiny(name), tmp_path), precision) == (amount, amount)


@pytest.mark.parametrize(("name", "read"), [("roberta", 384), ("t5", 40), ("gpt2", 16)])
def test_both_sides_of_a_shape_read_the_tokens_that_its_title_says(name: str, read: int, tmp_path: Path) -> None:
    sides = subject_sides(tiny(name), tmp_path)(FP32)
    seen = [_first_read(side) for side in sides]

    assert seen == [(1, read)] * 2
    assert f"{read} tokens" in SUBJECTS[name].title


def _first_read(side: Side) -> tuple[int, ...]:
    """The shape of the token ids that a side's network is given first."""
    network = side.model if isinstance(side.model, torch.nn.Module) else side.model.model
    shapes: list[tuple[int, ...]] = []
    for module in network.modules():
        if isinstance(module, torch.nn.Embedding):
            module.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(inputs[0].shape)))
    side.work()
    return shapes[0]


def test_the_long_text_has_as_many_windows_on_both_sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, ours = long_text_sides(tiny("roberta"), tmp_path)(FP32)
    seen: list[int] = []
    plain.model.register_forward_hook(lambda *_: seen.append(1))
    ours.model.model.register_forward_hook(lambda module, inputs, output: seen.append(len(output.start_logits)))

    assert plain.work() == QUESTIONS
    assert sum(seen) == QUESTIONS * WINDOWS
    seen.clear()
    assert ours.work() == QUESTIONS
    assert sum(seen) == QUESTIONS * WINDOWS


def test_both_sides_of_a_vision_transformer_look_at_the_same_pictures(tmp_path: Path) -> None:
    plain, ours = both(vit_sides(tmp_path, SMALL_VIT))

    assert plain == ours > 0


def test_a_folder_is_looked_at_and_drawn_on_both_sides() -> None:
    [row] = find_rows(["folder"])
    [found] = measure(row, [FP32, INT8], 1, pictures=2)  # detection has no int8

    assert (found.error, found.precision, found.rounds) == (None, "fp32", 1)
    assert found.here_per_second is not None


def test_a_row_that_has_none_of_the_precisions_says_so() -> None:
    [row] = find_rows(["yolov5s"])
    [found] = measure(row, [INT8], 1)

    assert "does not apply to object detection models" in (found.error or "")


def test_copies_are_as_many_as_asked_for(tmp_path: Path) -> None:
    files = copied(tmp_path / "pictures", 8)

    assert len(files) == len(set(files)) == 8
    assert all(file.stat().st_size > 0 for file in files)


def test_the_rows_are_those_that_are_asked_of_the_suite() -> None:
    asked = {row.name: row.asked for row in ROWS}

    assert asked == {
        "yolov5s": 3.0, "roberta": 4.5, "windows": 5.0, "efficientnet": 3.0, "vit": 3.0, "t5": 5.0, "gpt2": 4.0,
        "sentences": 4.0, "folder": 1.4,
    }  # fmt: skip
    assert PICTURES == 500
    with pytest.raises(InvalidInput, match="There is no row “bert”"):
        find_rows(["bert"])
    assert tuple(row.name for row in find_rows([])) == NAMES


FACTS = CONDITIONS | {"repeats": 3, "folder_repeats": 1, "pictures": 2}


def test_the_table_has_both_speeds_and_the_ratio_with_its_interval() -> None:
    measured = SpeedRow("yolov5s", "", "fp32", "the work", "picture", 1.5, 6.0, 4.0, 3.9, 4.2, 7, 0.03)
    few = replace(measured, model_id="folder", rounds=3, ratio_low=None, ratio_high=None, busy=None)
    failed = SpeedRow("vit", "", "int8", "more work", "picture", error="It did not load.")
    text = table(FACTS, [measured, few, failed])

    assert "| 1.5 pictures a second | 6 pictures a second | 4.00 × (3.90–4.20) | ≥ 3 × | 3% |" in text
    assert "| 4.00 × (3 rounds) | ≥ 1.4 × | – |" in text
    assert "| int8 | not measured | – | – | ≥ 3 × | – |" in text
    assert text.endswith("\nmore work, int8: It did not load.\n")
    assert "Threads: 2." in text
    assert "Over the folder of 2 pictures 1." in text


def test_the_table_says_whether_the_instruction_set_was_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ISA_SWITCHES:
        monkeypatch.delenv(name, raising=False)
    assert "instruction sets avx2, not limited;" in table(FACTS | {"limits": instruction_set_limits()}, [])

    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "avx2")
    limited = "limited by ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 ("
    assert limited in table(FACTS | {"limits": instruction_set_limits()}, [])


@pytest.mark.parametrize(("name", "value"), [("ATEN_CPU_CAPABILITY", "AVX2"), ("ONEDNN_MAX_CPU_ISA", "AVX-2")])
def test_a_limit_that_a_library_would_ignore_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=f"{name}={value} limits nothing"):
        main(rows="yolov5s")


def test_a_row_that_fails_is_named_and_ends_with_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(folder: Path, pictures: int) -> Sides:
        raise RuntimeError("no such file")

    monkeypatch.setattr(ratios, "find_rows", lambda names: (replace(ROWS[0], prepare=broken),))
    with pytest.raises(SystemExit):
        main(rows="yolov5s", as_json=True)

    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["precision"] for row in rows] == ["fp32"]  # int8 is not for detection
    assert "no such file" in rows[0]["error"]
    assert (rows[0]["asked_ratio"], rows[0]["against"]) == (3.0, ROWS[0].against)


@pytest.mark.parametrize("options", [{"repeats": 0}, {"folder_repeats": 0}, {"pictures": 0}, {"rows": "x"}])
def test_numbers_and_names_out_of_range_are_refused(options: dict[str, int | str]) -> None:
    with pytest.raises(InvalidInput):
        main(**options)  # type: ignore[arg-type]

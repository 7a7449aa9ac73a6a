"""The rows of ratios on tiny shapes, and their table on times made by hand. Nothing here asks how fast a machine is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import ratios
from benchmarks.race import Race, Times
from benchmarks.ratio_rows import (
    NAMES,
    PICTURES,
    QUESTIONS,
    ROWS,
    WINDOWS,
    Prepared,
    copied,
    find_rows,
    long_text_sides,
    subject_sides,
    vit_sides,
)
from benchmarks.ratios import Measured, main, measure, table
from models.errors import InvalidInput
from models.precision import FP32
from quantization.recipes import INT8
from tests.benchmarks.test_quantization import CONDITIONS, tiny

SMALL_VIT = {
    "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 48, "image_size": 64,
    "patch_size": 16,
}  # fmt: skip


def both(sides: Prepared) -> tuple[float, float]:
    load_plain, load_ours = sides
    return load_plain().work(), load_ours(FP32).work()


@pytest.mark.parametrize("name", ["roberta", "t5", "gpt2"])
def test_both_sides_of_a_shape_work_through_the_same_tokens(name: str, tmp_path: Path) -> None:
    subject = tiny(name)

    assert both(subject_sides(subject, tmp_path)) == (subject.tokens, subject.tokens)


def test_the_long_text_has_as_many_windows_on_both_sides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_plain, load_ours = long_text_sides(tiny("roberta"), tmp_path)
    plain, ours = load_plain(), load_ours(FP32)
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

    assert found.error is None
    assert found.race is not None
    assert found.race.tokens == 2


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


def test_the_table_has_the_median_of_the_rounds_and_its_range() -> None:
    race = Race(Times((4.0, 2.0, 9.0)), Times((1.0, 1.0, 3.0)), tokens=6)
    text = table(CONDITIONS | {"folder_repeats": 1, "pictures": 2}, [Measured(ROWS[0], "fp32", race, 0.03)])

    assert "| 1.5 pictures a second | 6 pictures a second | 3.00 × (2.00–4.00) | ≥ 3 × | 3% |" in text


def test_a_row_that_fails_is_named_and_ends_with_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(folder: Path, pictures: int) -> Prepared:
        raise RuntimeError("no such file")

    monkeypatch.setattr(ratios, "find_rows", lambda names: (replace(ROWS[0], prepare=broken),))
    with pytest.raises(SystemExit):
        main(rows="yolov5s", as_json=True)

    [row] = json.loads(capsys.readouterr().out)["rows"]
    assert "no such file" in row["error"]


@pytest.mark.parametrize("options", [{"repeats": 0}, {"folder_repeats": 0}, {"pictures": 0}, {"rows": "x"}])
def test_numbers_and_names_out_of_range_are_refused(options: dict[str, int | str]) -> None:
    with pytest.raises(InvalidInput):
        main(**options)  # type: ignore[arg-type]

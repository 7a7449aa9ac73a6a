"""Every example runs from the suite's folder without a network, and prints what is true."""

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))

Printed = Callable[[str], str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    """`printed("01")` runs that example as a program; what it prints."""
    monkeypatch.chdir(ROOT)

    def run(number: str) -> str:
        [example] = (file for file in EXAMPLES if file.name.startswith(number))
        runpy.run_path(str(example), run_name="__main__")
        return capsys.readouterr().out

    return run


def test_answers_are_pieces_of_the_text_and_a_question_without_one_is_told(printed: Printed) -> None:
    builder, height, ships = printed("01").splitlines()

    assert "Margaret Halloran" in builder
    assert "41 metres" in height
    assert "the text does not tell" in ships


def test_reviews_are_sorted_as_a_reader_would(printed: Printed) -> None:
    lines = printed("02").splitlines()

    assert [line.split()[0] for line in lines] == ["positive", "negative", "positive"]
    assert "“mess”" in lines[1]


def test_the_bus_and_the_cat_are_found(printed: Printed) -> None:
    lines = printed("03").splitlines()

    assert any(line.startswith("bus.jpg: bus ") for line in lines)
    assert any(line.startswith("chelsea.jpg: cat ") for line in lines)
    assert lines[-1] == "bus.jpg, confidence 0.25: {'person': 4, 'bus': 1}"


def test_french_is_french_and_a_summary_is_a_part_of_the_text(printed: Printed) -> None:
    station, children, tired, *sentences = printed("04").splitlines()

    assert "Où est la gare" in station
    assert "Les enfants jouent dans le jardin" in children
    assert "Je suis très fatigué" in tired
    assert 0 < sum(line.startswith("*") for line in sentences) < len(sentences) == 7


def test_eight_bits_take_less_than_half_of_the_memory(printed: Printed) -> None:
    output = printed("05")

    large, small = (float(size) for size in re.findall(r"([\d.]+) MB", output))
    assert small < large / 2
    assert output.count("Me gusta mucho el fútbol") == 2


def test_the_predicted_weights_are_the_published_parameters_times_their_bytes(printed: Printed) -> None:
    output = printed("06")

    assert f"gpt2 in fp32: weights {124_439_808 * 4 / 1e6:.1f} MB" in output  # what OpenAI published
    assert f"8B in bf16: weights {8_030_261_248 * 2 / 1e9:.2f} GB" in output  # what Meta published
    assert "To train GPT-2 with Adam: 3.5 GB" in output


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_short_and_says_how_to_run_it(example: Path) -> None:
    source = example.read_text(encoding="utf-8")

    # A client is for the machines that have no Aula: it holds all that is needed there.
    assert 15 <= len(source.splitlines()) <= (60 if "http" in example.name else 30)
    assert f".venv/bin/python -m examples.{example.stem}\n" in source

"""What a model card of the hub's kind tells, and what is made of one that tells nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.weights.card_file import figures, figures_on, front_matter, headline, readable

CARD = """---
license: apache-2.0
model-index:
- name: someone/detector
  results:
  - dataset: {name: first, type: a}
    metrics:
    - {name: mAP50, type: map, value: 0.4213}
    - {name: AP50/person, type: ap, value: 0.61}
    - {type: recall, value: 12}
  - dataset: {name: second, type: b}
    metrics:
    - {name: speed, type: speed, value: fast}
    - {name: verified, type: verified, value: true}
---
# A detector
---
not metadata
---
"""


def folder_with(tmp_path: Path, text: str | bytes) -> Path:
    (tmp_path / "README.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


def test_figures_are_the_numbers_of_all_results(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, CARD)
    assert figures(folder) == {"mAP50": 0.4213, "AP50/person": 0.61, "recall": 12.0}
    assert figures_on(folder) == "first, second"
    assert front_matter(folder)["license"] == "apache-2.0"


def test_the_headline_has_the_most_important_figures_and_none_of_a_part(tmp_path: Path) -> None:
    assert headline(folder_with(tmp_path, CARD)) == "mAP50 0.42, recall 12.0"
    assert headline(tmp_path, count=1) == "mAP50 0.42"


@pytest.mark.parametrize(
    ("value", "text"),
    [(68.24, "68.2"), (0.705, "0.70"), (1.615, "1.61"), (9.996, "10.0"), (100.0, "100.0"), (0.0, "0.00")],
)
def test_large_figures_have_one_digit_and_small_ones_two(value: float, text: str) -> None:
    assert readable(value) == text


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    assert headline(folder_with(tmp_path, CARD.replace("\n", "\r\n")), 1) == "mAP50 0.42"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# No metadata\n",
        "---\nlicense: [broken\n---\n# Model\n",
        "---\n- a list\n---\n",
        "---\nlicense: mit\n",
        "---\nmodel-index: 7\n---\n",
        "---\nmodel-index: [7, {results: x}, {results: [7, {metrics: {}, dataset: x}]}]\n---\n",
        "---\nmodel-index: [{results: [{metrics: [{value: 1}, {name: a}, 3]}]}]\n---\n",
        "---\na: &a [*a]\n---\n",
        "---\n!!python/object/apply:os.system ['exit 1']\n---\n",
        b"---\n\xff\xfe\n---\n",
        "---\na: " + "[" * 5_000 + "\n---\n",
    ],
)
def test_a_card_that_says_nothing_of_use_is_not_an_error(tmp_path: Path, text: str) -> None:
    folder = folder_with(tmp_path, text)
    assert figures(folder) == {}
    assert headline(folder) == figures_on(folder) == ""


def test_a_folder_without_a_card_has_no_figures(tmp_path: Path) -> None:
    assert figures(tmp_path / "nowhere") == {}


def test_reading_cards_imports_no_heavy_library() -> None:
    heavy = "[name for name in ('torch', 'transformers') if name in sys.modules]"
    code = f"import sys, models.weights.card_file; print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

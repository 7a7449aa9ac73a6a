"""docs/scale.md says what the committed figures give, and the figures say where they are from."""

import json
from pathlib import Path

from benchmarks.school import document
from benchmarks.school.measured import read_inputs, write_suite


def test_the_tables_are_those_that_the_figures_give() -> None:
    text = document.FILE.read_text(encoding="utf-8")

    assert document.written(read_inputs(), text) == text, "Run `python -m benchmarks.school_day --write`."


def test_every_figure_says_how_it_was_measured_or_where_it_is_published() -> None:
    facts = read_inputs().facts

    assert {"command", "date", "processor", "cores", "others_used"} <= facts["suite"].keys()
    assert {"command", "date", "machine", "from"} <= facts["classroom"].keys()
    assert all("from" in facts[name] for name in ("cluster", "ray"))


def test_the_classroom_is_that_of_the_readme() -> None:
    readme = (document.FILE.parents[1] / "README.md").read_text(encoding="utf-8")
    rows = {"question answering": "question_answering", "object detection": "object_detection"}
    rows |= {"translation": "translate_summarize", "text classification": "text_classification"}
    for line in readme.splitlines():
        for name, page in rows.items():
            if line.startswith(f"| {name}, ") and line.count("|") == 4:
                assert line.split("|")[2].strip() == f"{read_inputs().facts['classroom']['last'].pop(page):g} s"


def test_a_school_has_a_machine_for_each_class_and_not_for_each_student_of_one() -> None:
    assert "| 34 machines |" in document.ray_table(read_inputs())  # 1,000 students in classes of 30


def test_a_measurement_leaves_what_is_published(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    file.write_text(json.dumps({"ray": {"limits": {}}, "suite": {"cores": 1}}), encoding="utf-8")

    write_suite({"cores": 2}, file)

    assert json.loads(file.read_text(encoding="utf-8")) == {"ray": {"limits": {}}, "suite": {"cores": 2}}

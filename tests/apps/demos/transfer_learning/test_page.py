"""The transfer learning page: each step, and a training of a tiny model."""

import json
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from apps.ui import visitor
from apps.ui.training import text_table
from models.folders import trained_folder
from tests.apps.classroom import button, go_to, open_page, press
from tests.conftest import TinyModels
from tests.training.here import run_here, wait_to_be_run
from training.job_folders import Job, find, jobs_folder, look, process_of
from training.job_folders import jobs as every_job
from training.text_data import guessed_columns
from training.text_files import Table

PAGE = "transfer_learning"
TOLD = {"data": "reviews.csv", "settings": {"text_column": "text", "label_column": "label"}, "created": 0.0}
RESULT = {
    "accuracy": 0.75, "macro_f1": 0.7333, "majority_accuracy": 0.5, "untrained_accuracy": 0.25,
    "labels": ["bad", "good"], "confusion": [[1, 1], [0, 2]],
    "mistakes": [{"text": "*Not* bad", "label": "bad", "line": 3, "predicted": "good", "probability": 0.8}],
    "settings": {"base": "aula/minilm", "method": "head"},
    "data": {"name": "reviews.csv", "train": 30, "validation": 4, "test": 4, "classes": {"bad": 19, "good": 19}},
    "trainable_parameters": 770, "total_parameters": 22_566_146, "seconds": 12.0,
}  # fmt: skip
STEPS = (
    {"event": "step", "time": 0.0, "step": 5, "loss": 0.6, "fraction": 0.5, "seconds_left": 90},
    {"event": "evaluation", "time": 1.0, "step": 5, "figures": {"accuracy": 0.5, "macro_f1": 0.4, "loss": 0.7},
     "fraction": 0.5},
)  # fmt: skip
END = {"event": "end", "time": 2.0, "reason": "budget", "step": 10, "figures": {}}


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No process outlives its test."""
    yield
    for job in every_job():
        if (process := process_of(job)) is not None:
            process.kill()


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)


def fabricated(*events: dict, result: dict | None = None, name: str = "20260101-120000-abc", **files: str) -> Job:
    """A training whose process has ended, as its folder would tell of it."""
    folder = jobs_folder() / name
    (folder / "model").mkdir(parents=True)
    if result is not None:
        (folder / "result.json").write_text(json.dumps(result))
        (folder / "model" / "config.json").write_text("{}")
        (folder / "model" / "README.md").write_text("# Card")
    contents = {"job.json": json.dumps(TOLD), "process.json": '{"pid": 0, "created": 0}', **files}
    for file, content in contents.items():
        (folder / file).write_text(content, encoding="utf-8")
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return find(name)


def step(page: AppTest, name: str) -> AppTest:
    """Go to a step of the page."""
    page.button_group(key="transfer-step").set_value(name).run()
    assert not page.exception
    return page


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def upload(page: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    """As if the visitor had chosen a file."""
    page.session_state["transfer-source"] = "My own file"
    page.session_state["transfer-kept-file"] = (content, name)
    page.run()
    assert not page.exception
    return page


def rows(count: int = 12) -> bytes:
    lines = [f"{text} {number},{label}" for text, label in (("good value", "good"), ("cold food", "bad"))
             for number in range(count)]  # fmt: skip
    return ("text,label\n" + "\n".join(lines) + "\n").encode()


# Data


def test_the_sample_is_explored_at_once() -> None:
    page = open_page(PAGE)
    assert metrics(page) | {"Words, median": ""} == {
        "Rows": "180", "Labels": "2", "Words, median": "", "Duplicates": "0", "Near-duplicates": "0",
        "Lines left out": "0",
    }  # fmt: skip
    assert len(page.get("vega_lite_chart")) == 2
    assert len(page.dataframe[0].value) == 180
    assert "144 for train, 18 for validation, 18 for test" in "".join(caption.value for caption in page.caption)
    assert not button(page, "Next").disabled


def test_the_sample_has_two_languages_and_two_questions() -> None:
    page = open_page(PAGE)
    page.button_group(key="transfer-language").set_value("Spanish").run()
    assert "La " in " ".join(page.dataframe[0].value["text"])
    page.button_group(key="transfer-language").set_value("Both").run()
    page.button_group(key="transfer-question").set_value("What is it about?").run()
    assert (metrics(page)["Rows"], metrics(page)["Labels"]) == ("360", "6")


def test_duplicates_conflicts_and_lines_left_out_are_listed() -> None:
    content = rows() + b"good value 1,good\ncold food 2,good\n,good\nno label,\n"
    page = upload(open_page(PAGE), content)
    assert (metrics(page)["Duplicates"], metrics(page)["Lines left out"]) == ("2", "2")
    assert [tab.label for tab in page.tabs][:4] == [
        "Rows",
        "Duplicates",
        "Same text, different labels",
        "Lines left out",
    ]
    faults = page.dataframe[4].value
    assert list(faults["line"]) == [28, 29]
    assert "the label is missing" in list(faults["why it was left out"])


def test_the_columns_of_ones_own_file_can_be_chosen() -> None:
    lines = [f"{number},kind {number % 2},Text number {number} of a table" for number in range(20)]
    page = upload(open_page(PAGE), ("id,kind,words\n" + "\n".join(lines)).encode())
    text, label = page.selectbox
    assert (text.value, label.value) == ("words", "kind")
    label.set_value("id").run()
    assert "looks like a number or an id" in page.error[0].value
    assert button(page, "Next").disabled


def test_the_columns_are_guessed_once_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large file that takes seconds, and the page is drawn anew at each click."""
    guesses: list[Table] = []

    def guessed(table: Table) -> tuple[str, str | None]:
        guesses.append(table)
        return guessed_columns(table)

    monkeypatch.setattr(text_table, "guessed_columns", guessed)
    page = upload(open_page(PAGE), rows())
    page.run()
    assert len(guesses) == 1
    upload(page, rows().replace(b"text,label", b"words,kind"), "other.csv")
    assert len(guesses) == 2


def test_the_first_lines_are_shown_as_they_were_read_and_can_be_read_otherwise() -> None:
    page = upload(open_page(PAGE), b"sep=,\n" + rows())
    shown = page.dataframe[0].value
    assert list(shown["line"][:3]) == [1, 2, 3]
    assert list(shown["taken as"][:3]) == ["left out", "names", "row"]
    assert "Line 2 names the columns: text, label" in "".join(one.value for one in page.caption).replace("\\", "")
    choice = next(group for group in page.button_group if group.label == "The first line")
    choice.set_value("Is a row").run()
    assert not page.exception
    assert [box.options for box in page.selectbox] == [["column 1", "column 2"]] * 2
    assert "The class “label” has only 1 different text;" in page.error[0].value


def test_a_label_that_looks_like_nothing_is_asked_about_until_it_counts_as_nothing() -> None:
    page = upload(open_page(PAGE), rows() + b"so so,NA\nit was,NA\nwho knows,NA\n")
    assert "“NA” of 3 rows is taken for a class" in page.warning[0].value
    assert metrics(page)["Labels"] == "3"
    next(field for field in page.text_input if field.label == "Missing").set_value("NA, -").run()
    assert not page.warning
    assert (metrics(page)["Labels"], metrics(page)["Lines left out"]) == ("2", "3")
    press(page, "Next")
    assert not page.exception


def test_where_no_column_looks_like_labels_the_page_asks_for_one() -> None:
    lines = [f"{number}.5,Text number {number} of a table" for number in range(20)]
    page = upload(open_page(PAGE), ("price,words\n" + "\n".join(lines)).encode())
    assert "Choose the column of the labels" in page.info[0].value
    assert page.selectbox[1].value is None
    assert button(page, "Next").disabled
    page.selectbox[1].set_value("price").run()
    assert "looks like a number or an id" in page.error[0].value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"text,label\na,x\nb,y\nc,x\n", "at least 8 are needed"),
        (rows().replace(b",bad", b",good"), "Add texts of a second class"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "is a picture"),
        (b"", "is empty"),
        (b"x" * 50_000_001, "the limit is"),
    ],
)
def test_data_that_cannot_be_learned_from_gets_a_sentence(content: bytes, words: str) -> None:
    page = open_page(PAGE)
    page.session_state["transfer-source"] = "My own file"
    page.session_state["transfer-kept-file"] = (content, "mine.csv")
    page.run()
    assert not page.exception
    assert any(word in page.error[0].value for word in words.split("|"))
    assert all(found.disabled for found in page.button if found.label.startswith("Next"))


def test_where_a_file_is_refused_the_one_before_is_not_learned_from() -> None:
    page = upload(open_page(PAGE), rows())
    assert not button(page, "Next").disabled
    upload(page, b"\x89PNG\r\n\x1a\n\x00\x00\x00", "picture.csv")
    assert "is a picture" in page.error[0].value
    step(page, "Model")
    assert "There are no rows to learn from yet" in page.info[0].value


def test_a_file_that_was_uploaded_is_there_after_a_visit_to_another_step() -> None:
    page = upload(open_page(PAGE), rows())
    step(page, "Result")
    step(page, "Data")
    assert metrics(page)["Rows"] == "24"


# Model


def test_without_rows_the_model_step_points_back() -> None:
    page = step(open_page(PAGE), "Train")
    assert "No training has been started" in page.info[0].value
    page = open_page(PAGE)
    page.session_state["transfer-source"] = "My own file"
    page.run()
    press(step(page, "Model"), "To the data")
    assert page.button_group(key="transfer-step").value == "Data"


def test_what_learns_and_what_it_costs_is_shown_before_the_start() -> None:
    page = press(open_page(PAGE), "Next")
    assert metrics(page)["Parameters that learn"] == str(384 * 2 + 2)
    assert metrics(page)["Parameters in all"] == "22.6 M"
    assert metrics(page)["Memory, predicted"].endswith(("MB", "GB"))
    assert "s" in metrics(page)["Time, predicted"]
    assert len(page.get("vega_lite_chart")) == 1
    page.button_group(key="transfer-method").set_value("all").run()
    assert metrics(page)["Parameters that learn"] == "22,566,146"
    assert not button(page, "Start training").disabled


def test_a_base_that_is_not_here_offers_its_download() -> None:
    page = press(open_page(PAGE), "Next")
    page.selectbox(key="transfer-base").set_value("distilbert/distilbert-base-uncased").run()
    assert "not on this machine yet" in page.info[0].value
    assert button(page, "Start training").disabled


def test_a_base_that_does_not_exist_gets_a_sentence() -> None:
    page = open_page(PAGE)
    page.session_state["transfer-base"] = "no such base"
    press(page, "Next")
    assert "no such base" in page.error[0].value


# Train and result


def test_a_training_goes_from_start_to_a_model_with_a_name(
    tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_to_be_run(monkeypatch)
    page = upload(open_page(PAGE), rows())
    page.session_state["transfer-base"] = str(tiny_models.sentence_encoder())
    press(page, "Next")
    page.number_input(key="transfer-epochs-head").set_value(1.0)
    page.run()
    press(page, "Start training")
    assert page.button_group(key="transfer-step").value == "Train"
    job = every_job()[-1]
    assert page.query_params["training"] == job.name
    assert not look(job).is_over
    run_here(job)
    page.run()

    assert look(job).state == "done", look(job).problem
    assert page.button_group(key="transfer-step").value == "Result"
    assert set(metrics(page)) == {"Accuracy", "Macro F1"}
    press(page, "Classify")
    assert any("background[" in text.value for text in page.markdown)
    page.text_area(key=f"transfer-try-text-{job.name}").set_value("cold food, and no spoon").run()
    assert not any("background[" in text.value for text in page.markdown)  # it was said of the text before
    page.text_input(key="transfer-keep-name").set_value("my reviews")
    press(page, "Save")
    assert "cannot be a model's name" in page.error[0].value
    page.text_input(key="transfer-keep-name").set_value("my-reviews")
    press(page, "Save")
    assert "trained/my-reviews" in page.success[0].value
    assert (trained_folder() / "my-reviews" / "config.json").is_file()
    go_to(page, "text_classification")
    assert "trained/my-reviews · on this machine" in page.selectbox(key="text-classification-model").options


def test_a_running_training_shows_its_curves_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    job = fabricated(*STEPS, begun="")
    monkeypatch.setattr("training.job_folders.is_alive", lambda asked: True)
    page = open_page(PAGE)
    assert page.button_group(key="transfer-step").value == "Train"
    assert len(page.get("vega_lite_chart")) == 2
    assert "Training · 50% · about 1 min 30 s left" in next(bar.text for bar in page.get("progress"))
    press(page, "Stop")
    assert (job.folder / "stop").exists()
    assert button(page, "Stop").disabled


def test_a_failed_training_says_why() -> None:
    job = fabricated(*STEPS, **{"problem.txt": "Memory is full.", "log.txt": "the last words"})
    page = step(open_page(PAGE), "Train")
    assert page.error[0].value == "Memory is full."
    assert "the last words" in page.code[0].value
    step(page, "Result")
    assert "ended before it had learned anything" in page.info[0].value
    assert job.name


def test_a_result_is_beside_its_baselines_and_mistakes() -> None:
    fabricated(*STEPS, END, result=RESULT)
    page = step(open_page(PAGE), "Result")
    assert metrics(page) == {"Accuracy": "75.0%", "Macro F1": "0.73"}
    assert list(page.dataframe[0].value["text"]) == ["*Not* bad"]
    assert "On 4 test rows that it was not trained on" in page.caption[0].value
    assert len(page.get("vega_lite_chart")) == 2


def test_a_reload_finds_the_training_by_its_address(stranger: None) -> None:
    job = fabricated(*STEPS, END, result=RESULT)
    page = open_page(PAGE)
    assert metrics(page)["Rows"] == "180"  # somebody else's training is nobody's business
    page = open_page(PAGE)
    page.query_params["training"] = job.name
    page.session_state["transfer-step"] = "Result"
    page.run()
    assert metrics(page)["Accuracy"] == "75.0%"


def test_other_trainings_are_opened_and_deleted_at_this_machine() -> None:
    fabricated(*STEPS, END, result=RESULT, name="20260101-100000-old")
    fabricated(*STEPS, END, result=RESULT | {"accuracy": 0.5}, name="20260101-110000-new")
    page = step(open_page(PAGE), "Result")
    assert metrics(page)["Accuracy"] == "50.0%"
    press(page, "Open")
    assert metrics(page)["Accuracy"] == "75.0%"
    press(page, "Delete")
    assert [job.name for job in every_job()] == ["20260101-100000-old"]


def test_a_stranger_sees_no_paths_and_nothing_to_delete(stranger: None) -> None:
    job = fabricated(*STEPS, **{"log.txt": "words of the log"})
    fabricated(*STEPS, END, result=RESULT, name="20260101-130000-other")
    (job.folder / "problem.txt").write_text(f"{job.folder}/data cannot be read")
    page = open_page(PAGE)
    page.query_params["training"] = job.name
    page.session_state["transfer-step"] = "Train"
    page.run()
    assert page.error[0].value == "the training's folder/data cannot be read"
    assert "words of the log" not in "".join(code.value for code in page.code)
    assert {found.label for found in page.button} == {"Train again", "Walkthrough"}


def test_the_files_to_take_home_are_the_card_and_the_result(downloads: dict[str, str]) -> None:
    fabricated(*STEPS, END, result=RESULT)
    step(open_page(PAGE), "Result")
    assert downloads["README.md"] == "# Card"
    assert json.loads(downloads["result.json"]) == RESULT


@pytest.mark.parametrize("second", ["Отличный фильм очень понравился", "这部电影非常好看"])
def test_texts_that_the_base_cannot_read_are_not_taught_unless_it_is_wanted(second: str) -> None:
    lines = [f"{second} {number},{label}" for number in range(24) for label in ("good", "bad")[number % 2 :][:1]]
    page = upload(open_page(PAGE), ("text,label\n" + "\n".join(lines) + "\n").encode())
    step(page, "Model")
    assert any("cannot read" in warning.value for warning in page.warning)
    assert button(page, "Start training").disabled

    page.toggle(key="transfer-unreadable").set_value(True).run()
    assert not button(page, "Start training").disabled

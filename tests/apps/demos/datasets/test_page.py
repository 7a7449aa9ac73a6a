"""The page about datasets: the sample, uploads, pictures, a hub, bad files, and the way to Transfer learning."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.ui import visitor
from tests.apps.classroom import button, go_to, open_page, press
from tests.loopback_hub import LoopbackHub
from tests.training.exploration import served
from tests.training.exploration.test_pictures import photographs
from tests.training.pictures.drawn import folder, zipped

PAGE = "datasets"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    with LoopbackHub(served.repositories(tmp_path / "served")) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


def choose(page: AppTest, source: str) -> AppTest:
    page.button_group(key="datasets-source").set_value(source).run()
    assert not page.exception
    return page


def upload(*files: tuple[str, bytes]) -> AppTest:
    """The page as if the visitor had chosen these files."""
    page = open_page(PAGE)
    page.session_state["datasets-kept-files"] = files
    return choose(page, "Upload")


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def said(page: AppTest) -> str:
    shown = [*page.caption, *page.warning, *page.info, *page.error, *page.markdown]
    return "\n".join(one.value for one in shown).replace("\\", "")


def rows(count: int = 12) -> bytes:
    lines = [f"a {kind} thing to say about number{n},{kind}" for n in range(count) for kind in ("good", "bad")]
    return ("text,label\n" + "\n".join(lines) + "\n").encode()


def test_the_sample_is_explored_at_once(downloads: dict) -> None:
    page = open_page(PAGE)
    assert {name: metrics(page)[name] for name in ("Rows", "Labels", "Duplicates", "Near-duplicates")} == {
        "Rows": "360", "Labels": "2", "Duplicates": "0", "Near-duplicates": "0",
    }  # fmt: skip
    assert "180 English, 177 Spanish" in said(page)
    assert "Nothing stands in two parts at once" in said(page)
    columns = page.dataframe[-1].value
    assert list(columns["column"]) == ["text", "label", "language", "subject"]
    assert set(downloads) == {"dataset.csv", "dataset.json", "dataset.md"}
    assert json.loads(downloads["dataset.json"]())["texts"]["rows"] == 360
    assert "360 rows of 7 to 28 words" in downloads["dataset.md"]()


def test_two_uploads_are_parts_and_what_leaks_is_said() -> None:
    page = upload(("train.csv", rows()), ("test.csv", rows(2)))
    assert "4 of 4 in test.csv stand in train.csv, too" in page.warning[0].value.replace("\\", "")
    assert "In two parts" in [tab.label for tab in page.tabs]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([(f"{n}.csv", rows(2)) for n in range(5)], "At most 4 tables are explored together"),
        ([("pets.zip", zipped(photographs())), ("more.zip", zipped(photographs()))], "is explored alone"),
    ],
)
def test_no_file_is_left_out_in_silence(files: list[tuple[str, bytes]], says: str) -> None:
    page = upload(*files)
    assert says in page.error[0].value
    assert not page.metric


def test_columns_can_be_chosen_and_one_cannot_be_two_things() -> None:
    page = upload(("mine.csv", b"n,words,kind\n" + b"".join(b"%d,a text of words,x\n" % n for n in range(9))))
    text, label, part = page.selectbox
    assert (text.value, label.value, part.value) == ("words", "kind", "(none)")
    label.set_value("(none)").run()
    assert metrics(page)["Labels"] == "0"
    page.selectbox[1].set_value("words").run()
    assert "named for two different things" in page.error[0].value


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "is a picture, not a table"),
        ("a.parquet", b"PAR1 no", "damaged Parquet file"),
        ("a.zip", b"PK\x03\x04 no", "not a ZIP file"),
        ("a.zip", zipped({"../up/1.png": b"x"}), "outside of its folder"),
    ],
)
def test_a_bad_file_gets_a_sentence(name: str, content: bytes, says: str) -> None:
    page = upload((name, content))
    assert says in page.error[0].value
    assert not page.exception


def test_a_zip_of_pictures_is_explored_with_its_broken_file() -> None:
    page = upload(("pets.zip", zipped(photographs() | {"cat/broken.jpg": b"\xff\xd8 nothing"})))
    assert metrics(page) == {
        "Pictures": "10", "Classes": "2", "Duplicates": "0", "Near-duplicates": "0", "Files left out": "1",
    }  # fmt: skip
    assert "cat/broken.jpg" in list(page.dataframe[0].value["file"])


def test_a_folder_of_this_machine_is_explored_and_strangers_cannot_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = choose(open_page(PAGE), "This machine")
    page.text_input(key="datasets-path").set_value(str(folder(tmp_path / "pets", photographs()))).run()
    assert metrics(page)["Pictures"] == "10"
    (tmp_path / "pets" / "cat" / "new.png").write_bytes(photographs()["cat/0.png"])
    page.run()
    assert metrics(page)["Pictures"] == "11"
    page.text_input(key="datasets-path").set_value(str(tmp_path / "nowhere.csv")).run()
    assert "cannot be read" in page.error[0].value
    page.text_input(key="datasets-path").set_value("~nobody-here/a.csv").run()
    assert "cannot be read" in page.error[0].value
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    assert open_page(PAGE).button_group(key="datasets-source").options == ["Sample", "Upload"]


def test_a_dataset_of_the_hub_is_fetched_when_asked(hub: LoopbackHub) -> None:
    page = choose(open_page(PAGE), "Hugging Face hub")
    assert hub.requests == []
    page.text_input(key="datasets-hub-id").set_value("class/emotion")
    press(page, "Look it up")
    assert page.selectbox(key="datasets-hub-config-class/emotion").options == ["split", "unsplit"]
    assert "text (string), label (2 classes)" in said(page)
    assert hub.asked_for(".parquet") == []
    press(page, "Fetch the first rows")
    assert (metrics(page)["Rows"], metrics(page)["Labels"]) == ("50", "2")
    assert "2 of 10 in class/emotion test stand in class/emotion train, too" in said(page)
    page.selectbox(key="datasets-hub-config-class/emotion").set_value("unsplit").run()
    assert not page.metric
    press(page, "Fetch the first rows")
    assert metrics(page)["Rows"] == "60"
    go_to(page, "transfer_learning")
    go_to(page, "datasets")
    assert page.selectbox(key="datasets-hub-config-class/emotion").value == "unsplit"
    assert metrics(page)["Rows"] == "60"


def test_offline_the_hub_gets_a_sentence() -> None:
    page = choose(open_page(PAGE), "Hugging Face hub")
    page.text_input(key="datasets-hub-id").set_value("class/emotion")
    press(page, "Look it up")
    assert "Offline mode is on (HF_HUB_OFFLINE)" in page.error[0].value


def test_what_was_stopped_is_looked_up_when_asked_again() -> None:
    page = choose(open_page(PAGE), "Hugging Face hub")
    page.session_state["datasets-hub-look-stopped"] = ("class/emotion", None)
    page.text_input(key="datasets-hub-id").set_value("class/emotion")
    press(page, "Look it up")
    assert "Stopped." not in said(page)
    assert "Offline mode is on" in page.error[0].value  # the question was asked


def test_one_click_sends_the_rows_to_transfer_learning() -> None:
    page = upload(("mine.jsonl", b"".join(
        b'{"label": "%s", "text": "a %s thing to say about number%d"}\n' % (kind, kind, n)
        for n in range(12) for kind in (b"good", b"bad"))))  # fmt: skip
    press(page, "Send to Transfer learning")
    assert [title.value for title in page.title] == ["Transfer learning"]
    assert (metrics(page)["Rows"], metrics(page)["Labels"]) == ("24", "2")
    assert not button(page, "Next").disabled


def test_what_cannot_be_learned_from_cannot_be_sent_and_the_page_says_why() -> None:
    page = upload(("mine.csv", rows().replace(b",bad", b",good")))
    assert not [found for found in page.button if found.label.startswith("Send")]
    assert "Add texts of a second class" in said(page)

"""Datasets of a hub: described, their first rows read, and every refusal a sentence."""

import threading
from pathlib import Path

import pytest

from models.errors import AulaError, Cancelled, FetchFailed, GatedRepository, InvalidInput, Offline, UnknownModel
from tests.loopback_hub import LoopbackHub
from training.exploration.hub_datasets import describe, first_rows, require_id
from training.exploration.pictures import explore_pictures
from training.exploration.tables import explore_tables

EMOTION = "class/emotion"


def test_a_dataset_tells_its_configurations_splits_and_columns(hub: LoopbackHub) -> None:
    about = describe(EMOTION)
    assert (about.configs, about.config, about.splits) == (("split", "unsplit"), "split", ("train", "test"))
    assert about.columns == {"text": "string", "label": "2 classes"}
    assert hub.asked_for(".parquet") == []
    assert describe(EMOTION, "unsplit").splits == ("train",)


def test_the_first_rows_of_each_split_come_with_the_names_of_their_classes(hub: LoopbackHub) -> None:
    told: list[tuple[str, float]] = []
    rows = first_rows(EMOTION, most=30, on_step=lambda *step: told.append(step))
    train, test = (one.table for one in rows.tables)
    assert (train.name, len(train.records), len(test.records)) == (f"{EMOTION} train", 30, 10)
    assert train.records[1].cells == {"text": "i feel glad and well on day number 1", "label": "joy"}
    assert "the first 30 rows of train" in rows.tables[0].remarks[0]
    assert rows.tables[1].remarks == ()
    assert told[0][0] == "Reading train: 1 rows"
    report = explore_tables(rows.tables)
    assert report.texts is not None
    assert [(leak.first, leak.second, leak.same) for leak in report.texts.leaks] == [
        (f"{EMOTION} train", f"{EMOTION} test", 2)
    ]


def test_pictures_come_with_their_classes_and_parts(hub: LoopbackHub) -> None:
    rows = first_rows("class/beans")
    assert rows.pictures is not None
    report = explore_pictures(rows.pictures)
    assert report.classes == {"red": 5, "green": 5, "blue": 5}
    assert [(leak.first, leak.second, leak.same) for leak in report.leaks] == [("train", "test", 3)]


def test_a_csv_file_without_a_card_is_read(hub: LoopbackHub) -> None:
    [opened] = first_rows("class/table").tables
    assert len(opened.table.records) == 20


def test_the_caches_are_those_of_the_suite(hub: LoopbackHub, tmp_path: Path) -> None:
    first_rows(EMOTION, splits=["test"])
    assert (tmp_path / "huggingface" / "datasets--class--emotion").is_dir()
    assert not list((tmp_path / "huggingface").rglob("*.parquet"))


def test_code_of_a_dataset_is_never_run(hub: LoopbackHub) -> None:
    with pytest.raises(UnknownModel, match="without running its code, which Aula never does"):
        describe("class/script")
    assert not (hub.repositories["class/script"].parent / "ran").exists()


@pytest.mark.parametrize(
    ("wish", "error", "says"),
    [
        (("class/none",), UnknownModel, "There is no dataset class/none on 127.0.0.1"),
        ((EMOTION, "nonsense"), InvalidInput, "has no such configuration"),
        ((EMOTION, None, ["dev"]), InvalidInput, "has no split “dev”. It has: train, test."),
    ],
)
def test_what_is_not_there_gets_a_sentence(hub: LoopbackHub, wish: tuple, error: type[AulaError], says: str) -> None:
    with pytest.raises(error, match=says):
        first_rows(*wish)


@pytest.mark.parametrize(
    ("switch", "value", "error", "says"),
    [
        ("gated", True, GatedRepository, "/datasets/class/emotion, then run `hf auth login`"),
        ("status", 503, FetchFailed, "HTTP 503"),
        ("page", "<html>Log in</html>", FetchFailed, "login page"),
    ],
)
def test_a_hub_that_refuses_gets_a_sentence(
    hub: LoopbackHub, switch: str, value: object, error: type[AulaError], says: str
) -> None:
    setattr(hub, switch, value)
    with pytest.raises(error, match=says):
        describe(EMOTION)


def test_without_a_network_or_switched_off_it_says_so(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Offline, match="cannot be reached"):
        describe(EMOTION)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Offline, match="Offline mode is on"):
        describe(EMOTION)
    assert hub.requests == []


def test_stop_is_obeyed_while_a_hub_stays_silent(hub: LoopbackHub) -> None:
    hub.hang = True
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    with pytest.raises(Cancelled):
        describe(EMOTION, cancelled=cancelled)


@pytest.mark.parametrize("dataset_id", ["", "csv", "../x", "a/b/c", "https://huggingface.co/x", "-x", "a b", "."])
def test_what_is_not_an_id_is_refused_before_anything_is_asked(dataset_id: str) -> None:
    with pytest.raises(InvalidInput, match="is not the id of a dataset"):
        require_id(dataset_id)


def test_a_folder_of_this_name_is_not_taken_for_the_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "class" / "emotion").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="is a file or folder here"):
        require_id("class/emotion")

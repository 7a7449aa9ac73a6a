"""A model that another process holds, used as if it were here: results, files, functions, Stop, and death."""

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from models.catalog import Task
from models.errors import Cancelled, ClusterUnreachable, InvalidInput, PrecisionNotApplicable
from models.pictures.films import Frame
from models.text_generation import GenerationSettings
from serving.cluster.remote import ATTEMPTS, FILES_AT_ONCE, RemoteModel
from serving.loading import ModelKey
from serving.model_store import ModelStore
from tests.serving.cluster.roads import InThread

CONTEXT = "Anna lives in Paris. Tom lives in Rome."
QUESTIONS = ["Who lives in Paris?", "Where does Tom live?"]
IMAGES = Path(__file__).parents[3] / "images"
KEYS = {
    "qa": ModelKey(Task.QUESTION_ANSWERING, "aula/qa-minilm", "cpu", "fp32"),
    "writer": ModelKey(Task.TEXT_GENERATION, "aula/gpt2-mini-es", "cpu", "fp32"),
    "detector": ModelKey(Task.OBJECT_DETECTION, "aula/yolov5s", "cpu", "fp32"),
    "pictures": ModelKey(Task.IMAGE_CLASSIFICATION, "aula/efficientnet-lite0", "cpu", "fp32"),
}


@pytest.fixture(scope="module")
def store() -> ModelStore:
    return ModelStore()


@pytest.fixture
def road(store: ModelStore) -> Iterator[InThread]:
    with closing(InThread(store)) as road:
        yield road


def test_a_method_gives_what_it_gives_here(store: ModelStore, road: InThread) -> None:
    with store.use(KEYS["qa"]) as here:
        expected = here.answer(QUESTIONS[0], CONTEXT)
    found = RemoteModel(KEYS["qa"], lambda: road).answer(QUESTIONS[0], CONTEXT)
    assert [(each.text, each.score) for each in found] == [(each.text, each.score) for each in expected]


def test_an_iterator_gives_one_after_another(road: InThread) -> None:
    found = RemoteModel(KEYS["qa"], lambda: road).attempt_many(QUESTIONS, CONTEXT, cancelled=threading.Event())
    assert next(found).answers[0].text == "Anna"
    assert next(found).answers[0].text == "Rome"
    with pytest.raises(StopIteration):
        next(found)


def test_an_attribute_is_asked_for_once(road: InThread) -> None:
    remote = RemoteModel(KEYS["qa"], lambda: road)
    assert {remote.precision, remote.precision} == {"fp32"}
    assert remote.card.model_id == "aula/qa-minilm"
    assert road.calls == ["precision"]


def test_what_goes_wrong_there_is_raised_here(road: InThread) -> None:
    with pytest.raises(InvalidInput, match="question"):
        RemoteModel(KEYS["qa"], lambda: road).answer("", CONTEXT)
    with pytest.raises(PrecisionNotApplicable, match="fp3"):
        RemoteModel(replace(KEYS["qa"], precision="fp3"), lambda: road).answer(QUESTIONS[0], CONTEXT)


def test_the_weights_stay_where_they_are(road: InThread) -> None:
    with pytest.raises(InvalidInput, match="without AULA_CLUSTER"):
        _ = RemoteModel(KEYS["qa"], lambda: road).model
    assert road.calls == []


def test_a_function_of_the_callers_is_called_here(store: ModelStore, road: InThread) -> None:
    settings = GenerationSettings(max_new_tokens=12, seed=5).resolved()
    with store.use(KEYS["writer"]) as here:
        expected = here.complete("La niña", settings).text
    pieces: list[str] = []
    found = RemoteModel(KEYS["writer"], lambda: road).complete("La niña", settings, threading.Event(), pieces.append)
    assert found.text == expected
    assert "".join(pieces).strip() == expected.strip()
    assert len(pieces) > 3


@pytest.mark.parametrize(("kind", "method"), [("detector", "detect_files"), ("pictures", "classify_files")])
def test_files_travel_and_keep_the_names_that_they_have_here(
    store: ModelStore, road: InThread, kind: str, method: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    pictures = sorted(IMAGES.glob("*.jpg"))
    paths = [*pictures[: FILES_AT_ONCE - 2], tmp_path / "gone.jpg", broken, pictures[-1]]
    with store.use(KEYS[kind]) as here:
        expected = [(each.path, told_of(each)) for each in getattr(here, method)(paths)]
    found = getattr(RemoteModel(KEYS[kind], lambda: road), method)(paths, cancelled=threading.Event())
    assert [(each.path, told_of(each)) for each in found] == expected
    assert road.calls == [method, method]


def told_of(result: Any) -> dict[str, Any]:
    """What a result says, but for how long it took; numbers to five places, as fewer pictures share a run there."""
    kept = {name: value for name, value in result.as_dict().items() if "seconds" not in name}
    return json.loads(json.dumps(kept), parse_float=lambda number: round(float(number), 5))


def test_what_cannot_travel_is_read_here(store: ModelStore, road: InThread) -> None:
    picture = Image.open(sorted(IMAGES.glob("*.jpg"))[0])
    frames = [Frame(number, number / 10, picture) for number in range(3)]
    with store.use(KEYS["detector"]) as here:
        expected = list(map(told_of, here.detect_frames(iter(frames), 2)))
    assert list(map(told_of, RemoteModel(KEYS["detector"], lambda: road).detect_frames(iter(frames), 2))) == expected
    assert road.calls.count("detect") == 2


def test_stop_ends_the_work_there(road: InThread) -> None:
    cancelled = threading.Event()
    remote = RemoteModel(KEYS["writer"], lambda: road)
    settings = GenerationSettings(max_new_tokens=200, seed=1).resolved()

    def first(piece: str) -> None:
        cancelled.set()

    with pytest.raises(Cancelled):
        remote.complete("La niña", settings, cancelled, first)
    assert road.stopped[-1].is_set()


def test_an_iterator_that_is_closed_ends_the_work_there(road: InThread) -> None:
    found = RemoteModel(KEYS["qa"], lambda: road).attempt_many(QUESTIONS * 20, CONTEXT)
    next(found)
    assert not road.stopped[-1].is_set()
    found.close()
    assert road.stopped[-1].is_set()


def test_whoever_waits_hears_how_many_are_ahead_and_each_step(store: ModelStore, road: InThread) -> None:
    steps: list[str] = []
    ahead: list[int] = []
    answered = threading.Event()
    remote = RemoteModel(KEYS["writer"], lambda: road, ahead.append, steps.append)
    settings = GenerationSettings(max_new_tokens=2, seed=1).resolved()
    with store.use(KEYS["writer"]) as here:
        here_alone = here.people == 1
        work = threading.Thread(target=lambda: (remote.complete("La niña", settings), answered.set()))
        work.start()
        while here_alone and not ahead:
            assert not answered.is_set()
    work.join()
    assert answered.is_set()
    assert ahead[:1] == ([1] if here_alone else [])
    assert "Starting the libraries" in steps


@pytest.mark.parametrize("deaths", [(0,), (1, 2), (3,)])
def test_what_was_told_before_a_process_died_is_not_told_again(store: ModelStore, deaths: tuple[int, ...]) -> None:
    steps: list[str] = []
    with closing(InThread(store, dies_after=iter(deaths))) as road:
        found = list(RemoteModel(KEYS["qa"], lambda: road, on_step=steps.append).attempt_many(QUESTIONS, CONTEXT))
        assert [each.answers[0].text for each in found] == ["Anna", "Rome"]
        assert sum("Beginning anew" in step for step in steps) == len(deaths)


def test_the_tokens_of_a_text_come_once_though_its_process_died(store: ModelStore) -> None:
    settings = GenerationSettings(max_new_tokens=12, seed=5).resolved()
    pieces: list[str] = []
    with closing(InThread(store, dies_after=iter((5,)))) as road:
        found = RemoteModel(KEYS["writer"], lambda: road).complete(
            "La niña", settings, threading.Event(), pieces.append
        )
        assert "".join(pieces).strip() == found.text.strip()
        assert road.calls == ["complete", "complete"]


def test_a_work_that_always_dies_is_given_up_in_words(store: ModelStore) -> None:
    with closing(InThread(store, dies_after=itertools.repeat(0))) as road:
        with pytest.raises(ClusterUnreachable, match="memory may be full"):
            RemoteModel(KEYS["qa"], lambda: road).answer(QUESTIONS[0], CONTEXT)
        assert len(road.calls) == ATTEMPTS

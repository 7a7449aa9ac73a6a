"""The page's part about films, driven as a user drives it, with tiny YOLOv5 weights."""

import shutil
import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.object_detection import film as films
from apps.ui.session_folder import SessionFolder
from models.errors import UnreadableFilm
from models.object_detection import ObjectDetector
from models.weights import hub
from tests.apps.classroom import button, open_page, press, sentences
from tests.tiny.films import FRAMES, make_film, turn

LEFT = (0, 0x10000, 0, -0x10000, 0, 0, 48 << 16, 0, 0x40000000)


@pytest.fixture
def film_page(tiny_models) -> AppTest:
    """The page with the source “Film”, asking a tiny model at a size that takes no time."""
    file = hub.cache_folder() / "yolov5" / "yolov5su.pt"
    file.parent.mkdir(parents=True)
    shutil.copy(tiny_models.yolov5u(), file)
    page = open_page("object_detection")
    page.selectbox(key="object-detection-model").set_value("yolov5su").run()
    page.segmented_control(key="detection-source").set_value("Film").run()
    return page.select_slider(key="film-image-size").set_value(320).run()


def send(page: AppTest, path: Path) -> AppTest:
    """Upload a film; its uploader is new after each."""
    number = page.session_state["film-uploads"]
    uploader = next(one for one in page.get("file_uploader") if one.key == f"film-upload-{number}")
    uploader.upload(path.name, path.read_bytes(), "video/mp4").run()
    assert not page.exception
    return page


def test_a_film_is_sent_looked_at_and_shown(film_page: AppTest, tmp_path: Path) -> None:
    assert button(film_page, "Detect in the film").disabled
    send(film_page, make_film(tmp_path / "mine.webm"))
    assert "64 × 48 pixels · 1.0 s · 10 frames/s" in sentences(film_page)
    film_page.slider(key="film-confidence").set_value(0.01).run()
    press(film_page, "Detect in the film")
    assert not film_page.error
    result = film_page.session_state["film-outcome"].request.result
    assert (result.frames, result.finished) == (FRAMES, True)
    assert len(film_page.get("video")) == 1
    assert [one.label for one in film_page.get("download_button")] == ["Film", "CSV", "Counts as CSV", "JSON lines"]
    assert "10 frames, 1.0 s. It took" in sentences(film_page)
    assert any("fp32 on cpu" in caption.value for caption in film_page.caption)
    assert list(film_page.dataframe[0].value.columns) == ["object", "most at once"]


def test_what_is_no_film_is_a_sentence_and_the_next_one_is_taken(film_page: AppTest, tmp_path: Path) -> None:
    (tmp_path / "letter.mp4").write_bytes(b"Dear diary")
    send(film_page, tmp_path / "letter.mp4")
    assert "letter.mp4 is broken, breaks off before its end, or is not a film" in film_page.error[0].value
    assert button(film_page, "Detect in the film").disabled
    send(film_page, make_film(tmp_path / "mine.mp4"))
    assert not film_page.error
    assert not button(film_page, "Detect in the film").disabled


def test_a_film_that_breaks_off_shows_what_there_is(film_page: AppTest, tmp_path: Path) -> None:
    film = make_film(tmp_path / "half.mp4", frames=100, size=(320, 240))
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 7 // 10])
    film_page.select_slider(key="film-every").set_value(30).run()
    press(send(film_page, film), "Detect in the film")
    assert "half.mp4 breaks off" in film_page.warning[0].value
    assert len(film_page.get("video")) == 1


def test_the_example_is_made_at_a_click(film_page: AppTest) -> None:
    press(film_page, "Example film")
    assert "480 × 360 pixels · 6.0 s · 12 frames/s" in sentences(film_page)
    assert not button(film_page, "Detect in the film").disabled


def test_classes_are_typed_and_a_wrong_one_is_a_sentence(film_page: AppTest, tmp_path: Path) -> None:
    send(film_page, make_film(tmp_path / "mine.mp4"))
    film_page.text_input(key="film-classes").set_value("persn").run()
    press(film_page, "Detect in the film")
    assert "person" in film_page.error[0].value
    film_page.text_input(key="film-classes").set_value("person, dog").run()
    press(film_page, "Detect in the film")
    assert not film_page.error
    assert set(film_page.session_state["film-outcome"].request.result.most_at_once) <= {"person", "dog"}


def test_too_long_a_film_is_looked_at_in_part(
    film_page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "MOST_FRAMES", 4)
    press(send(film_page, make_film(tmp_path / "mine.mp4")), "Detect in the film")
    assert "more than 4 frames" in film_page.warning[0].value
    assert film_page.session_state["film-outcome"].request.result.frames == 4


def test_a_new_film_takes_the_result_of_the_last_one_with_it(film_page: AppTest, tmp_path: Path) -> None:
    press(send(film_page, make_film(tmp_path / "mine.mp4")), "Detect in the film")
    folder = film_page.session_state["film-folder"].path
    assert (folder / "result" / "mine.mp4").is_file()
    send(film_page, make_film(tmp_path / "other.mp4"))
    assert not film_page.get("video")
    assert [path.name for path in folder.rglob("*.mp4")] == ["other.mp4"]


def test_what_a_browser_calls_a_film_leads_nowhere_else(film_page: AppTest, tmp_path: Path) -> None:
    film = make_film(tmp_path / "mine.mp4")
    uploader = next(one for one in film_page.get("file_uploader") if one.key == "film-upload-0")
    uploader.upload("../../evil.mp4", film.read_bytes(), "video/mp4").run()
    assert film_page.session_state["film-chosen"].path.parent == film_page.session_state["film-folder"].path / "film"


def test_a_film_of_a_phone_is_told_as_it_is_held(tmp_path: Path) -> None:
    film = make_film(tmp_path / "phone.mp4")
    turn(film, LEFT)
    assert films.first_look("phone.mp4", film).facts.startswith("48 × 64 pixels")


def test_a_first_look_at_what_is_no_film_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(UnreadableFilm, match="is empty"):
        films.first_look("empty.mp4", tmp_path / "empty.mp4")


def test_stop_ends_the_work_and_completes_the_film(tiny_models, tmp_path: Path) -> None:
    from apps.demos.object_detection.film_run import FilmRun
    from models.catalog import ModelCard, Task
    from models.errors import Cancelled

    card = ModelCard("tiny", Task.OBJECT_DETECTION, path=tiny_models.yolov5u())
    run = FilmRun(make_film(tmp_path / "mine.mp4"), tmp_path / "result", "mine")
    cancelled = threading.Event()
    settings = {"classes": "", "confidence": 0.25, "iou": 0.45, "image_size": 64}
    work = films.look(run, settings, SessionFolder())(ObjectDetector.load(card), cancelled)
    next(work)
    cancelled.set()
    with pytest.raises(Cancelled):
        list(work)
    assert run.ended.is_set()
    assert 0 < run.result.frames < FRAMES
    assert (tmp_path / "result" / "counts.csv").is_file()

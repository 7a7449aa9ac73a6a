"""The part of the object detection page about films: one that somebody sends, or the example."""

import io
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.object_detection.film_results import progress_text, show_film_result
from apps.demos.object_detection.film_run import FilmProgress, FilmRun
from apps.demos.object_detection.pictures import GALLERY, base_name
from apps.demos.object_detection.results import choose_selection, choose_thickness
from apps.ui import messages
from apps.ui.markdown import escape
from apps.ui.run import Work, forget_outcome, last_outcome, run_with_model, show_end
from apps.ui.session_folder import SessionFolder, session_folder
from models.errors import InvalidInput
from models.pictures.class_names import classes_in
from models.pictures.file_names import safe_stem
from models.pictures.picture_folder import FILM_SUFFIXES
from models.wording import size_text
from serving.loading import ModelKey

if TYPE_CHECKING:
    from PIL import Image

    from models.object_detection import ObjectDetector

NAME, CHOSEN, UPLOADS = "film", "film-chosen", "film-uploads"
# Pixels of the longer side; None is the size that the model was trained with.
OFFERED_SIZES = (None, 320, 480, 640, 800, 960, 1280)
MOST_MEGABYTES = 100  # of an upload, which is in memory until it has arrived
MOST_FRAMES = 9_000  # five minutes at 30 a second: all who wait for the model wait for as long
OF_THE_EXAMPLE = ("bus.jpg", "zidane.jpg", "chelsea.jpg")
STEPS = (1, 2, 3, 5, 10, 15, 30)
LOOK_SECONDS, PREVIEW_SECONDS = 0.5, 2.0  # between two looks at how far it is, and at a frame
PREVIEW, THUMBNAIL_WIDTH = (480, 480), 160  # pixels; the first at most


@dataclass(frozen=True)
class ChosenFilm:
    """A film in the folder of the session, by the name that it came with; `first` is its first frame as JPEG."""

    name: str
    path: Path
    first: bytes
    facts: str


def show_films(key: ModelKey | None) -> None:
    """Everything of the page for films."""
    with messages.shown():
        choose_film()
    chosen: ChosenFilm | None = st.session_state.get(CHOSEN)
    if chosen is not None:
        show_chosen(chosen)
    settings, every, thickness = choose_settings()
    pressed = st.button(
        "Detect in the film", type="primary", icon=":material/movie:", disabled=key is None or chosen is None
    )
    if pressed and key is not None and chosen is not None:
        detect(key, chosen, every, settings, thickness)
    outcome = last_outcome(NAME)
    if outcome is not None:
        st.subheader("Result")
        show_film_result(outcome.request)
        show_end(outcome)


def choose_film() -> None:
    """An upload or the example becomes the chosen film. Raises InvalidInput where it is none; then none is chosen."""
    number = st.session_state.setdefault(UPLOADS, 0)
    upload, example = st.columns([3, 1], vertical_alignment="center")
    file = upload.file_uploader(
        f"A film of at most {MOST_MEGABYTES} MB, of which the first {MOST_FRAMES:,} frames are looked at",
        sorted(suffix[1:] for suffix in FILM_SUFFIXES),
        key=f"film-upload-{number}",
        max_upload_size=MOST_MEGABYTES,
        help="MP4, MOV, AVI, WebM or Matroska. It stays on this machine, and is deleted when you leave. Larger and "
        "longer ones: `python aula.py detect film.mp4` in the terminal.",
    )
    wants_example = example.button("Example film", icon=":material/movie_filter:", width="stretch")
    if file is not None:
        st.session_state[UPLOADS] += 1  # a new uploader, so that the memory of this one's file is free again
        try:
            take(base_name(file.name), lambda target: _copy(file, target))
        except InvalidInput as error:
            st.session_state[f"{CHOSEN}-error"] = str(error)
        st.rerun()
    if wants_example:
        take("example.mp4", _make_example)
    if (problem := st.session_state.pop(f"{CHOSEN}-error", None)) is not None:
        raise InvalidInput(problem)


def _copy(file: Any, target: Path) -> None:
    with target.open("wb") as copy:
        shutil.copyfileobj(file, copy)


def _make_example(target: Path) -> None:
    from apps.demos.object_detection.example_film import make_example_film

    photographs = [GALLERY / name for name in OF_THE_EXAMPLE if (GALLERY / name).is_file()]
    if not photographs:
        raise InvalidInput("The example is made of photographs in the folder images/, which are gone. Send a film.")
    make_example_film(target, photographs)


def take(name: str, write: Callable[[Path], None]) -> None:
    """Let `write(path)` put a film into the session's folder, and choose it. Raises InvalidInput where it is none."""
    forget_outcome(NAME)
    st.session_state.pop(CHOSEN, None)
    path = Path(name)
    try:
        folder = session_folder(NAME)
        folder.empty("result")
        target = folder.empty("film") / f"{safe_stem(path.stem)}{path.suffix}"
        write(target)
    except OSError as error:
        raise InvalidInput(f"{name} cannot be kept: {error.strerror or error}. Make room on this machine.") from error
    st.session_state[CHOSEN] = first_look(name, target)


def first_look(name: str, path: Path) -> ChosenFilm:
    """What a film is, before it is looked at. Raises UnreadableFilm."""
    from models.pictures.films import Film

    with Film.open(path) as film, closing(film.frames()) as frames:
        image = next(frames).image
        facts = [
            f"{image.width} × {image.height} pixels",
            f"{film.duration:.1f} s" if film.duration else "length unknown",
            f"{float(film.rate):.3g} frames/s" if film.rate else "",
            size_text(path.stat().st_size),
        ]
    image.thumbnail(PREVIEW)
    return ChosenFilm(name, path, jpeg(image), " · ".join(filter(None, facts)))


def jpeg(image: "Image.Image") -> bytes:
    """A picture as a JPEG file."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()


def show_chosen(chosen: ChosenFilm) -> None:
    """The first frame, and what the film is."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.image(chosen.first, width=THUMBNAIL_WIDTH, alt="The first frame")
        st.caption(f"**{escape(chosen.name)}**  \n{chosen.facts}")


def choose_settings() -> tuple[dict[str, Any], int, int | None]:
    """What is settled before boxes are drawn: settings of `detect`, classes as they were typed; every n-th frame; the
    thickness of lines.
    """
    frames, size, confidence, iou, classes, more = st.columns([2, 2, 2, 2, 2, 1], vertical_alignment="bottom")
    every = frames.select_slider(
        "Every n-th frame",
        STEPS,
        key="film-every",
        help="1 looks at every frame, 5 at every fifth in a fifth of the time. The film keeps all of its frames: on "
        "those between, the boxes of the last one that was looked at stay where they are.",
    )
    settings = {
        "image_size": size.select_slider(
            "Image size",
            OFFERED_SIZES,
            format_func=lambda size: "as trained" if size is None else str(size),
            key="film-image-size",
            help="The longer side in pixels at which the model sees each frame (image_size).",
        ),
        "confidence": confidence.slider("Confidence", 0.01, 0.99, 0.25, 0.01, key="film-confidence"),
        "iou": iou.slider("IoU", 0.05, 0.95, 0.45, 0.05, key="film-iou"),
        "classes": classes.text_input("Classes", key="film-classes", placeholder="all, or: person, bus"),
    }
    with more.popover("More", icon=":material/tune:", width="stretch"):
        most, agnostic = choose_selection("film")
        thickness = choose_thickness("film")
    return settings | {"max_detections": most, "class_agnostic": agnostic}, every, thickness


def detect(
    key: ModelKey, chosen: ChosenFilm, every: int, settings: dict[str, Any], line_thickness: int | None = None
) -> None:
    """Look at the film, with the latest frame and the time left while that goes on."""
    with messages.shown():
        folder = session_folder(NAME)
        film = FilmRun(chosen.path, folder.empty("result"), chosen.path.stem, every, MOST_FRAMES, line_thickness)
        bar, preview = st.empty(), Preview()

        def show(seen: list[FilmProgress]) -> None:
            show_progress(bar, seen[-1])
            preview.show(film.latest)

        run_with_model(NAME, key, look(film, settings, folder), film, show)
        bar.empty()
        preview.close()


def look(film: FilmRun, settings: dict[str, Any], folder: SessionFolder) -> Work:
    """The work for one model, in the session's folder. It tells of a frame twice a second: the page keeps all of it."""

    def work(model: "ObjectDetector", cancelled: threading.Event) -> Iterator[FilmProgress]:
        wanted = classes_in([settings["classes"]] if settings["classes"].strip() else (), model.labels)
        told = 0.0
        with folder, closing(film.look(model, cancelled, **settings | {"classes": wanted})) as steps:
            for progress in steps:
                if time.monotonic() - told >= LOOK_SECONDS:
                    told = time.monotonic()
                    yield progress

    return work


class Preview:
    """The latest frame with its boxes, now and then: whatever is shown stays in memory until the work has ended."""

    def __init__(self) -> None:
        self._area: Any = None  # made when there is something to show, and so beneath Stop
        self._shown = 0.0

    def show(self, picture: "Image.Image | None") -> None:
        """Show a picture, unless another one was shown just before."""
        if picture is None or time.monotonic() - self._shown < PREVIEW_SECONDS:
            return
        self._shown = time.monotonic()
        small = picture.copy()
        small.thumbnail(PREVIEW)
        self._area = self._area or st.empty()
        self._area.image(jpeg(small))

    def close(self) -> None:
        """Take it away."""
        if self._area is not None:
            self._area.empty()


def show_progress(area: Any, progress: FilmProgress) -> None:
    """A bar with the time left, or, where the film does not say how long it is, how far it is."""
    if progress.fraction is None:
        area.caption(progress_text(progress))
    else:
        area.progress(progress.fraction, text=progress_text(progress))

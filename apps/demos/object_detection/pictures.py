"""Where the pictures of the object detection page come from: the gallery, uploads, the camera, a folder."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from PIL import Image, ImageOps

from apps.demos.object_detection.sources import look_for
from apps.ui import visitor
from apps.ui.markdown import message
from apps.words.amounts import count_text
from models.errors import InvalidInput, UnreadableImage
from models.folders import at_home
from models.pictures.file_names import path_from, shown_name
from models.pictures.images import open_image, pictures_in
from models.pictures.limits import MOST_MEGABYTES
from models.pictures.picture_folder import MOST_NAMED

GALLERY = Path(__file__).resolve().parents[3] / "images"
THUMBNAIL = (320, 240)
CHOSEN = "detection-photograph"
SOURCE, FILM = "detection-source", "Film"
FOR_FILMS = "To look at one, choose Film above."
MOST_UPLOADS = 100  # they stay in the memory of the machine that all share


@dataclass(frozen=True)
class Picture:
    """A picture by its name, and its file: a path on this machine, or the bytes that somebody sent.

    `is_of_folder`: whoever looks chose its folder, and so may see its path.
    """

    name: str
    source: Path | bytes
    is_of_folder: bool = False

    @property
    def path(self) -> Path:
        """What leads back to the picture for whoever chose it: the path, or the name under which it was sent."""
        return self.source if self.is_of_folder and isinstance(self.source, Path) else Path(self.name)

    def open(self) -> Image.Image:
        """The picture as RGB. Raises UnreadableImage."""
        if isinstance(self.source, Path):
            return open_image(self.source)
        file = io.BytesIO(self.source)
        file.name = self.name  # what a message about it will call it
        return open_image(file)


@dataclass(frozen=True)
class Story:
    """What a photograph of the gallery shows, whose it is, and what its licence allows."""

    what: str
    who: str
    licence: str

    @property
    def credit(self) -> str:
        """Owner and licence without the details, short enough for the foot of a thumbnail."""
        return f"{self.who.split(',')[0]} · {self.licence.split(',')[0]}"


@dataclass(frozen=True)
class PictureChoice:
    """The pictures that are meant, the whole gallery beside the one chosen from it, or a folder not read yet."""

    pictures: tuple[Picture, ...] = ()
    gallery: tuple[Picture, ...] = ()
    folder: str | None = None


def choose_pictures(films: bool = False) -> PictureChoice:
    """Draw the chooser of one source at a time; `films` are chosen elsewhere, by a page that looks at them."""
    sources = {"Gallery": from_gallery, "Upload": from_upload, "Camera": from_camera}
    if films:
        sources[FILM] = PictureChoice
    if visitor.is_at_this_machine():
        sources["Folder"] = from_folder
    if st.session_state.get(SOURCE, "Gallery") not in sources:  # another page has chosen a film
        del st.session_state[SOURCE]
    name = st.segmented_control("Pictures from", list(sources), default="Gallery", required=True, key=SOURCE)
    return sources[name]()


def from_gallery() -> PictureChoice:
    """A grid of photographs; the button beneath each chooses it."""
    try:
        paths = pictures_in(GALLERY)
    except InvalidInput:
        st.info("There is no picture in the folder images/. Put JPEG or PNG files there, or upload some.")
        return PictureChoice()
    st.session_state.setdefault(CHOSEN, _first(paths).name)
    stories = attributions(GALLERY / "ATTRIBUTION.md")
    grid = st.grid(6, min_column_width=110, gap="xsmall")
    for path in paths:
        with grid.cell():
            _show_thumbnail(path, stories.get(path.name))
    pictures = tuple(Picture(shown_name(path.name), path) for path in paths)
    chosen = next((picture for picture in pictures if picture.name == st.session_state[CHOSEN]), pictures[0])
    return PictureChoice((chosen,), pictures)


def _first(paths: Sequence[Path]) -> Path:
    """A street with people and a bus shows more than the first by name."""
    return next((path for path in paths if path.name == "bus.jpg"), paths[0])


def _show_thumbnail(path: Path, story: Story | None) -> None:
    try:
        st.image(thumbnail(path, path.stat().st_mtime), width="stretch", alt=path.name)
    except UnreadableImage as error:
        st.warning(message(str(error)))
    st.button(
        path.stem,
        key=f"choose-{path.name}",
        type="primary" if path.name == st.session_state[CHOSEN] else "secondary",
        help=f"{story.what}. {story.who} · {story.licence}" if story is not None else None,
        on_click=_choose,
        args=(path.name,),
        width="stretch",
    )
    if story is not None:
        st.caption(story.credit)


def _choose(name: str) -> None:
    st.session_state[CHOSEN] = name


@st.cache_data(max_entries=200, show_spinner=False)
def thumbnail(path: Path, changed: float) -> bytes:
    """The middle of a photograph as a small JPEG; `changed`, the file's time, makes a new one when the file is new."""
    small = io.BytesIO()
    ImageOps.fit(open_image(path), THUMBNAIL).save(small, "JPEG", quality=85)
    return small.getvalue()


def attributions(table: Path) -> dict[str, Story]:
    """The stories in a Markdown table whose columns begin with file, what, attribution and licence."""
    if not table.is_file():
        return {}
    lines = [line.strip() for line in table.read_text(encoding="utf-8").splitlines()]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0].strip("`"): Story(*row[1:4]) for row in rows if len(row) >= 4}


def from_upload() -> PictureChoice:
    """Files that somebody sends; they stay in this session."""
    files = st.file_uploader(
        "Pictures",
        accept_multiple_files=True,
        key="detection-upload",
        max_upload_size=MOST_MEGABYTES,
        help="JPEG, PNG, HEIC, AVIF, WebP, TIFF, GIF …",
    )
    if len(files) > MOST_UPLOADS:
        st.warning(
            f"{len(files)} files were chosen, and the first {MOST_UPLOADS} are taken. Send the others after them."
        )
    return PictureChoice(tuple(Picture(base_name(file.name), file.getvalue()) for file in files[:MOST_UPLOADS]))


def base_name(name: str) -> str:
    """The last part of a name that a browser sent: it becomes a file's name in the ZIP, and may lead nowhere else."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def from_camera() -> PictureChoice:
    """A picture of the webcam, or of the telephone's camera."""
    st.caption(
        ":material/lock: A browser lends its camera only to pages that come by HTTPS or from localhost. "
        "From another machine over plain HTTP it stays off: upload a photograph instead."
    )
    taken = st.camera_input("Take a picture", key="detection-camera", width=480)
    return PictureChoice((Picture("camera.jpg", taken.getvalue()),) if taken is not None else ())


def from_folder() -> PictureChoice:
    """A folder of this machine, for the person in front of it."""
    folder = st.text_input(
        "Folder on this machine",
        key="detection-folder",
        placeholder="/home/me/Pictures",
        help="Or a pattern, such as `/home/me/Pictures/**/*.jpg`, or a list: a .txt file with a path on each line.",
    )
    return PictureChoice(folder=folder.strip())


def pictures_of(folder: str, for_films: str = FOR_FILMS) -> tuple[Picture, ...]:
    """The pictures directly in a folder, or those that a pattern or a list leads to; `for_films` as in `films_text`.

    Raises:
        InvalidInput: there is no such folder, or no picture in it.
    """
    if not folder:  # a path of no letters would mean the folder in which Aula was started
        raise InvalidInput("No folder was given. Type its path, for instance /home/me/Pictures.")
    found = look_for([at_home(path_from(folder))])
    if found.films and not found.pictures:
        raise InvalidInput(f"There is no picture, but {films_text(found.films, for_films)}")
    return tuple(Picture(shown_name(path.name), path, is_of_folder=True) for path in found.pictures)


def not_read_in(folder: str, for_films: str = FOR_FILMS) -> str | None:
    """What else is there, or missing, in a sentence or more. Raises InvalidInput as `pictures_of`."""
    found = look_for([at_home(path_from(folder))])
    return " ".join(filter(None, [films_text(found.films, for_films), *found.not_read, *found.problems])) or None


def films_text(films: Sequence[Path], for_films: str = FOR_FILMS) -> str | None:
    """How many films are there, what the first are called, and where to look at one; None where there is none."""
    names = ", ".join([*(shown_name(film.name) for film in films[:MOST_NAMED]), *["…"] * (len(films) > MOST_NAMED)])
    return f"{count_text(len(films), 'film')} ({names}). {for_films}" if films else None

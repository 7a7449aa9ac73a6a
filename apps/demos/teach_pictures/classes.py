"""Classes that a visitor makes by hand: a name, and pictures that were chosen or shot for each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import streamlit as st

from apps.demos.teach_pictures.browser_parts import show_camera, show_strip
from apps.demos.teach_pictures.steps import KEPT
from apps.demos.teach_pictures.thumbnails import address, small_square
from apps.demos.teach_pictures.words import BY_HAND
from apps.ui.markdown import message
from apps.words.amounts import count_text
from models.errors import InvalidInput
from models.pictures.limits import MOST_MEGABYTES
from models.wording import size_text
from training.pictures.archives import MOST_BYTES
from training.pictures.data import LeftOut, Picture, PictureData, clean_label, merged_labels
from training.pictures.reading import read_uploads

MOST_BY_HAND = 1_000  # of all classes: they stay in the memory of the machine that all share
MOST_CLASSES = 50
MOST_SAID = 5
NAME = "own pictures"
_CLASSES, _CAMERA_OF = "teach-classes", "teach-camera-of"


@dataclass(frozen=True)
class Shot:
    """One picture of a class: a key that is its alone, the picture, and the address of a small copy."""

    key: str
    picture: Picture
    small: str


@dataclass(frozen=True)
class OwnClass:
    """One class. `number` is its alone in the session, `rounds` how often pictures were added.

    `left_out` are the files of the latest adding that cannot be used.
    """

    number: int
    shots: tuple[Shot, ...] = ()
    rounds: int = 0
    left_out: tuple[LeftOut, ...] = ()

    @property
    def name(self) -> str:
        """What the visitor calls it; may be empty."""
        return clean_label(st.session_state.get(name_key(self.number)) or "")


def name_key(number: int) -> str:
    """The key of the field for a class's name."""
    return f"teach-class-name-{number}"


def own_classes() -> list[OwnClass]:
    """The classes of this session; two to begin with."""
    if _CLASSES not in st.session_state:
        st.session_state[_CLASSES] = []
        add_class()
        add_class()
    classes: list[OwnClass] = st.session_state[_CLASSES]
    return classes


def add_class() -> None:
    """One class more, with a name to be replaced."""
    classes = st.session_state[_CLASSES]
    number = max((one.number for one in classes), default=0) + 1
    st.session_state[name_key(number)] = f"Class {number}"
    st.session_state[_CLASSES] = [*classes, OwnClass(number)]


def delete_class(number: int) -> None:
    """A class and its pictures are forgotten."""
    st.session_state[_CLASSES] = [one for one in own_classes() if one.number != number]


def add_pictures(number: int, files: Sequence[tuple[str, bytes]]) -> None:
    """Take files into a class: those that can be opened become its pictures, of the others it is said why not."""
    own = _class(number)
    room = MOST_BY_HAND - sum(len(one.shots) for one in own_classes())
    read = read_uploads({own.name or f"Class {number}": files[: max(0, room)]})
    left = MOST_BYTES - sum(len(shot.picture.content) for one in own_classes() for shot in one.shots)
    sums = accumulate(len(one.content) for one in read.pictures)
    fitting = [one for one, size in zip(read.pictures, sums, strict=True) if size <= left]
    smalls = [address(small_square(one.open())) for one in fitting]
    shots = [Shot(f"{own.rounds}-{place}", one, smalls[place]) for place, one in enumerate(fitting)]
    left_out = list(read.left_out)
    if len(files) > room or len(fitting) < len(read.pictures):
        most = f"{MOST_BY_HAND:,} pictures of {size_text(MOST_BYTES)} together"
        left_out.append(LeftOut(NAME, f"At most {most} can be collected here; the rest is left out."))
    _replace(replace(own, shots=(*own.shots, *shots), rounds=own.rounds + 1, left_out=tuple(left_out)))


def remove_picture(number: int, key: str) -> None:
    """Take one picture out of a class."""
    own = _class(number)
    _replace(replace(own, shots=tuple(shot for shot in own.shots if shot.key != key)))


def remove_all(number: int) -> None:
    """Take all pictures out of a class."""
    _replace(replace(_class(number), shots=(), left_out=()))


def _class(number: int) -> OwnClass:
    return next((one for one in own_classes() if one.number == number), OwnClass(number))


def _replace(changed: OwnClass) -> None:
    st.session_state[_CLASSES] = [changed if one.number == changed.number else one for one in own_classes()]


def collected(classes: Sequence[OwnClass]) -> PictureData:
    """All pictures under the names of their classes; those that differ in capital letters only are one.

    Raises:
        InvalidInput: a class with pictures has no name.
    """
    if any(one.shots and not one.name for one in classes):
        raise InvalidInput("A class with pictures has no name. Name it, or delete it.")
    filled = [one for one in classes if one.shots]
    merged, remarks = merged_labels(one.name for one in filled for _ in one.shots)
    said = [*remarks, *_alike([one.name for one in filled])]
    said += [
        f"The class “{one.name}” has no picture, so it is left out." for one in classes if one.name and not one.shots
    ]
    taken: Counter[str] = Counter()
    pictures = [
        replace(shot.picture, label=merged[one.name], name=_unique(merged[one.name], shot.picture.name, taken))
        for one in filled
        for shot in one.shots
    ]
    return PictureData(NAME, tuple(pictures), tuple(left for one in classes for left in one.left_out), tuple(said))


def _alike(names: Sequence[str]) -> list[str]:
    return [
        f"Two classes are called “{name}”, so they were taken for one." for name, n in Counter(names).items() if n > 1
    ]


def _unique(label: str, name: str, taken: Counter[str]) -> str:
    """A name by which the result finds the picture again: cameras and telephones give the same one many times."""
    stem = f"{label}/{name.rpartition('/')[2]}"
    taken[stem] += 1
    return stem if taken[stem] == 1 else f"{stem} ({taken[stem]})"


# On the page


def show_classes() -> list[OwnClass]:
    """Draw the classes with their fields; what they hold now."""
    st.caption(BY_HAND)
    classes = own_classes()
    for own in classes:
        with st.container(border=True):
            _show_class(own, len(classes) > 1)
    st.button("Add a class", icon=":material/add:", on_click=add_class, disabled=len(classes) >= MOST_CLASSES)
    return classes


def _show_class(own: OwnClass, can_go: bool) -> None:
    number = own.number
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name of the class", key=name_key(number), max_chars=60, **KEPT)
        is_on = st.session_state.get(_CAMERA_OF) == number
        st.button(
            "Close the camera" if is_on else "Camera",
            key=f"teach-camera-button-{number}",
            icon=":material/photo_camera:",
            on_click=_turn_camera,
            args=(None if is_on else number,),
        )
        st.button(
            "Remove all",
            key=f"teach-remove-all-{number}",
            icon=":material/backspace:",
            disabled=not own.shots,
            on_click=remove_all,
            args=(number,),
        )
        st.button(
            "Delete the class",
            key=f"teach-delete-class-{number}",
            icon=":material/delete:",
            disabled=not can_go,
            on_click=delete_class,
            args=(number,),
        )
    adding, there = st.columns([2, 3], gap="medium")
    with adding:
        if is_on:
            _show_camera(own)
        else:
            _show_uploader(own)
    with there:
        _show_pictures(own)


def _turn_camera(number: int | None) -> None:
    """The camera of one class at a time: a browser has one."""
    st.session_state[_CAMERA_OF] = number


def _show_camera(own: OwnClass) -> None:
    left = MOST_BY_HAND - sum(len(one.shots) for one in own_classes())
    full = "" if left > 0 else f"{MOST_BY_HAND:,} pictures are collected, which is all that fit."

    def take(shots: list[bytes]) -> None:
        first = own.rounds + 1
        add_pictures(own.number, [(f"shot {first}-{place}.jpg", shot) for place, shot in enumerate(shots, start=1)])

    show_camera(f"teach-camera-{own.number}", left, take, full)


def _show_uploader(own: OwnClass) -> None:
    key = f"teach-upload-{own.number}-{own.rounds}"  # another one each time: it has given away what it held
    st.file_uploader(
        f"Pictures of {own.name or 'the class'}",
        accept_multiple_files=True,
        key=key,
        on_change=_take_uploads,
        args=(own.number, key),
        label_visibility="collapsed",
        max_upload_size=MOST_MEGABYTES,
        help="JPEG, PNG, HEIC, AVIF, WebP, TIFF, GIF …",
    )


def _take_uploads(number: int, key: str) -> None:
    files = st.session_state[key] or []
    add_pictures(number, [(file.name.replace("\\", "/").rsplit("/", 1)[-1], file.getvalue()) for file in files])


def _show_pictures(own: OwnClass) -> None:
    st.markdown(f"**{count_text(len(own.shots), 'picture')}**")
    if own.shots:
        pictures = [(shot.key, shot.picture.name.rpartition("/")[2], shot.small) for shot in own.shots]
        show_strip(f"teach-strip-{own.number}", pictures, lambda key: remove_picture(own.number, key))
    for left in own.left_out[:MOST_SAID]:
        st.warning(message(left.reason), icon=":material/broken_image:")
    if len(own.left_out) > MOST_SAID:
        st.caption(f"And {len(own.left_out) - MOST_SAID} more files that cannot be used.")

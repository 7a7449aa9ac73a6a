"""What somebody wants to have besides, under the names of detect.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extras:
    """`crops`: each object as a picture of its own (save_crop). `label_confidence`: a sixth number in label files
    (save_conf). `line_thickness`: of the boxes, in pixels; None suits the size of the picture.
    """

    crops: bool = False
    label_confidence: bool = False
    line_thickness: int | None = None


NO_EXTRAS = Extras()

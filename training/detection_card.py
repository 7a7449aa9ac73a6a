"""The model card of the detector: its figures, what it was trained on, and what it cannot do."""

from dataclasses import dataclass
from pathlib import Path

from training.card import card_text, write_card
from training.detection_data import CLASSES, Pictures
from training.options import Run

LICENCES = {
    "Attribution License": "CC BY 2.0",
    "Attribution-NoDerivs License": "CC BY-ND 2.0",
    "Attribution-NonCommercial License": "CC BY-NC 2.0",
    "Attribution-NonCommercial-NoDerivs License": "CC BY-NC-ND 2.0",
    "Attribution-NonCommercial-ShareAlike License": "CC BY-NC-SA 2.0",
    "Attribution-ShareAlike License": "CC BY-SA 2.0",
    "No known copyright restrictions": "no known copyright restrictions",
}


@dataclass(frozen=True)
class Training:
    """How the training went: its run, its command, the machine, and the size of the pictures in pixels.

    `figures` are what `training.object_detection.evaluate` gave, `measured` the classes that its mAP50 averages.
    """

    run: Run
    command: str
    hardware: str
    size: int
    figures: dict[str, float]
    measured: tuple[str, ...]
    parameters: int


def write_detection_card(folder: Path, model_id: str, pictures: Pictures, training: Training) -> None:
    """Write README.md into the model folder."""
    body = card_text(
        "yolov5n-mini",
        training.run,
        classes=_listed(list(CLASSES)),
        parameters=f"{training.parameters / 1e6:.1f} million",
        hardware=training.hardware,
        validation=pictures.counts["val"],
        training=f"{pictures.counts['train']:,}",
        size=training.size,
        measured=_listed(list(training.measured)),
        table="\n".join(_row(name, pictures) for name in CLASSES),
        rare=_listed([name for name in CLASSES if name not in training.measured]).capitalize(),
        left_out=sum(pictures.left_out.values()),
        reasons=", ".join(f"{count} {_short(licence)}" for licence, count in sorted(pictures.left_out.items())),
        credits="\n".join(_credit(licence, numbers) for licence, numbers in sorted(pictures.credits.items())),
        command=training.command,
    )
    write_card(
        folder,
        model_id=model_id,
        title="YOLOv5n mini",
        licence="agpl-3.0",
        languages=[],
        task="object-detection",
        datasets=["PASCAL VOC2007", "COCO 2017"],
        figures=training.figures,
        figures_on=f"{pictures.counts['val']} photographs of VOC2007 and COCO 2017, at {training.size} pixels",
        body=body,
    )


def _row(name: str, pictures: Pictures) -> str:
    trained, validated = (pictures.boxes.get((split, name), 0) for split in ("train", "val"))
    return f"| {name} | {trained} | {validated} |"


def _credit(licence: str, numbers: list[str]) -> str:
    return f"- {_short(licence)}: {', '.join(numbers)}"


def _short(licence: str) -> str:
    return LICENCES.get(licence, licence)


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)

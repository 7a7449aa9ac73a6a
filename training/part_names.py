"""What people call the parts of a dataset, in folders, columns and on the hub: “train”, “test_set”, “Validación”."""

import re

TRAIN, VALIDATION, TEST = PARTS = ("train", "validation", "test")
_NAMES = {
    "train": TRAIN, "training": TRAIN, "entrenamiento": TRAIN,
    "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "dev": VALIDATION, "development": VALIDATION,
    "eval": VALIDATION, "evaluation": VALIDATION, "validación": VALIDATION, "validacion": VALIDATION,
    "test": TEST, "testing": TEST, "prueba": TEST, "holdout": TEST,
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_OF = re.compile(r"(?<=\w)[\s_-]*(?:set|split|data|images|pictures)$")  # training_set, “test data”


def part_called(name: str) -> str | None:
    """Which of PARTS a name means; None where it means none of them."""
    return _NAMES.get(_OF.sub("", name.strip().casefold()))


def rank(name: str) -> int:
    """Where a part or a file of this name comes: what one learns from, what one is tested on, and others last.

    A file is called “Reviews-train.csv” as well as “train”.
    """
    found = (part_called(word) for word in _WORD.findall(name))
    return next((PARTS.index(part) for part in found if part is not None), len(PARTS))

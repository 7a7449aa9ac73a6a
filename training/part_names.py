"""What people call the parts of a dataset, in folders, columns and on the hub: “train”, “test_set”, “Validación”."""

import re

TRAIN, VALIDATION, TEST = PARTS = ("train", "validation", "test")
_NAMES = {
    "train": TRAIN, "training": TRAIN, "entrenamiento": TRAIN,
    "val": VALIDATION, "valid": VALIDATION, "validation": VALIDATION, "dev": VALIDATION, "development": VALIDATION,
    "eval": VALIDATION, "evaluation": VALIDATION, "validación": VALIDATION, "validacion": VALIDATION,
    "test": TEST, "testing": TEST, "prueba": TEST, "holdout": TEST,
}  # fmt: skip
_OF = re.compile(r"(?<=\w)[\s_-]*(?:set|split|data|images|pictures)$")  # training_set, “test data”


def part_called(name: str) -> str | None:
    """Which of PARTS a name means; None where it means none of them."""
    return _NAMES.get(_OF.sub("", name.strip().casefold()))

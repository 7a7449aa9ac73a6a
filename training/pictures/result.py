"""What came out of training a picture classifier: facts about the data, remarks, and the model's card.

`result.json` holds the fields of `classifier_result.Outcome` (`accuracy`, `macro_f1`, `labels`, `confusion`,
`mistakes`), `majority_accuracy` and `nearest_accuracy` (what needs no training), `tested` (every test picture: `name`,
`label`, `predicted`, `probability`), `settings`, `data`, `seconds`, `memory_bytes`, `remarks`, `trainable_parameters`
and `total_parameters`. The names are those of `Picture.name`, by which the pictures are found again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from training.card import write_card
from training.pictures.data import Picture, PictureData, PictureSplit

MOST_LISTED = 100  # files that were left out
FEW = 30  # test pictures, with which an accuracy is hardly known
_LEARNED = {
    "head": "as it is, under a new head",
    "block": "of which the last block and a new head learned",
    "all": "of which everything learned",
}


def picture_facts(picture: Picture) -> dict[str, Any]:
    """What tells a person which picture it is."""
    return {"name": picture.name, "label": picture.label}


def describe(data: PictureData, used: PictureSplit) -> dict[str, Any]:
    """Facts about the data, for the result and the card."""
    parts = {"train": used.train, "validation": used.validation, "test": used.test}
    counts = Counter(picture.label for part in parts.values() for picture in part)
    return {
        "name": data.name,
        "classes": dict(sorted(counts.items())),
        **{name: len(part) for name, part in parts.items()},
        "left_out": len(data.left_out),
        "left_out_files": [asdict(one) for one in data.left_out[:MOST_LISTED]],
        "remarks": list(data.remarks),
    }


def told(accuracy: float, nearest: float, majority: float, tested: int) -> list[str]:
    """What has to be said where a training was of little use, or was hardly tested."""
    said = []
    if majority > accuracy:
        said.append(
            f"Always saying the most frequent label is right more often ({majority:.3f}): the model has learned "
            "nothing of use. Give it more pictures, more epochs, or another base."
        )
    elif nearest > accuracy:
        said.append(
            f"Giving each picture the label of the training picture that is most alike is right more often "
            f"({nearest:.3f}), and needs no training. Try other epochs, or another learning rate."
        )
    if tested < FEW:
        said.append(
            f"With {tested} test pictures, the accuracy is known to ± {100 * margin(accuracy, tested):.0f} % only. Add "
            "pictures to know more."
        )
    return said


def margin(share: float, count: int) -> float:
    """Half the width of the interval that holds a share with 95 % certainty (Wilson, so that 0 and 1 have one, too)."""
    z = 1.96
    return float(z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5)


def write_picture_card(folder: Path, base: ModelCard, result: dict[str, Any]) -> None:
    """Write README.md beside the model, from what is in `result.json`."""
    tested = f"{result['data']['test']:,} pictures, none of them trained on"
    write_card(
        folder,
        model_id=f"trained/{folder.name}",
        title=f"Picture classifier: {_shortened(result['labels'])}",
        licence=(base.licence or "unknown").lower(),
        languages=[],
        task="image-classification",
        datasets=[result["data"]["name"]],
        figures={"accuracy": round(result["accuracy"], 4), "F1": round(result["macro_f1"], 4)},
        figures_on=f"{result['data']['name']}: {tested}",
        body=_body(result),
    )


def _shortened(labels: Sequence[str], most: int = 4) -> str:
    return ", ".join(labels[:most]) + (f" and {len(labels) - most} more" if len(labels) > most else "")


def _body(result: dict[str, Any]) -> str:
    settings, data = result["settings"], result["data"]
    classes = ", ".join(f"“{label}” ({count:,} pictures)" for label, count in data["classes"].items())
    learned = f"{result['trainable_parameters']:,} of {result['total_parameters']:,} parameters learned"
    options = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in settings.items())
    return f"""
Sorts a picture into one of {len(result["labels"])} classes: {classes}.

It stands on `{settings["base"]}`, {_LEARNED[settings["method"]]}: {learned}. It knows nothing but pictures like those
that it was trained on, and calls anything else by one of its {len(result["labels"])} names, too.

## Beside what needs no training

| | accuracy |
|---|---|
| this model | {result["accuracy"]:.3f} |
| the label of the training picture that is most alike to the base | {result["nearest_accuracy"]:.3f} |
| always the most frequent class | {result["majority_accuracy"]:.3f} |

With {data["test"]:,} test pictures, its accuracy is known to ± {100 * margin(result["accuracy"], data["test"]):.0f} %.

## How it was trained

From {data["train"]:,} pictures; {data["validation"]:,} more chose the best weights, {data["test"]:,} gave the figures.
It took {_minutes(result["seconds"])} with these settings:

{options}

The same again, with the pictures of each class in a folder of its own:

```console
$ {command(settings)}
```
"""


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.1f} minutes"


def command(settings: dict[str, Any]) -> str:
    """The line of the terminal that trains with these settings."""
    names = ("base", "method", "epochs", "learning_rate", "seed")
    options = " ".join(f"--{name.replace('_', '-')} {_quoted(settings[name])}" for name in names)
    return f"python aula.py train-images FOLDER {options} --{'' if settings['augment'] else 'no-'}augment"


def _quoted(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f'"{text}"' if " " in text else text

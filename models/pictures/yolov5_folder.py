"""A YOLOv5 detector kept as a folder without a pickle: numbers in safetensors, everything else as JSON.

    model.safetensors   the weights under the names they have in YOLOv5, in fp16, as finished trainings keep theirs
    config.json         `architectures` names ARCHITECTURE; `network` is the `yaml` of the checkpoint, `labels` the
                        classes in the order of their ids, `generation` which head it has, `image_size` the pixels of
                        the pictures in its training, or null

Such a file can hold nothing that runs, and people can read what the network is made of. Knows nothing of networks;
`models.pictures.yolov5_network` builds one from what is read here.
"""

import json
from pathlib import Path
from typing import Any

from models.errors import DamagedFile, UnsupportedCheckpoint
from models.folders import read_json
from models.pictures.yolov5_checkpoint import ORIGINAL, ULTRALYTICS, Checkpoint

ARCHITECTURE = "YOLOv5Detector"
SETTINGS, WEIGHTS = "config.json", "model.safetensors"


def read_folder(folder: Path) -> Checkpoint:
    """Read a folder that `write_folder` wrote; its weights are fp32 afterwards.

    Raises:
        UnsupportedCheckpoint: config.json is of another kind of model, or does not say how the network is built.
        DamagedFile: the weights cannot be read.
    """
    settings = read_json(folder / SETTINGS)
    if settings.get("architectures") != [ARCHITECTURE]:
        raise UnsupportedCheckpoint(
            f"The model in {folder.name} is not a YOLOv5 detector: {SETTINGS} does not name {ARCHITECTURE}. "
            "Choose a YOLOv5 .pt file, or a folder that Aula made from one."
        )
    try:
        return _from_settings(settings, _weights(folder / WEIGHTS))
    except (LookupError, TypeError, ValueError) as error:
        raise UnsupportedCheckpoint(
            f"{SETTINGS} in {folder.name} does not say how the network is built. Copy the folder again."
        ) from error


def _from_settings(settings: dict[str, Any], weights: dict[str, Any]) -> Checkpoint:
    """Raises LookupError, TypeError or ValueError where something is missing or of another kind."""
    labels, generation, size = settings["labels"], settings["generation"], settings.get("image_size")
    if not isinstance(settings["network"], dict) or not isinstance(labels, list):
        raise TypeError("network is an object, labels a list")
    if generation not in (ORIGINAL, ULTRALYTICS):
        raise ValueError(generation)
    named = {class_id: str(name) for class_id, name in enumerate(labels)}
    return Checkpoint(generation, settings["network"], named, weights, size if type(size) is int else None)


def _weights(file: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = load_file(file)
    except (SafetensorError, OSError) as error:
        raise DamagedFile(f"{file.name} is damaged or incomplete. Copy the folder again.") from error
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in weights.items()}


def write_folder(checkpoint: Checkpoint, folder: Path) -> None:
    """Write a checkpoint as such a folder.

    Raises:
        ValueError: its class ids do not count from 0, or its description holds what JSON cannot.
    """
    from safetensors.torch import save_file

    if sorted(checkpoint.labels) != list(range(len(checkpoint.labels))):
        raise ValueError("the class ids do not count from 0")
    settings = {
        "architectures": [ARCHITECTURE],
        "model_type": "yolov5",
        "generation": checkpoint.generation,
        "image_size": checkpoint.image_size,
        "labels": [checkpoint.labels[class_id] for class_id in sorted(checkpoint.labels)],
        "network": checkpoint.description,
    }
    text = json.dumps(settings, indent=1, ensure_ascii=False)
    halved = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in checkpoint.weights.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(halved, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / SETTINGS).write_text(text + "\n", encoding="utf-8", newline="\n")

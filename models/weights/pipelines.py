"""Loads a pipeline of diffusers from a folder of this machine, without a request and without running code from it.

diffusers is an extra: it is imported when a pipeline is loaded, and where it is missing, the error says how to get it.
"""

import inspect
import math
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.device import Device, choose_device, footprint
from models.errors import UnsupportedCheckpoint
from models.folders import read_json
from models.precision import Precision, require_applicable
from models.weights import hub
from models.weights.completeness import damaged, stored_in
from models.weights.diffusers_folder import INDEX, is_half, weight_files
from models.weights.pretrained import quieten, read_weights
from models.wrapper import BUILDING, AnyDevice, OnStep, Pretrained

INSTALL = "pip install -r requirements-image.txt"

# What a pipeline that draws from a sentence takes; without the call-back there were no steps to follow, and no Stop.
_NEEDED = {"prompt", "num_inference_steps", "generator", "callback_on_step_end"}
# What others start from, or make.
_NEEDED_BY_OTHERS = {"image", "mask_image", "control_image", "video", "num_frames", "audio_length_in_s"}


def is_installed() -> bool:
    """Whether diffusers is there; asks without importing it."""
    return find_spec("diffusers") is not None


def load_pipeline(card: ModelCard, device: AnyDevice, precision: Precision, on_step: OnStep) -> Pretrained:
    """The text-to-image pipeline of `card`, its safety checker included where there is one; safetensors only.

    Raises:
        UnsupportedCheckpoint: diffusers is missing, does not know the pipeline, or that does not draw from a sentence.
        UnsafeCheckpoint: the pipeline is code in its folder.
        ModelNotHere, DamagedFile, DeviceUnavailable, PrecisionNotApplicable, OutOfMemory: as for other models.
    """
    started = time.perf_counter()
    chosen = choose_device(device)
    require_applicable(precision, chosen.type, card.task)
    folder = hub.require(card)
    require_library(card)
    on_step("Reading the libraries")
    _require_drawing(card, folder)
    on_step("Reading the weights")
    with BUILDING:
        pipeline = read_weights(card, folder, lambda: _pipeline(card, folder, chosen, precision))
    size = sum(map(footprint, networks_of(pipeline).values()))
    seconds = time.perf_counter() - started
    tokenizer = pipeline.components.get("tokenizer")
    return Pretrained(card, pipeline, tokenizer, chosen, precision.name, size, seconds)


def networks_of(pipeline: Any) -> dict[str, Any]:
    """The parts of a pipeline that have weights, by their names."""
    import torch

    return {name: part for name, part in pipeline.components.items() if isinstance(part, torch.nn.Module)}


def require_library(card: ModelCard) -> None:
    """Raise UnsupportedCheckpoint, with the way to get it, where diffusers is missing."""
    if not is_installed():
        raise UnsupportedCheckpoint(
            f"{card.model_id} needs diffusers, which is an extra. Install it with `{INSTALL}`, and start Aula again."
        )


def _require_drawing(card: ModelCard, folder: Path) -> None:
    """Raise UnsupportedCheckpoint unless diffusers has the pipeline, and it draws from a sentence alone."""
    import diffusers

    name = read_json(folder / INDEX)["_class_name"]
    pipeline = getattr(diffusers, name, None)
    takes = set(inspect.signature(pipeline.__call__).parameters) if inspect.isclass(pipeline) else set()
    if not takes >= _NEEDED or takes & _NEEDED_BY_OTHERS:
        raise UnsupportedCheckpoint(
            f"{card.model_id} is a {name}, with which Aula cannot draw from a sentence alone. "
            "Choose a text-to-image model such as Stable Diffusion."
        )


def _pipeline(card: ModelCard, folder: Path, device: Device, precision: Precision) -> Any:
    from diffusers import DiffusionPipeline
    from diffusers.utils import logging

    quieten()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    pipeline = DiffusionPipeline.from_pretrained(
        folder,
        **precision.load_arguments(device.type),
        variant="fp16" if is_half(folder) else None,
        use_safetensors=True,  # else pickles would do
        local_files_only=True,
        trust_remote_code=False,
    )
    for name, network in networks_of(pipeline).items():
        _require_all_numbers(card, folder, name, network.eval())
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device.type)


def _require_all_numbers(card: ModelCard, folder: Path, part: str, network: Any) -> None:
    """Raise DamagedFile for files with fewer numbers than the network has: the rest would be random, with a warning.

    They are counted, since names differ: old files call the parts of attention otherwise, and are read all the same.
    """
    headers = (stored_in(file)[0] for file in weight_files(folder) if file.parent.name == part)
    stored = sum(math.prod(weight["shape"]) for header in headers for weight in header.values())
    own = sum(parameter.numel() for parameter in network.parameters())
    if stored < own:
        raise damaged(card, folder, f"{part} holds {stored:,} numbers, and the network that it describes has {own:,}")

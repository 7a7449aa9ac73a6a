"""What a training on pictures will need before it starts: parameters, memory and time, from one batch that is timed.

Memory is the process itself, 4 bytes for each parameter, 12 more for each that learns (4 its gradient, 8 the two
running means of Adam), and what the layers keep for the way back, which is measured: the outputs of every layer that
learns or stands behind one, for a batch.

Time is one forward pass for each picture, again for each epoch where the network itself learns, and then two to three
times as much, since the way back costs as much as the way forward for what is handed down, and again for what learns.
"""

import time
from collections.abc import Sequence
from typing import Any

from training.classifier_plan import Estimate
from training.pictures.bases import BASE, RECIPES, Learner, parameters, prepare
from training.pictures.data import FRACTIONS, Picture, PictureData

PROCESS_BYTES = 1_100_000_000  # Python, torch, transformers and timm
START_SECONDS = 8.0  # until they are loaded, and until the model is written in the end
STEP_SECONDS = 0.004  # of a head on features, at any size
PASSES = {"block": 1.5, "all": 3.0}
TIMED = 8  # pictures
COPIES = 2  # as many altered copies as `training.pictures.lessons` makes for a head


def estimate(
    data: PictureData,
    method: str = "head",
    base: str = BASE,
    epochs: float | None = None,
    augment: bool | None = None,
) -> Estimate:
    """What training `base` on `data`, before its split, will need on this machine's processor. Loads the base.

    Raises:
        What `prepare` raises.
    """
    learner = prepare(base, data.labels, method)
    learns, total = parameters(learner)
    pictures = data.pictures[:: max(1, len(data.pictures) // TIMED)][:TIMED]
    each, kept = _measured(learner, pictures)
    recipe = RECIPES[method]
    memory = PROCESS_BYTES + 4 * total + 12 * learns + kept * recipe.batch
    copied = recipe.augment if augment is None else augment
    seconds = START_SECONDS + each * _looks(len(data.pictures), method, epochs or recipe.epochs, copied)
    if method == "head":
        steps = (epochs or recipe.epochs) * max(1, FRACTIONS[0] * len(data.pictures) / recipe.batch)
        seconds += STEP_SECONDS * steps
    return Estimate(learns, total, int(memory), seconds)


def _looks(pictures: int, method: str, epochs: float, augment: bool) -> float:
    """How many forward passes of one picture the training costs."""
    train, validation, test = (share * pictures for share in FRACTIONS)
    if method == "head":
        return pictures + (COPIES * train if augment else 0)
    watched = RECIPES[method].evaluations * validation
    return train + 2 * test + watched + epochs * train * PASSES[method]


def _measured(learner: Learner, pictures: Sequence[Picture]) -> tuple[float, float]:
    """Seconds of a picture, opening and preparing included, and bytes that its way back will need."""
    import torch

    from training.pictures.lessons import features

    features(learner, pictures)  # the first pass makes ready what all others use
    started = time.perf_counter()
    features(learner, pictures)
    each = (time.perf_counter() - started) / len(pictures)
    # One batch keeps one thread busy; a training has one batch for each thread.
    return each / torch.get_num_threads(), _kept(learner, [picture.open() for picture in pictures]) / len(pictures)


def _kept(learner: Learner, images: Sequence[Any]) -> float:
    """Bytes of the outputs of all layers from the first that learns on; a head on features keeps next to nothing."""
    if learner.method == "head":
        return 0.0
    sizes: list[int] = []
    begun = False

    def note(module: Any, inputs: Any, output: Any) -> None:
        nonlocal begun
        begun = begun or any(parameter.requires_grad for parameter in module.parameters(recurse=False))
        if begun and hasattr(output, "numel"):
            sizes.append(4 * output.numel())

    leaves = [module for module in learner.model.modules() if not list(module.children())]
    hooks = [module.register_forward_hook(note) for module in leaves]
    learner.classifier.features(images)
    for hook in hooks:
        hook.remove()
    return float(sum(sizes))

"""Measures a model's candidates for “auto” on this machine: all loaded, the same small work in turns, the best of each.

The best of several times, because other programs only ever make one slower. What was measured while others computed,
programs or visitors, is not remembered: it would be wrong for good.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any

import torch

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import Device
from models.errors import PrecisionNotApplicable
from models.tasks import wrapper_class
from models.text.tokens import positions
from models.threads import pinned_threads, take_threads
from models.wrapper import OnStep, silent
from quantization.automatic import speeds
from quantization.automatic.choice import candidates
from quantization.compiled.examples import IMAGE, texts
from quantization.measure.beside import load_beside
from quantization.measure.bystanders import NO_USE, Use, read, use_between
from quantization.measure.turns import stopwatch, take_turns

ROUNDS, LEAST_ROUNDS = 12, 3
SECONDS = 2.0  # after the first rounds, so long at most
SHORTEST = 0.5  # seconds; less does not show who else computed
TOKENS = 128
SENTENCE, NEW_TOKENS, BEAMS = 24, 24, 4  # of a model that writes; a translator searches with beams
DETECTOR_PICTURE = (1, 3, 640, 480)

NEVER = 1e9  # seconds: of a precision that this model cannot be computed in

Work = Callable[[], object]


@dataclass(frozen=True)
class Measurement:
    """Seconds of the same work in each candidate, none where memory had no room for all; and what others used then."""

    seconds: Mapping[str, float]
    use: Use = NO_USE

    @property
    def counts(self) -> bool:
        """Whether all were measured, and are known to have had the machine for themselves."""
        return bool(self.seconds) and self.use.share is not None and not self.use.disturbs


def measure(
    card: ModelCard, device: Device, cancelled: threading.Event | None = None, on_step: OnStep = silent
) -> Measurement:
    """Let the candidates race, and remember how long each took if that counts.

    A candidate in which this model cannot be computed takes NEVER.

    Raises:
        Cancelled: between two runs, or two models that are loaded.
        What loading the model raises.
    """
    with pinned_threads(take_threads()):
        return _measure(card, device, cancelled, on_step)


def _measure(card: ModelCard, device: Device, cancelled: threading.Event | None, on_step: OnStep) -> Measurement:
    works: dict[str, Work] = {}
    unusable: dict[str, float] = {}
    size = 0
    for precision in candidates(card, device.type):
        stop_if(cancelled)
        on_step(f"Measuring once which precision is fastest here: loading {precision.name}")
        load = partial(wrapper_class(card.task).load, card, device, precision)
        try:
            loaded = load_beside(2 * size, device.type, load)  # twice: OpenVINO holds a copy of the weights
        except PrecisionNotApplicable:
            unusable[precision.name] = NEVER
            continue
        if loaded is None:
            return Measurement({})
        size = size or loaded.footprint
        works[precision.name] = work_of(loaded)
    on_step("Measuring once which precision is fastest here: in turns")
    before = read()
    seconds = best_of(works, cancelled) | unusable
    found = Measurement(seconds, use_between(before, read()))
    stop_if(cancelled)  # who came during the last run may have slowed it
    if found.counts:
        speeds.remember(card, seconds)
    return found


def best_of(works: dict[str, Work], cancelled: threading.Event | None = None) -> dict[str, float]:
    """The shortest time of each work; all take turns, so that what slows the machine slows them all."""
    for work in works.values():
        work()  # the first run of a shape costs more
    sides = [stopwatch(partial(_unless, cancelled, work)) for work in works.values()]
    found: list[tuple[float, ...]] = []
    begun = time.perf_counter()
    for seconds in take_turns(repeat(sides)):
        found.append(seconds)
        if _is_enough(len(found), time.perf_counter() - begun):
            break
    return dict(zip(works, map(min, *found), strict=True))


def _unless(cancelled: threading.Event | None, work: Work) -> None:
    stop_if(cancelled)
    work()


def _is_enough(rounds: int, seconds: float) -> bool:
    return rounds >= LEAST_ROUNDS and seconds >= (SHORTEST if rounds >= ROUNDS else SECONDS)


def work_of(loaded: Any) -> Work:
    """A small piece of what the model of this wrapper is for: a page of text, a picture, some tokens written."""
    model = loaded.model
    if loaded.processor is not None:
        return _without_gradients(partial(model, pixel_values=_picture(loaded)))
    if hasattr(model, "stride"):
        picture = torch.rand(DETECTOR_PICTURE, generator=torch.Generator().manual_seed(0))
        return _without_gradients(partial(model, **{IMAGE: picture}))
    if not model.can_generate():
        return _without_gradients(partial(model, **texts(model, 1, min(TOKENS, positions(model) or TOKENS))))
    read = texts(model, 1, SENTENCE)
    if not model.config.is_encoder_decoder:
        return _without_gradients(partial(_write, model, read["input_ids"]))
    search = {"max_new_tokens": NEW_TOKENS, "min_new_tokens": NEW_TOKENS, "num_beams": BEAMS, "do_sample": False}
    return _without_gradients(partial(model.generate, **read, **search))


def _without_gradients(run: Callable[[], object]) -> Work:
    return torch.inference_mode()(run)


def _write(model: Any, read: torch.Tensor) -> None:
    """As a TextGenerator does: a token after another, each the likeliest."""
    output = model(input_ids=read, use_cache=True)
    for _ in range(NEW_TOKENS):
        chosen = output.logits[:, -1:].argmax(-1)
        output = model(input_ids=chosen, past_key_values=output.past_key_values, use_cache=True)


def _picture(loaded: Any) -> torch.Tensor:
    from PIL import Image

    weight = next(loaded.model.parameters())
    pixels = loaded.prepare(Image.linear_gradient("L").convert("RGB")).pixels[None]
    return pixels.to(weight.dtype).contiguous(memory_format=torch.channels_last)  # type: ignore[no-any-return]

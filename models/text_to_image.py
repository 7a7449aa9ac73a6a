"""TextToImage: draws what a sentence describes, with any text-to-image pipeline of diffusers, step by step.

The pipeline is diffusers' own, loaded by `models.weights.pipelines`; `models.handed_out` makes an iterator of it, and
`models.pictures.preview` a small picture of each step. How noise becomes a picture can be read in
`models.pictures.points_from_noise`, in two dimensions.
"""

import inspect
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.errors import InvalidInput
from models.handed_out import HandOut, handed_out
from models.pictures.preview import preview
from models.precision import FP32, Precision
from models.text.sampling import LARGEST_SEED, generator_for, random_seed, require_between
from models.weights.pipelines import load_pipeline, networks_of
from models.wording import is_blank
from models.wrapper import AnyDevice, LoadedModel, OnStep, finite, readable, running, silent

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

MOST_STEPS, MOST_GUIDANCE = 200, 30.0
SIDES = (64, 2048)  # pixels
EIGHT = 8  # pixels that a cell of the latents stands for, in most models: sides are multiples of it
MOST_CHARACTERS = 5_000


@dataclass(frozen=True)
class DrawingSettings:
    """How a picture is drawn.

    `steps` is how often the noise is looked at, `guidance` how much more the picture follows the sentence than the
    model would without one (1: not at all). `seed` decides the noise; None lets one be chosen: see `resolved`. `width`
    and `height` are in pixels, None the size that the model learned with. `negative` says what should not be seen.

    Raises:
        InvalidInput: a number outside its range, or a side that is not a multiple of 8.
    """

    steps: int = 25
    guidance: float = 7.5
    seed: int | None = 0
    width: int | None = None
    height: int | None = None
    negative: str = ""

    def __post_init__(self) -> None:
        require_between("steps", self.steps, 1, MOST_STEPS)
        require_between("guidance", self.guidance, 1, MOST_GUIDANCE)
        require_between("seed", self.seed, 0, LARGEST_SEED)
        for name, side in (("width", self.width), ("height", self.height)):
            require_between(name, side, *SIDES)
            if side is not None and side % EIGHT:
                raise InvalidInput(f"{name} is {side}, but must be a multiple of {EIGHT}: {_nearest(side)} is nearest.")

    def resolved(self) -> "DrawingSettings":
        """These settings with a seed that can be shown: the given one, or one chosen now."""
        return self if self.seed is not None else replace(self, seed=random_seed())

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


DEFAULTS = DrawingSettings()


@dataclass(frozen=True)
class DrawingStep:
    """One step: its number from 1, how many there are, a small picture of what is there (None: none can be made)."""

    number: int
    of: int
    preview: "Image.Image | None"
    seconds: float


@dataclass(frozen=True)
class Drawing:
    """The finished picture.

    `settings` are those that it was drawn with, with its seed. `checked` says whether the model brought a
    safety checker, `hidden` whether that has hidden the picture, which is black then. `unread` is the end of the
    sentence that the text encoder had no room for, or empty.
    """

    prompt: str
    image: "Image.Image"
    settings: DrawingSettings
    steps: int
    seconds: float
    checked: bool
    hidden: bool
    unread: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, without the pixels."""
        return {
            "prompt": self.prompt,
            **self.settings.as_dict(),
            "width": self.image.width,
            "height": self.image.height,
            "steps_done": self.steps,
            "seconds": round(self.seconds, 4),
            "safety_checker": self.checked,
            "hidden": self.hidden,
            "unread": self.unread,
        }

    def png(self) -> bytes:
        """The picture as a file, which carries how it was made in a text of its own, “parameters”."""
        from PIL.PngImagePlugin import PngInfo

        made, file = PngInfo(), io.BytesIO()
        made.add_itxt("parameters", json.dumps(self.as_dict(), ensure_ascii=False))
        self.image.save(file, "PNG", pnginfo=made)
        return file.getvalue()


class TextToImage(LoadedModel):
    """A text-to-image pipeline of diffusers: text encoder, the network that draws, decoder and scheduler."""

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load the pipeline of `card` from this machine, safetensors only, its safety checker included.

        Raises:
            What `load_pipeline` raises.
        """
        return cls(load_pipeline(card, device, precision, on_step))

    @property
    def has_checker(self) -> bool:
        """Whether a safety checker came with the model; what it finds is hidden."""
        return getattr(self.model, "safety_checker", None) is not None

    def draw(
        self, prompt: str, settings: DrawingSettings = DEFAULTS, cancelled: threading.Event | None = None
    ) -> Iterator[DrawingStep | Drawing]:
        """Each step as it comes, and at the end the picture. The same seed gives the same picture on the same machine.

        Closing the iterator, or setting `cancelled`, stops the work within a step: between two layers.

        Raises:
            InvalidInput: no sentence, one that is too long, or an option that this model does not have.
            PrecisionNotApplicable, OutOfMemory, Cancelled: while iterating; the steps up to there were handed out.
        """
        _require_prompt(prompt)
        _require_prompt(settings.negative, may_be_blank=True)
        arguments = self._arguments(prompt, settings := settings.resolved())

        def work(hand_out: HandOut, closed: threading.Event) -> None:
            with _stopping_between_layers(self.model, cancelled, closed):
                self._run(prompt, settings, arguments, hand_out)

        return _with_memory_errors(self.card, handed_out(work))

    def _arguments(self, prompt: str, settings: DrawingSettings) -> dict[str, Any]:
        """What the pipeline is called with; of the options, those that it knows."""
        wished = {
            "prompt": prompt,
            "num_inference_steps": settings.steps,
            "guidance_scale": settings.guidance,
            "negative_prompt": settings.negative or None,
            "width": settings.width,
            "height": settings.height,
        }
        known = inspect.signature(self.model.__call__).parameters
        refused = [name for name in ("negative_prompt", "width", "height") if wished[name] and name not in known]
        if refused:
            option = "a negative prompt" if refused[0] == "negative_prompt" else f"another {refused[0]}"
            raise InvalidInput(f"{self.card.model_id} cannot be given {option}. Leave it out.")
        generator = generator_for(settings.seed)
        # What is not wished for is left to the pipeline, some of which do not take None.
        given = {name: value for name, value in wished.items() if name in known and value is not None}
        return given | {"generator": generator}

    def _run(self, prompt: str, settings: DrawingSettings, arguments: dict[str, Any], hand_out: HandOut) -> None:
        """Draw, handing out the steps and then the picture. Runs in a thread of its own."""
        started, done = time.perf_counter(), 0

        def after_step(pipeline: Any, number: int, timestep: Any, tensors: "dict[str, Tensor]") -> "dict[str, Tensor]":
            nonlocal done
            done = number + 1
            finite(tensors["latents"], self)
            small = preview(pipeline, tensors["latents"])
            hand_out(DrawingStep(done, max(done, pipeline.num_timesteps), small, time.perf_counter() - started))
            return tensors

        given = self.model(**arguments, callback_on_step_end=after_step)
        image, seconds = given.images[0], time.perf_counter() - started
        hidden = any(getattr(given, "nsfw_content_detected", None) or ())
        hand_out(Drawing(prompt, image, settings, done, seconds, self.has_checker, hidden, self._unread(prompt)))

    def _unread(self, prompt: str) -> str:
        """The end of a sentence that is longer than the text encoder reads: CLIP takes 75 tokens and two marks."""
        if self.tokenizer is None:
            return ""
        tokens = self.tokenizer(prompt, add_special_tokens=False).input_ids
        room = self.tokenizer.model_max_length - self.tokenizer.num_special_tokens_to_add()
        return str(self.tokenizer.decode(tokens[room:])).strip() if len(tokens) > room else ""


@contextmanager
def _stopping_between_layers(pipeline: Any, *events: threading.Event | None) -> Iterator[None]:
    """Raise Cancelled from within the networks as soon as one of the events is set: a step can take a minute."""

    def look(module: Any, inputs: Any) -> None:
        for event in events:
            stop_if(event)

    layers = [layer for network in networks_of(pipeline).values() for layer in network.modules()]
    handles = [layer.register_forward_pre_hook(look) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _with_memory_errors(card: ModelCard, steps: Iterator[Any]) -> Iterator[Any]:
    with running(card, smaller="a smaller picture or model"):
        yield from steps


def _require_prompt(text: str, may_be_blank: bool = False) -> None:
    if is_blank(text) and not may_be_blank:
        raise InvalidInput("Write what the picture should show.")
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput(
            f"The description has {len(text):,} characters; at most {MOST_CHARACTERS:,} are taken. Shorten it."
        )
    readable(text)


def _nearest(side: int) -> int:
    return (side + EIGHT // 2) // EIGHT * EIGHT  # both ends of the range are multiples, so this one lies in it

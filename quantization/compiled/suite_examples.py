"""What a model is tried on before its numbers become 8 bits: the suite's own photographs and texts, as it reads them.

Some of them show which range each layer's input has. The others are withheld from that, and compared with torch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from models.errors import PrecisionNotApplicable
from models.pictures.images import open_image
from models.pictures.prepared import prepare
from models.text.tokens import positions
from quantization.compiled.examples import IMAGE, PIXELS, Inputs, Shape
from quantization.measure.default_text import spanish_text
from quantization.measure.evaluation_sets import questions, sentences
from quantization.race.work import picture_files

DETECTOR_SIDES = (640, 320)  # pixels of the longer side; large and small objects give other numbers
WITHHELD_SIDE = 480
LONGEST_TEXT = 384  # tokens: what question answering reads at once
TEXTS_OF_A_LONG_ONE = 4
EVERY = 5  # of the texts one is withheld


@dataclass(frozen=True)
class Examples:
    """Inputs that ranges are learned from, and inputs that are withheld from that. None is in both."""

    learned: list[Inputs]
    withheld: list[Inputs]

    def __iter__(self) -> Iterator[Inputs]:
        return iter((*self.learned, *self.withheld))


def examples_for(model: Any, shapes: Mapping[str, Shape], reader: Any) -> Examples:
    """Examples with inputs of these shapes; `reader` is the model's tokenizer or preprocessor, a detector has none.

    Raises:
        PrecisionNotApplicable: the reader is missing, or there are no pictures.
    """
    if IMAGE in shapes:
        return _for_detector(model.stride)
    if reader is None:
        raise PrecisionNotApplicable(
            "8 bits need examples that this model is tried on, and its tokenizer or preprocessor was not given. "
            "Load the model from its folder."
        )
    if PIXELS in shapes:
        return _for_classifier(reader, shapes[PIXELS][2:])
    return _for_texts(model, shapes, reader)


def _photographs() -> list[Image.Image]:
    files = picture_files()
    if not files:
        raise PrecisionNotApplicable(
            "8 bits need pictures that this model is tried on, and there is none in the folder images/. "
            "Put JPEG files there, or choose openvino."
        )
    return [open_image(file).convert("RGB") for file in files]


def _mirrored(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _for_detector(stride: int) -> Examples:
    pictures = _photographs()
    learned = [_scaled(picture, side, stride) for picture in pictures for side in DETECTOR_SIDES]
    return Examples(learned, [_scaled(_mirrored(picture), WITHHELD_SIDE, stride) for picture in pictures])


def _scaled(picture: Image.Image, side: int, stride: int) -> Inputs:
    """The picture with sides that are multiples of the stride, (1, 3, height, width) in 0–1."""
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale / stride)) * stride for length in picture.size)
    pixels = torch.from_numpy(numpy.array(picture.resize((width, height)))).permute(2, 0, 1)
    return {IMAGE: pixels[None].float().contiguous() / 255}


def _for_classifier(processor: Any, sides: Shape) -> Examples:
    pictures = _photographs()
    learned = [_pixels(processor, part, sides) for picture in pictures for part in (picture, *_quarters(picture))]
    return Examples(learned, [_pixels(processor, _mirrored(picture), sides) for picture in pictures])


def _quarters(picture: Image.Image) -> Iterator[Image.Image]:
    width, height = (max(1, side // 2) for side in picture.size)
    for left in (0, picture.width - width):
        for top in (0, picture.height - height):
            yield picture.crop((left, top, left + width, top + height))


def _pixels(processor: Any, picture: Image.Image, sides: Shape) -> Inputs:
    pixels = prepare(processor, picture).pixels[None]
    return {PIXELS: pixels if pixels.shape[2:] == sides else interpolate(pixels, size=sides, mode="bilinear")}


def _for_texts(model: Any, names: Mapping[str, Shape], tokenizer: Any) -> Examples:
    most = min(LONGEST_TEXT, positions(model) or LONGEST_TEXT, tokenizer.model_max_length)
    inputs = [_tokens(tokenizer, texts, names, most) for texts in _texts()]
    withheld = inputs[::EVERY]
    return Examples([each for number, each in enumerate(inputs) if number % EVERY], withheld)


def _texts() -> Iterator[tuple[str, ...]]:
    """Texts alone and in pairs, as models of all kinds read them, short and long ones."""
    asked = questions()[::2]
    contexts = list(dict.fromkeys(each.context for each in asked))
    for number, each in enumerate(asked):
        yield each.question, each.context
        yield (sentences()[number].english,)
        if number % TEXTS_OF_A_LONG_ONE == 0:
            yield each.question, " ".join(contexts[number % len(contexts) :][:TEXTS_OF_A_LONG_ONE])
    yield from ((context,) for context in contexts)
    yield (spanish_text(),)


def _tokens(tokenizer: Any, texts: Sequence[str], names: Mapping[str, Shape], most: int) -> Inputs:
    encoded = tokenizer(*texts, truncation=True, max_length=most, return_tensors="pt")
    none: Tensor = torch.zeros_like(encoded["input_ids"])
    return {name: encoded.get(name, none) for name in names}

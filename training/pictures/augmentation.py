"""Alters pictures as a camera might have: turned around, brighter, another part of them, so that few teach more.

What comes out is a picture again, and goes the way of every picture through the model's own preprocessor. So what a
page shows is what the model gets.
"""

from PIL import Image

LEAST_PART = 0.6  # of a picture's area that is kept
TURN = 10  # degrees at most, either way
LIGHT = 0.25  # by how much brightness, contrast and colour change at most, as a share


def augmented(image: Image.Image, count: int = 1, seed: int = 0) -> list[Image.Image]:
    """So many altered copies of an RGB picture; the same seed gives the same ones. Leaves torch's own seed alone."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return [altered(image) for _ in range(count)]


def altered(image: Image.Image) -> Image.Image:
    """One altered copy, a square as wide as the picture's shorter side, by torch's random numbers."""
    from torchvision.transforms import v2

    change = v2.Compose(
        [
            v2.RandomHorizontalFlip(),
            # Corners that a turn leaves empty become grey, which is what most preprocessors call 0.
            v2.RandomRotation(TURN, v2.InterpolationMode.BILINEAR, fill=128),
            v2.RandomResizedCrop(min(image.size), scale=(LEAST_PART, 1.0), ratio=(0.8, 1.25)),
            v2.ColorJitter(brightness=LIGHT, contrast=LIGHT, saturation=LIGHT),
        ]
    )
    result: Image.Image = change(image)
    return result

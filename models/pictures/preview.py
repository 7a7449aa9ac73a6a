"""Small pictures of what a diffusion model has at each step, cheap enough to be made at every one.

A latent of 64 × 64 cells becomes 512 × 512 pixels, and decoding it takes as long as a step or two. So the cells are
averaged to at most 16 a side, and the model's own decoder makes 128 × 128 pixels of them: a sixteenth of the work, with
no numbers that would fit one model only. What is seen is what is there, noise included, as the decoder understands it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image
    from torch import Tensor

MOST_CELLS = 16  # a side
_DECODERS = ("AutoencoderKL", "AutoencoderTiny")  # others lay their cells out in ways of their own


def preview(pipeline: Any, latents: "Tensor") -> "Image.Image | None":
    """A small picture of latents, (1, channels, height, width); None for a pipeline whose cells lie otherwise.

    Where the pipeline has a safety checker, it looks at this picture too: one that it would hide is all grey.
    """
    decoder: Any = getattr(pipeline, "vae", None)
    if latents.ndim != 4 or type(decoder).__name__ not in _DECODERS:
        return None
    pixels = decoder.decode(_scaled(decoder, _averaged(latents)), return_dict=False)[0]
    if not pixels.isfinite().all():  # SDXL's decoder overflows in half precision
        return None
    if getattr(pipeline, "safety_checker", None) is not None:
        pixels, _ = pipeline.run_safety_checker(pixels, latents.device, latents.dtype)
    image: Image.Image = pipeline.image_processor.postprocess(pixels, output_type="pil")[0]
    return image


def _averaged(latents: "Tensor") -> "Tensor":
    import torch

    height, width = latents.shape[-2:]
    shrink = max(1.0, max(height, width) / MOST_CELLS)
    size = (max(1, round(height / shrink)), max(1, round(width / shrink)))
    return torch.nn.functional.adaptive_avg_pool2d(latents, size)


def _scaled(decoder: Any, latents: "Tensor") -> "Tensor":
    """As the decoder learned them: the pipeline works with latents whose variance is about 1."""
    shift = getattr(decoder.config, "shift_factor", None) or 0.0
    scaled: Tensor = latents.to(decoder.dtype) / decoder.config.scaling_factor + shift
    return scaled

"""Pictures made small: thirty browsers must not fetch all of each."""

import base64
from io import BytesIO

from PIL import Image, ImageOps

SIDE = 112  # pixels: twice what a strip shows, for fine screens
QUALITY = 80


def small_square(image: Image.Image, side: int = SIDE) -> bytes:
    """The middle of a picture as a small square JPEG."""
    out = BytesIO()
    ImageOps.fit(image, (side, side)).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def address(jpeg: bytes) -> str:
    """A JPEG as an address that a browser draws without asking for it."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"

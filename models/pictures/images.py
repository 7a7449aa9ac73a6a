"""Finds and opens pictures of any kind as RGB, and draws detections on them. Knows nothing of models."""

import colorsys
import contextlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from PIL import Image, ImageDraw, ImageFont, ImageOps

from models.errors import InvalidInput, UnreadableImage

if TYPE_CHECKING:
    from models.pictures.detections import Detections

SUFFIXES = (".avif", ".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".jp2", ".png", ".tif", ".tiff", ".webp")
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
LARGEST_PIXELS = 100_000_000  # 300 MB once decoded: a small file can claim any size


def open_image(source: str | Path | BinaryIO) -> Image.Image:
    """The picture as RGB, upright: EXIF orientation applied, transparency on white, the first frame of an animation.

    Grey, palette, CMYK and 16-bit pictures are converted. The content decides the format, not the suffix.

    Raises:
        UnreadableImage: the file does not exist or may not be read, is broken, is not a picture that Pillow knows, or
            has over 100 megapixels.
        MemoryError: decoded, it does not fit.
    """
    name = Path(getattr(source, "name", source if isinstance(source, (str, Path)) else "The picture")).name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit follows
            opened = Image.open(source)
        with opened as image:  # closes a file that Pillow opened, not one that was handed in
            if image.width * image.height > LARGEST_PIXELS:
                raise Image.DecompressionBombError
            return to_rgb(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        megapixels = LARGEST_PIXELS // 1_000_000
        raise UnreadableImage(f"{name} has more than {megapixels} megapixels. Make it smaller and try again.") from None
    except FileNotFoundError:
        raise UnreadableImage(f"There is no file {source}. Check the name and the folder.") from None
    except PermissionError:
        raise UnreadableImage(f"{name} may not be read by you. Ask its owner, or choose another picture.") from None
    except MemoryError:
        raise
    # Decoders raise whatever the bytes lead them to: SyntaxError, struct.error, ValueError, EOFError ...
    except Exception as error:
        if _is_heic(source):
            raise UnreadableImage(
                f"{name} is in HEIC, a format of phones that cannot be read here. Save it as JPEG and try again."
            ) from None
        raise UnreadableImage(
            f"{name} is broken, or not a picture that can be read. Save it as JPEG or PNG."
        ) from error


def _is_heic(source: str | Path | BinaryIO) -> bool:
    """Whether the file's first box (“ftyp”, with the brands it goes by) says HEIC; suffixes are often wrong."""
    try:
        with open(source, "rb") if isinstance(source, (str, Path)) else contextlib.nullcontext(source) as file:
            file.seek(0)
            start = file.read(64)
    except (OSError, ValueError):
        return False
    size = int.from_bytes(start[:4])
    brands = {start[offset : offset + 4] for offset in range(8, min(size, len(start)), 4)}
    return start[4:8] == b"ftyp" and not brands.isdisjoint(HEIC_BRANDS)


def pictures_in(folder: Path) -> list[Path]:
    """The files directly in `folder` with the suffix of a picture, by name.

    Raises:
        InvalidInput: there is no such folder, no right to read it, or no picture in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {folder}. Check the name.")
    try:
        pictures = [path for path in folder.iterdir() if _is_named_like_a_picture(path) and path.is_file()]
    except PermissionError:
        raise InvalidInput(f"{folder} may not be read by you. Ask its owner, or choose another folder.") from None
    if not pictures:
        raise InvalidInput(f"There is no picture in {folder}. Put JPEG or PNG files there, or choose another folder.")
    return sorted(pictures, key=lambda path: (path.name.lower(), path.name))


def _is_named_like_a_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture with 8 bits for each of red, green and blue; what was transparent becomes white."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """A grey picture of more than 8 bits, which Pillow would clip at 255, scaled by the range that its values show."""
    # One band has a smallest and a largest value; Pillow types the pairs of several bands as well.
    highest: float = image.convert("F").getextrema()[1]  # type: ignore[assignment]
    ceiling = next((limit for limit in ((1, 255) if image.mode == "F" else (255,)) if highest <= limit), 65535)
    return image.convert("F").point(lambda value: value * (255 / ceiling) + 0).convert("L")


def draw(image: Image.Image, detections: "Detections") -> Image.Image:
    """A copy of `image` with a box and a label for each detection; a class has the same colour in every picture."""
    drawn = image.convert("RGB")
    drawn = drawn.copy() if drawn is image else drawn
    pen = ImageDraw.Draw(drawn)
    size = max(11, round(min(image.size) / 32))
    # Inside Pillow: the same on every machine, nothing to download. Given a size, it is always of this kind.
    font: ImageFont.FreeTypeFont = ImageFont.load_default(size)  # type: ignore[assignment]
    for detection in reversed(detections.detections):  # the most certain last, on top
        colour = class_colour(detection.class_id)
        pen.rectangle(detection.box, outline=colour, width=max(2, size // 6))
        _write(pen, f"{detection.label} {detection.confidence:.2f}", detection.box, colour, font, image.size)
    return drawn


def class_colour(class_id: int) -> tuple[int, int, int]:
    """Red, green and blue (0–255) for a class. Steps of the golden angle keep neighbouring ids apart."""
    red, green, blue = colorsys.hsv_to_rgb(class_id * 0.618034 % 1.0, 0.75, (0.95, 0.7)[class_id // 8 % 2])
    return round(red * 255), round(green * 255), round(blue * 255)


def _write(
    pen: ImageDraw.ImageDraw,
    text: str,
    box: tuple[float, float, float, float],
    colour: tuple[int, int, int],
    font: ImageFont.FreeTypeFont,
    image_size: tuple[int, int],
) -> None:
    """The label on a plate of the box's colour, above the box where there is room and always inside the picture."""
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    margin = font.size // 4
    width, height = right - left + 2 * margin, bottom - top + 2 * margin
    x = max(0, min(box[0], image_size[0] - width))
    y = box[1] - height if box[1] >= height else max(0, min(box[1], image_size[1] - height))
    pen.rectangle((x, y, x + width, y + height), fill=colour)
    red, green, blue = colour
    ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"
    pen.text((x + margin - left, y + margin - top), text, fill=ink, font=font)

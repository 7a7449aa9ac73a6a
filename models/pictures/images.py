"""Finds and opens pictures of any kind as RGB, and draws detections on them. Knows nothing of models."""

import colorsys
import contextlib
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image, ImageDraw, ImageFont, ImageOps

from models.errors import InvalidInput, UnreadableImage
from models.pictures.file_names import shown_name
from models.pictures.limits import LONGEST_JPEG, THICKNESSES
from models.pictures.picture_folder import look_into
from models.pictures.shades import (
    all_bits,
    declared_by,
    eight_bits,
    is_deep,
    is_deep_colour,
)

if TYPE_CHECKING:
    from models.pictures.detections import Detections

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
REMARK = "aula: how it was read"  # a key of `Image.info`, which copies of a picture keep
FEW_PIXELS = 16
_TINY = "It is only {:,} × {:,} pixels, which blown up are a blur: do not believe what the model sees in it."
LARGEST_PIXELS = 100_000_000  # 300 MB once decoded: a small file can claim any size


def open_image(source: str | Path | BinaryIO) -> Image.Image:
    """The picture as RGB, upright: EXIF orientation applied, transparency on white, the first frame of an animation.

    Grey, palette, CMYK and 16-bit pictures are converted. The content decides the format, not the suffix. Where the
    file does not say how bright its values can be, `remark_of` the picture says what was assumed.

    Raises:
        UnreadableImage: the file does not exist or may not be read, is broken, is not a picture that Pillow knows, or
            has over 100 megapixels.
        MemoryError: decoded, it does not fit.
    """
    name = shown_name(Path(getattr(source, "name", source if isinstance(source, (str, Path)) else "The picture")).name)
    try:
        _require_file(source)
        with _open(source) as image:  # closes a file that Pillow opened, not one that was handed in
            if image.width * image.height > LARGEST_PIXELS:
                raise Image.DecompressionBombError
            return _read(image, source)
    except Image.DecompressionBombError:
        megapixels = LARGEST_PIXELS // 1_000_000
        raise UnreadableImage(f"{name} has more than {megapixels} megapixels. Make it smaller and try again.") from None
    except FileNotFoundError:
        raise UnreadableImage(f"There is no file {shown_name(str(source))}. Check the name and the folder.") from None
    except PermissionError:
        raise UnreadableImage(f"{name} may not be read by you. Ask its owner, or choose another picture.") from None
    except UnreadableImage as error:
        raise UnreadableImage(f"{name}: {error}") from None
    except MemoryError:
        raise
    except ImportError as error:
        raise UnreadableImage(
            f"{name} needs a library that does not load ({error}). `python aula.py setup` repairs what is missing."
        ) from error
    # Decoders raise whatever the bytes lead them to: SyntaxError, struct.error, ValueError, EOFError ...
    except Exception as error:
        if _is_heic(source):
            raise UnreadableImage(
                f"{name} is in HEIC, and broken or of a kind that cannot be read here. Save it as JPEG and try again."
            ) from error
        raise UnreadableImage(
            f"{name} is broken, or not a picture that can be read. Save it as JPEG or PNG."
        ) from error


def _require_file(source: str | Path | BinaryIO) -> None:
    """Raise UnreadableImage for a path at which one would wait for ever, or read for ever."""
    if not isinstance(source, (str, Path)):
        return
    path = Path(source)
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a pipe or a device"
        raise UnreadableImage(f"this is {kind}, not a file. Save the picture as a file and name that.")


def _read(image: Image.Image, source: str | Path | BinaryIO) -> Image.Image:
    """The opened picture as RGB, upright, with all of its bits."""
    declared, remark = declared_by(image), None
    if is_deep_colour(image):
        image, remark = all_bits(image, source)
    upright = ImageOps.exif_transpose(image)
    if is_deep(upright):
        upright, remark = eight_bits(upright, declared)
    rgb = to_rgb(upright)
    if remark:
        rgb.info[REMARK] = remark
    return rgb


def _is_heic(source: str | Path | BinaryIO) -> bool:
    """Whether the file's first box (“ftyp”, with the brands it goes by) says HEIC; suffixes are often wrong."""
    try:
        with open(source, "rb") if isinstance(source, (str, Path)) else contextlib.nullcontext(source) as file:
            file.seek(0)
            start = file.read(64)
            file.seek(0)
    except (OSError, ValueError):
        return False
    size = int.from_bytes(start[:4])
    brands = {start[offset : offset + 4] for offset in range(8, min(size, len(start)), 4)}
    return start[4:8] == b"ftyp" and not brands.isdisjoint(HEIC_BRANDS)


def _open(source: str | Path | BinaryIO) -> Image.Image:
    """As `Image.open`, which cannot read HEIC, the format of phones, by itself."""
    if _is_heic(source):
        from pillow_heif import register_heif_opener  # only here: it brings a decoder of video

        register_heif_opener(thumbnails=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit follows
        return Image.open(source)


def pictures_in(folder: Path) -> list[Path]:
    """The pictures directly in `folder`, by name. Raises InvalidInput as `look_into`, or where there is none."""
    found = look_into(folder)
    if not found.pictures:
        raise InvalidInput(found.nothing)
    return list(found.pictures)


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture with 8 bits for each of red, green and blue; what was transparent becomes white.

    Raises:
        UnreadableImage: its values are no numbers.
    """
    remark = None
    if is_deep(image):
        image, remark = eight_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    rgb = image.convert("RGB")
    if image.mode not in ("RGB", "P"):  # a profile of grey or of inks would spoil red, green and blue once saved
        rgb.info.pop("icc_profile", None)
    if remark:
        rgb.info[REMARK] = remark
    return rgb


def remark_of(image: Image.Image) -> str | None:
    """What `open_image` or `to_rgb` had to assume to show this picture, in a sentence."""
    remark: str | None = image.info.get(REMARK)
    return remark


def doubt_about(image: Image.Image) -> str | None:
    """Why to doubt what a model sees in this picture: what was assumed to show it, and that it is tiny; or None."""
    tiny = _TINY.format(*image.size) if min(image.size) < FEW_PIXELS else None
    return " ".join(filter(None, [remark_of(image), tiny])) or None


def draw(image: Image.Image, detections: "Detections", line_thickness: int | None = None) -> Image.Image:
    """A copy of `image` with a box and a label for each detection; a class has the same colour in every picture.

    `line_thickness` is that of the boxes in pixels, as THICKNESSES has it; None suits the size of the picture.

    Raises:
        InvalidInput: a thickness out of range.
    """
    lowest, highest = THICKNESSES
    if line_thickness is not None and not lowest <= line_thickness <= highest:
        raise InvalidInput(f"The line thickness is {line_thickness}. Choose one from {lowest} to {highest} pixels.")
    drawn = image.convert("RGB")
    drawn = drawn.copy() if drawn is image else drawn
    pen = ImageDraw.Draw(drawn)
    size = max(11, round(min(image.size) / 32))
    # Inside Pillow: the same on every machine, nothing to download. Given a size, it is always of this kind.
    font: ImageFont.FreeTypeFont = ImageFont.load_default(size)  # type: ignore[assignment]
    thickness = max(2, size // 6) if line_thickness is None else line_thickness
    for detection in reversed(detections.detections):  # the most certain last, on top
        colour = class_colour(detection.class_id)
        pen.rectangle(detection.box, outline=colour, width=thickness)
        _write(pen, f"{detection.label} {detection.confidence:.2f}", detection.box, colour, font, image.size)
    return drawn


def jpeg(image: Image.Image, quality: int, **options: Any) -> bytes:
    """The picture as a JPEG file; one with a side that is too long for that is made smaller first."""
    if max(image.size) > LONGEST_JPEG:
        image = image.copy()
        image.thumbnail((LONGEST_JPEG, LONGEST_JPEG))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


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

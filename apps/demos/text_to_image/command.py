"""Draws what a sentence describes: imagine."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.demos.text_to_image.words import HIDDEN, NO_CHECKER, memory_text
from apps.terminal.options import AsJson, Device, Precision, TextFile
from apps.terminal.output import ProgressLine, note, result, result_json
from apps.terminal.text_input import read_text
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.terminal.written import free_name, require_writable, write_result
from apps.words.amounts import seconds_text
from models.catalog import Task
from models.pictures.file_names import path_text
from serving import records

if TYPE_CHECKING:
    from models.text_to_image import Drawing, DrawingStep

Prompt = Annotated[
    str | None, typer.Argument(help="What the picture shows. Left out: --file, or standard input.", metavar="PROMPT")
]
Steps = Annotated[int, typer.Option(help="How often the model takes some of the noise away, 1 to 200.")]
Guidance = Annotated[float, typer.Option(help="How closely the picture follows the words, 1 to 30; 1: vaguely.")]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same picture. Left out: a new one each time.")]
Width = Annotated[
    int | None,
    typer.Option(help="In pixels, a multiple of 8. Left out: what the model learned with.", metavar="PIXELS"),
]
Height = Annotated[
    int | None,
    typer.Option(help="In pixels, a multiple of 8. Left out: what the model learned with.", metavar="PIXELS"),
]
Negative = Annotated[str, typer.Option(help="What should not be seen.", metavar="TEXT")]
Model = Annotated[
    str | None,
    typer.Option(
        help="A text-to-image model of the catalog, another Hugging Face id, or a folder of diffusers. "
        "Left out: the catalog's first that is here.",
        metavar="ID|FOLDER",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(help="Write the picture to this .png file. Left out: a new drawing-SEED.png here.", metavar="FILE"),
]


def imagine(
    prompt: Prompt = None,
    file: TextFile = None,
    steps: Steps = 25,
    guidance: Guidance = 7.5,
    seed: Seed = None,
    width: Width = None,
    height: Height = None,
    negative: Negative = "",
    output: Output = None,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Draw what a sentence describes, with a text-to-image model of diffusers, an extra.

    Its safety checker is on where the model has one. Ctrl-C stops within a step. The file says how it was made.
    """
    wished = read_text(prompt, file).strip()
    require_writable(output, "--output", (".png",))
    _tell_memory(model, device, precision, width, height)
    drawer = load_model(Task.TEXT_TO_IMAGE, model, device, precision)
    from models.text_to_image import DrawingSettings

    settings = DrawingSettings(steps, guidance, seed, width, height, negative).resolved()
    with stoppable() as cancelled:
        items = UntilStopped(drawer.draw(wished, settings, cancelled))
        drawing = _follow(items)
    written = _write(drawing, output) if drawing is not None else None
    if as_json:
        result_json({"file": None if written is None else path_text(written)} | records.drawing(drawer, drawing))
    elif written is not None:
        result(path_text(written))
    end(stopped=drawing is None)


def _tell_memory(model: str | None, device: str, precision: str | None, width: int | None, height: int | None) -> None:
    """What will be needed, also of a model that is not here yet."""
    from models.device import device_type
    from quantization.predict.forecast import rooms
    from quantization.predict.pipeline import pipeline_memory
    from serving.choosing import choose

    card = choose(model, Task.TEXT_TO_IMAGE)
    room = next((room for room in rooms() if room.device == device_type(device)), None)
    if room is not None:  # else loading says that there is no such device
        note(f"{card.model_id}: {memory_text(card, pipeline_memory(card, precision or '', width, height), room)}")


def _follow(items: "Iterable[DrawingStep | Drawing]") -> "Drawing | None":
    """The picture, while the steps are told; None where it was stopped before."""
    from models.text_to_image import DrawingStep

    progress = ProgressLine()
    try:
        for item in items:
            if not isinstance(item, DrawingStep):
                return item
            progress.update(f"Step {item.number} of {item.of}", item.number / item.of)
    finally:
        progress.close()
    return None


def _write(drawing: "Drawing", output: Path | None) -> Path:
    """Write the picture, and say what is to be known of it. Raises InvalidInput where that does not work."""
    file = output or free_name(Path(f"drawing-{drawing.settings.seed}.png"))
    write_result(file, drawing.png(), "--output")
    note(f"Drawn in {seconds_text(drawing.seconds)}. Seed {drawing.settings.seed}.")
    if drawing.unread:
        note(f"The text encoder had no room for the end of the prompt: “{drawing.unread}”. Shorten it.")
    if drawing.hidden:
        note(HIDDEN)
    elif not drawing.checked:
        note(NO_CHECKER)
    return file

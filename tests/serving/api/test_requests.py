"""What may be asked is what the terminal's commands take, under the same names, with the same defaults."""

import inspect

import pytest
import typer
from pydantic_core import PydanticUndefined

from apps.cli import app
from serving.api.requests import file_name
from serving.api.tasks import ROUTES

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
# What only a terminal has: where to read and write, and what is for several models at once or for films.
OF_THE_TERMINAL = {
    "file", "context_file", "as_json", "paths", "out", "save_crop", "save_conf", "line_thickness", "every", "reference",
    "own", "output", "text_column", "label_column", "rows", "header", "missing", "encoding",
}  # fmt: skip
IN_PLACE_OF_A_FILE = {"grade": {"texts", "labels"}}  # pictures are sent elsewhere


@pytest.mark.parametrize("name", ROUTES)
def test_options_are_those_of_the_command(name: str) -> None:
    taken = inspect.signature(inspect.unwrap(COMMANDS[name].callback)).parameters
    fields = ROUTES[name].asked.model_fields
    of_command = {option: each.default for option, each in taken.items() if option not in OF_THE_TERMINAL}

    assert set(fields) - IN_PLACE_OF_A_FILE.get(name, {"images"}) == set(of_command)
    for option, default in of_command.items():
        ours = fields[option].get_default(call_default_factory=True)
        if ours is PydanticUndefined or (name == "tokenize" and option == "tokenizer"):
            continue  # the terminal reads it from standard input, or says its default elsewhere
        assert (ours or None) == (default or None), option


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a picture.png", "a picture.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\photo.jpg", "photo.jpg"),
        ("..", ""),
        ("", ""),
        (None, ""),
        ("a\x00b\n?.png", "ab.png"),
        ("x" * 300 + ".png", "x" * 96 + ".png"),
    ],
)
def test_a_sent_name_leads_to_no_other_folder(sent: str | None, kept: str) -> None:
    assert file_name(sent) == kept

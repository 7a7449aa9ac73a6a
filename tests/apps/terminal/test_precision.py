"""Which precision a command takes where none was asked for, and that it never waits for a measurement."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from apps.cli import app
from apps.pages import PAGES
from apps.terminal import options, work
from models.catalog import card_of
from models.errors import InvalidInput
from quantization.automatic import speeds
from quantization.automatic.choice import AUTO, candidates
from quantization.race.work import IMAGES
from serving.loading import ModelKey
from tests.apps.commands import Aula
from tests.conftest import TinyModels

[CHOICE] = options.Precision.__metadata__
QUESTION = ("answer", "Where was Ada born?", "--context", "Ada was born in London.")
# The least that each needs before it loads a model.
LEAST = {
    "detect": (IMAGES / "bus.jpg",),
    "classify-images": (IMAGES / "bus.jpg",),
    "answer": QUESTION[1:],
    "translate": ("Good morning.",),
    "summarize": ("A short text. It has two sentences.",),
    "classify": ("A good film.",),
    "zero-shot": ("A good film.", "--labels", "film, food"),
    "grade": ("gold.csv",),
    "generate": ("Me gusta",),
    "imagine": ("A fox in the snow",),
}


def choosing() -> Iterator[str]:
    """The commands that take one precision, for a model whose answers are wanted."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        if any(parameter.name == "precision" and parameter.help == CHOICE.help for parameter in command.params):
            yield name


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[ModelKey]:
    """What commands would load, be it here or not; they end there."""
    asked: list[ModelKey] = []

    def load(key: ModelKey, on_step: object) -> None:
        asked.append(key)
        raise InvalidInput("Far enough.")

    monkeypatch.setattr(work, "load", load)
    monkeypatch.setattr(work.hub, "require", lambda card: None)
    return asked


def test_no_command_that_takes_a_precision_was_forgotten() -> None:
    assert set(choosing()) == set(LEAST)
    of_numbers = {name for page in PAGES if page.as_saved for name in page.commands}
    assert of_numbers.isdisjoint(choosing())


@pytest.mark.parametrize("command", LEAST)
@pytest.mark.parametrize(("given", "taken"), [((), AUTO), (("--precision", "fp32"), "fp32")], ids=["default", "fp32"])
def test_it_is_auto_unless_another_was_asked_for(
    aula: Aula, keys: list[ModelKey], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, given, taken: str
) -> None:
    arguments = [str(each) for each in LEAST[command]]
    monkeypatch.chdir(tmp_path)
    Path("gold.csv").write_text("text,label\nA good film.,positive\nA bad film.,negative\n", encoding="utf-8")
    ended = aula(command, *arguments, *given)
    assert [key.precision for key in keys] == [taken], ended.errors


@pytest.mark.parametrize(
    "command",
    [
        ("classify", "A good film.", "--model", "two"),
        ("summarize", "A text. It has two sentences.", "--length", "short,long"),
    ],
    ids=["classify", "summarize"],
)
def test_a_comparison_takes_models_as_they_were_saved(
    aula: Aula, keys: list[ModelKey], tiny_models: TinyModels, command: tuple[str, ...]
) -> None:
    if command[0] == "classify":
        command = (*command[:-1], f"{tiny_models.bert_classifier()},{tiny_models.distilbert_classifier()}")
    aula(*command)
    assert keys
    assert {key.precision for key in keys} == {None}
    asked = len(keys)
    aula(*command, "--precision", AUTO)
    assert {key.precision for key in keys[asked:]} == {AUTO}


@pytest.fixture
def no_race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who waits for an answer waits for this."""
    monkeypatch.setenv("AULA_RACE", "1")
    monkeypatch.setattr("quantization.automatic.race.measure", lambda *given, **more: pytest.fail("It measured"))


@pytest.mark.usefixtures("no_race")
def test_what_is_not_measured_is_fp32_and_the_next_step_is_said(aula: Aula) -> None:
    ended = aula(*QUESTION)
    assert ended.code == 0, ended.errors
    assert "auto took fp32: it is not measured yet" in ended.errors
    assert work.MEASURE in ended.errors
    assert "auto" not in ended.output


@pytest.mark.usefixtures("no_race")
@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"seconds": {"fp32": 1e999, "openvino": 1, "int8": 1}}'])
def test_what_was_measured_is_taken_unless_it_cannot_be_read(aula: Aula, content: str | None) -> None:
    card = card_of("aula/qa-minilm")
    assert card is not None
    names = [each.name for each in candidates(card, "cpu")]
    speeds.remember(card, {name: 1.0 if name == "int8" else 3.0 for name in names})
    [file] = (Path(os.environ["AULA_HOME"]) / "speeds").iterdir()
    if content is not None:
        file.write_text(content, encoding="utf-8")
    ended = aula(*QUESTION)
    assert ended.code == 0, ended.errors
    assert ("auto took int8: 3.0 × as fast as fp32 here" in ended.errors) is (content is None)
    assert ("auto took fp32: it is not measured yet" in ended.errors) is (content is not None)


@pytest.mark.usefixtures("no_race")
def test_a_folder_that_only_this_command_knows_is_not_sent_to_the_benchmark(
    aula: Aula, tiny_models: TinyModels
) -> None:
    ended = aula(*QUESTION, "--model", tiny_models.bert_qa())
    assert ended.code == 0, ended.errors
    assert "it is not measured yet" in ended.errors
    assert work.MEASURE not in ended.errors


ASKED_FOR_BF16 = {
    "answer": QUESTION,
    "steps": ("steps", "A good film.", "--until", "tokens"),
    "freed": ("freed", "aula/gpt2-mini-es", "--cycles", "1", "--device", "cpu"),
}


@pytest.mark.parametrize("command", ASKED_FOR_BF16)
@pytest.mark.parametrize(("units", "told"), [(False, True), (True, False), (None, False)])
def test_who_asks_for_bf16_is_told_where_the_processor_has_no_units_for_it(
    aula: Aula, monkeypatch: pytest.MonkeyPatch, command: str, units: bool | None, told: bool
) -> None:
    monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda: units)
    ended = aula(*ASKED_FOR_BF16[command], "--precision", "bf16")
    assert ended.code == 0, ended.errors
    assert ("no units for bf16" in ended.errors) is told

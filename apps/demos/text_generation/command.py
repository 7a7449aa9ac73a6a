"""Continues a text: generate."""

from typing import Annotated

import typer

from apps.terminal.options import (
    AsJson,
    Device,
    EvenIfUnreadable,
    Model,
    Precision,
    Sample,
    TextFile,
)
from apps.terminal.output import note, result, result_json
from apps.terminal.text_input import read_text
from apps.terminal.work import end, load_model, note_if_strange, stoppable
from apps.words.amounts import seconds_text
from models.catalog import Task
from models.errors import Cancelled
from models.text.readable import unreadable
from serving import records

LEFT_OUT = "Left out: as the model says, else"

Prompt = Annotated[
    str | None, typer.Argument(help="How the text begins. Left out: --file, or standard input.", metavar="PROMPT")
]
MaxNewTokens = Annotated[int, typer.Option(help="At most so many tokens are added.")]
Temperature = Annotated[
    float | None, typer.Option(help=f"Below 1 likely words become likelier, above 1 unlikely ones. {LEFT_OUT} 0.7.")
]
TopK = Annotated[int | None, typer.Option(help=f"Draw among so many of the likeliest tokens; 0: all. {LEFT_OUT} 50.")]
TopP = Annotated[
    float | None,
    typer.Option(help=f"Draw among the likeliest tokens that add up to this probability. {LEFT_OUT} 0.95."),
]
NoRepeat = Annotated[
    int | None, typer.Option(help=f"No sequence of so many tokens occurs twice; 0: it may. {LEFT_OUT} 2.")
]
Beams = Annotated[
    int | None,
    typer.Option(help=f"So many texts are followed at once, and the likeliest is told. {LEFT_OUT} 1."),
]
Seed = Annotated[int | None, typer.Option(help="The same seed gives the same text. Left out: a new one each time.")]


def generate(
    prompt: Prompt = None,
    file: TextFile = None,
    max_new_tokens: MaxNewTokens = 150,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    no_repeat_ngram: NoRepeat = None,
    beams: Beams = None,
    sample: Sample = True,
    seed: Seed = None,
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Continue a text. The words are printed as they come; with several beams, when all of them agree."""
    beginning = read_text(prompt, file).strip()
    generator = load_model(Task.TEXT_GENERATION, model, device, precision)
    from models.text_generation import GenerationSettings

    settings = generator.in_full(
        GenerationSettings(max_new_tokens, no_repeat_ngram, top_k, top_p, temperature, sample, seed, beams)
    )
    note_if_strange(generator.card, beginning)
    on_piece = _Pieces(beginning, shown=not as_json)
    with stoppable() as cancelled:
        try:
            whole = generator.complete(beginning, settings, cancelled, on_piece, even_if_unreadable)
            done = whole.as_dict()
        except (Cancelled, KeyboardInterrupt):
            done = None
    on_piece.finish()
    lost = unreadable(generator.tokenizer, beginning)
    if lost.worth_telling:
        note(lost.sentence(generator.card.model_id, "the prompt"))
    if as_json:
        result_json(records.generation(done, beginning, on_piece.text, lost, settings))
    elif done is not None:
        speed = f"{done['tokens']} tokens in {seconds_text(done['seconds'])}"
        note(f"{speed}, {done['tokens_per_second']:.1f} a second." + (f" Seed {settings.seed}." if sample else ""))
    end(stopped=done is None)


class _Pieces:
    """Collects the text, and prints it after its beginning as it comes."""

    def __init__(self, beginning: str, shown: bool):
        self._beginning = beginning
        self._shown = shown
        self.text = ""

    def __call__(self, piece: str) -> None:
        if self._shown:
            result(piece if self.text else self._beginning + piece, end="")
        self.text += piece

    def finish(self) -> None:
        """End the line that the text was printed on."""
        if self._shown:
            result("" if self.text else self._beginning)

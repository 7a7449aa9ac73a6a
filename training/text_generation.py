"""Trains `aula/gpt2-mini-es`: a small GPT-2 (Radford et al. 2019) that writes Spanish, from nothing but text.

Whoever has more time or data goes on from the finished folder with `--start-from`.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from models.catalog import Task
from models.errors import InvalidInput
from models.precision import FP32, Precision
from models.text.perplexity import perplexity
from models.text_generation import GenerationSettings, TextGenerator
from models.weights.cards import find_card
from training.card import card_text, write_card
from training.command import run_command
from training.events import readable
from training.options import Data, Output, Run, StartFrom, with_run_options
from training.saved_tokenizer import save_tokenizer
from training.sittings import add, table
from training.spanish_text import excerpts, held_out_text, train_tokenizer, training_texts, windows
from training.trainer import Schedule, TokenBatches, fit

MODEL_ID = "aula/gpt2-mini-es"
VOCABULARY = 8_000
WINDOW = 256  # tokens that the model can look at
TOKENS_A_STEP = {"cpu": 6_144, "cuda": 49_152}
VALIDATION_CHARACTERS = 40_000
LAYERS, WIDTH = 8, 320  # of a new model
# By optimizer: the learning rate of AdamW, and that of Muon where it has a part; of a new model, and of one that is
# trained already: a warm-up to more would undo what its weights know.
RATES: dict[str, tuple[tuple[float, float | None], tuple[float, float | None]]] = {
    "muon": ((4e-3, 0.02), (2e-3, 0.01)),
    "adamw": ((1.2e-3, None), (6e-4, None)),
}
OPTIMIZERS = {
    "muon": "Muon (Jordan et al. 2024) for the matrices inside the layers, AdamW for embeddings, norms and biases",
    "adamw": "AdamW",
}
# What the card shows: forty beginnings, each written down before anything that was made of it was read, those that the
# writer continues well first. A test writes them anew.
GOOD = (
    "Mi prima estudia en",
    "El camarero nos trajo",
    "En la montaña",
    "Mi equipo favorito",
    "La película de anoche",
    "La Tierra gira alrededor",
    "Perdí las llaves de",
    "A mis padres les gusta",
    "El niño lloraba porque",
    "La clase de historia",
    "El gobierno quiere",
    "Mi perro se llama",
    "Mi tío conduce",
    "La sopa está",
    "No puedo dormir porque",
    "Este verano queremos",
    "El profesor explicó",
    "Tengo miedo de",
    "La lluvia",
    "Ella canta mejor que",
    "El jardín de mi abuela",
    "He olvidado",
    "El partido terminó",
    "La luna",
    "Compramos pan en",
    "La guerra",
)
BAD = (
    "Los domingos comemos",
    "El autobús número cinco",
    "Si mañana llueve",
    "El alcalde de la ciudad",
    "Para mi cumpleaños",
    "El electrón",
    "Vamos al supermercado a",
    "Por la noche",
    "En el zoológico vimos",
    "Mi ventana da a",
    "Los turistas preguntan",
    "Las abejas",
    "Hace diez años",
    "Mi mejor amiga",
)
# How it is drawn from where the user says nothing else, chosen by reading what became of sixty other beginnings. A
# small model soon loses its way with single tokens; ten texts that are followed at once make up for it. Where four
# tokens may occur twice they all say one sentence again and again.
WRITES = {
    "do_sample": True, "temperature": 1.0, "top_k": 50, "top_p": 0.95,
    "num_beams": 10, "no_repeat_ngram_size": 4, "repetition_penalty": 1.0,
}  # fmt: skip
SHOWN = GenerationSettings(max_new_tokens=40)
DATASETS = (
    "ParlaMint-ES",
    "CLiGS textbox",
    "covid19mx-corpus",
    "Tatoeba",
    "FakeNewsCorpusSpanish",
    "UD_Spanish",
    "TICO-19",
)
TEST_TEXT = "held-out Spanish text: debates, briefings, news, novels, everyday sentences"


def new_model(tokenizer: Any, layers: int, width: int) -> Any:
    """A GPT-2 with random weights, heads of 64 numbers; without dropout, because it hardly sees a text twice."""
    from transformers import GPT2Config, GPT2LMHeadModel

    end = tokenizer.eos_token_id
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=WINDOW, n_embd=width, n_layer=layers, n_head=max(1, width // 64),
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, activation_function="gelu_pytorch_tanh",
        bos_token_id=end, eos_token_id=end, pad_token_id=end,
    )  # fmt: skip
    return GPT2LMHeadModel(config)


def collate(rows: list[np.ndarray]) -> dict[str, torch.Tensor]:
    """Tokens of shape (rows, WINDOW), which are also what is to be predicted. No mask, because nothing is padded."""
    tokens = torch.from_numpy(np.stack(rows).astype(np.int64))
    return {"input_ids": tokens, "labels": tokens}


def score(model: Any, tokenizer: Any, text: str) -> dict[str, float]:
    """Bits per byte and perplexity of a text."""
    measured = perplexity(model, tokenizer, text)
    return {"bits_per_byte": measured.bits_per_byte, "perplexity": measured.perplexity}


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """The finished model's figures on the test text of `spanish/` in `data`, through the wrapper that the pages use.

    `examples` limits the text to excerpts, together as long as so many of its lines are on average.
    """
    generator = TextGenerator.load(find_card(str(folder), Task.TEXT_GENERATION), "cpu", precision)
    text = held_out_text(data, "test")
    if examples is not None:
        text = excerpts(text, min(len(text), examples * len(text) // len(text.splitlines())))
    figures = score(generator.model, generator.tokenizer, text)
    return {name.replace("_", " "): value for name, value in figures.items()}


def prepare(data: Path, run: Run, start_from: Path | None) -> tuple[Any, np.ndarray]:
    """The tokenizer and the windows to train on; a resumed training finds those it began with in its folder."""
    from transformers import AutoTokenizer

    if not run.resume:
        shutil.rmtree(run.folder / "tokenizer", ignore_errors=True)
        (run.folder / "tokens.npy").unlink(missing_ok=True)
    run.folder.mkdir(parents=True, exist_ok=True)
    known, file = start_from or run.folder / "tokenizer", run.folder / "tokens.npy"
    if known.is_dir() and file.is_file():
        return AutoTokenizer.from_pretrained(known), np.load(file, mmap_mode="r")
    texts = training_texts(data, run.seed)
    if start_from:
        tokenizer = AutoTokenizer.from_pretrained(start_from)
    else:
        tokenizer = train_tokenizer(texts, VOCABULARY, WINDOW)
        tokenizer.save_pretrained(run.folder / "tokenizer")
    np.save(file, windows(tokenizer, texts, WINDOW))
    return tokenizer, np.load(file, mmap_mode="r")


def save(model: Any, tokenizer: Any, output: Path) -> None:
    """Write the folder that `TextGenerator` loads, weights in half precision, and how it is to be drawn from."""
    model.generation_config.update(**WRITES, suppress_tokens=line_breaks(tokenizer))
    model.half().save_pretrained(output)
    save_tokenizer(tokenizer, output)


def line_breaks(tokenizer: Any) -> list[int]:
    """The tokens behind which the text is about something else: between its texts the model has read a line break."""
    return [token for token in range(len(tokenizer)) if "\n" in tokenizer.decode([token])]


def describe(output: Path, data: Path, run: Run, start_from: Path | None, optimizer: str = "muon") -> dict[str, float]:
    """Measure the finished model on the test text and write its card; returns the figures."""
    figures = evaluate(output, data)
    generator = TextGenerator.load(find_card(str(output), Task.TEXT_GENERATION), device="cpu")
    body = card_text(
        "gpt2-mini-es",
        run,
        config=generator.model.config,
        millions=generator.model.num_parameters() / 1e6,
        good=shown(generator, GOOD),
        bad=shown(generator, BAD),
        longest=SHOWN.max_new_tokens,
        optimizer=OPTIMIZERS[optimizer],
        tokens=TOKENS_A_STEP[run.device],
        sittings=table(add(output, start_from, run)),
    )
    write_card(
        output, model_id=MODEL_ID, title="GPT-2 mini for Spanish", licence="agpl-3.0", languages=["es"],
        task=Task.TEXT_GENERATION, datasets=list(DATASETS), figures=figures,
        figures_on=TEST_TEXT, body=body,
    )  # fmt: skip
    return figures


def shown(generator: TextGenerator, prompts: Sequence[str]) -> str:
    """Lines of Markdown: each prompt, and what the generator goes on with, on one line."""
    written = [(prompt, generator.complete(prompt, SHOWN).text) for prompt in prompts]
    return "\n".join(f"- **{prompt}**{' '.join(text.splitlines())}" for prompt, text in written)


def validated(folder: Path, data: Path) -> dict[str, float]:
    """The figures of a finished model on the validation text, as during its training."""
    generator = TextGenerator.load(find_card(str(folder), Task.TEXT_GENERATION), "cpu")
    return score(generator.model, generator.tokenizer, excerpts(held_out_text(data, "valid"), VALIDATION_CHARACTERS))


def train(
    data: Path,
    output: Path,
    run: Run,
    start_from: Path | None = None,
    layers: int = LAYERS,
    width: int = WIDTH,
    optimizer: str = "muon",
) -> dict[str, float]:
    """Train, write the model folder with its card, and return its figures on the test text.

    Raises:
        InvalidInput: an optimizer that is no key of RATES, or no collection.
    """
    from transformers import AutoModelForCausalLM

    if optimizer not in RATES:
        raise InvalidInput(f"There is no optimizer “{optimizer}” here. Choose from: {', '.join(RATES)}.")
    torch.manual_seed(run.seed)
    tokenizer, rows = prepare(data, run, start_from)
    model = new_model(tokenizer, layers, width)
    if start_from:
        model = AutoModelForCausalLM.from_pretrained(start_from, dtype=torch.float32)
    print(f"{rows.size / 1e6:.1f} M tokens, {model.num_parameters() / 1e6:.1f} M parameters", flush=True)
    # Rows are short: plain products cost less than attention that is cut into blocks.
    model.set_attn_implementation("eager")
    held_out = excerpts(held_out_text(data, "valid"), VALIDATION_CHARACTERS)
    rate, muon_rate = RATES[optimizer][bool(start_from)]
    schedule = Schedule(
        rate, weight_decay=0.1, muon_rate=muon_rate, warmup=0.02, adam_beta2=0.99, evaluations=6,
        metric="bits_per_byte", greater_is_better=False,
    )  # fmt: skip
    batches = TokenBatches([WINDOW] * len(rows), TOKENS_A_STEP[run.device], run.seed)
    fit(model, rows, collate, batches, schedule, run, lambda trained: score(trained, tokenizer, held_out))
    save(model, tokenizer, output)
    return describe(output, data, run, start_from, optimizer)


@with_run_options("runs/training/text_generation", minutes=60)
def main(
    data: Data,
    output: Output,
    run: Run,
    start_from: StartFrom = None,
    layers: Annotated[int, typer.Option(help="Layers of a new model.", min=1)] = LAYERS,
    width: Annotated[int, typer.Option(help="Width of a new model, a multiple of 64.", min=64)] = WIDTH,
    optimizer: Annotated[str, typer.Option(help=f"{' or '.join(RATES)}.", metavar="NAME")] = "muon",
) -> None:
    """Train a Spanish text generator and write its folder."""
    print(readable(train(data, output, run, start_from, layers, width, optimizer)))


if __name__ == "__main__":
    run_command(main)

"""Trains `aula/gpt2-mini-es`: a small GPT-2 (Radford et al. 2019) that writes Spanish, from nothing but text.

Whoever has more time or data goes on from the finished folder with `--start-from`.
"""

import shutil
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer

from models.catalog import Task
from models.precision import FP32, Precision
from models.text.perplexity import perplexity
from models.text_generation import GenerationSettings, TextGenerator
from models.weights.cards import find_card
from training.card import card_text, write_card
from training.command import run_command
from training.events import readable
from training.options import Data, Output, Run, StartFrom, with_run_options
from training.sittings import add, table
from training.spanish_text import excerpts, held_out_text, train_tokenizer, training_texts, windows
from training.trainer import Schedule, TokenBatches, fit

MODEL_ID = "aula/gpt2-mini-es"
VOCABULARY = 8_000
WINDOW = 256  # tokens that the model can look at
TOKENS_A_STEP = 3_072
VALIDATION_CHARACTERS = 40_000
LAYERS, WIDTH = 4, 256  # of a new model
LEARNING_RATE = 3e-3
LEARNING_RATE_OF_TRAINED = 1e-3  # a warm-up to more would undo what the weights know
PROMPT = "Me gusta mucho el fútbol"
DATASETS = ("ParlaMint-ES", "CLiGS textbox", "covid19mx-corpus", "Tatoeba", "FakeNewsCorpusSpanish", "UD_Spanish")
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
    """Bits per byte and perplexity of a text, for a model that may be in training and compiled."""
    with torch.compiler.set_stance("force_eager"):  # to compile for these shapes too would take longer than it saves
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
    """Write the folder that `TextGenerator` loads, weights in half precision."""
    model.half().save_pretrained(output)
    tokenizer.save_pretrained(output)


def describe(output: Path, data: Path, run: Run, start_from: Path | None) -> dict[str, float]:
    """Measure the finished model on the test text and write its card; returns the figures."""
    figures = evaluate(output, data)
    generator = TextGenerator.load(find_card(str(output), Task.TEXT_GENERATION), device="cpu")
    config = generator.model.config
    example = generator.complete(PROMPT, GenerationSettings(max_new_tokens=80)).text
    body = card_text(
        "gpt2-mini-es",
        run,
        config=config,
        millions=generator.model.num_parameters() / 1e6,
        prompt=PROMPT,
        example=" ".join(example.split()),
        tokens=TOKENS_A_STEP,
        sittings=table(add(output, start_from, run)),
    )
    write_card(
        output, model_id=MODEL_ID, title="GPT-2 mini for Spanish", licence="cc-by-sa-4.0", languages=["es"],
        task=Task.TEXT_GENERATION, datasets=list(DATASETS), figures=figures,
        figures_on=TEST_TEXT, body=body,
    )  # fmt: skip
    return figures


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
    compiled: bool = False,
) -> dict[str, float]:
    """Train, write the model folder with its card, and return its figures on the test text."""
    from transformers import AutoModelForCausalLM

    torch.manual_seed(run.seed)
    tokenizer, rows = prepare(data, run, start_from)
    model = new_model(tokenizer, layers, width)
    if start_from:
        model = AutoModelForCausalLM.from_pretrained(start_from, dtype=torch.float32)
    print(f"{rows.size / 1e6:.1f} M tokens, {model.num_parameters() / 1e6:.1f} M parameters", flush=True)
    if compiled:
        model.compile()
    held_out = excerpts(held_out_text(data, "valid"), VALIDATION_CHARACTERS)
    schedule = Schedule(
        LEARNING_RATE_OF_TRAINED if start_from else LEARNING_RATE, weight_decay=0.1, warmup=0.02, adam_beta2=0.99,
        evaluations=6, metric="bits_per_byte", greater_is_better=False,
    )  # fmt: skip
    batches = TokenBatches([WINDOW] * len(rows), TOKENS_A_STEP, run.seed)
    fit(model, rows, collate, batches, schedule, run, lambda trained: score(trained, tokenizer, held_out))
    save(model, tokenizer, output)
    return describe(output, data, run, start_from)


@with_run_options("runs/training/text_generation", minutes=60)
def main(
    data: Data,
    output: Output,
    run: Run,
    start_from: StartFrom = None,
    layers: Annotated[int, typer.Option(help="Layers of a new model.", min=1)] = LAYERS,
    width: Annotated[int, typer.Option(help="Width of a new model, a multiple of 64.", min=64)] = WIDTH,
    compiled: Annotated[bool, typer.Option("--compiled", help="A fifth faster; needs a C++ compiler.")] = False,
) -> None:
    """Train a Spanish text generator and write its folder."""
    print(readable(train(data, output, run, start_from, layers, width, compiled)))


if __name__ == "__main__":
    run_command(main)

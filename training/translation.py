"""Trains `aula/t5-mini`: a small T5 (Raffel et al. 2020) that translates English to French and to Spanish.

It learns from nothing but pairs of sentences. Whoever has more time or data goes on from the finished folder with
`--start-from`.
"""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from models.catalog import Task
from models.text.tokenizer_file import neither_cutting_nor_filling
from models.text_to_text import TextToText, join
from models.weights.cards import find_card
from training.card import card_text, write_card
from training.command import run_command
from training.events import readable
from training.options import Data, Output, Run, StartFrom, with_run_options
from training.saved_tokenizer import save_tokenizer
from training.sentence_mixture import mixture
from training.sentence_pairs import (
    LANGUAGES,
    MAX_TOKENS,
    Examples,
    Translated,
    collate,
    prefix,
    read_translated,
    train_tokenizer,
)
from training.sittings import add, table
from training.trainer import Schedule, TokenBatches, fit
from training.translation_figures import TEST_TEXT, evaluate, tasks, validate
from training.word_for_word import HEAD, bilingual_vectors, translate_word_for_word

MODEL_ID = "aula/t5-mini"
VOCABULARY = 10_000
# Of the target, and about as many of the source, by device: many small steps beat few large ones, but a graphics card
# needs many tokens at once to be busy.
TARGET_TOKENS_A_STEP = {"cpu": 3_200, "cuda": 12_800}
# The learning rate of AdamW, and that of Muon for the matrices; of a new model, and of one that is trained already: a
# warm-up to more would undo what its weights know.
RATES = ((2.5e-3, 0.02), (1e-3, 0.006))
# What the card shows: languages and texts that it is good at, and others that it is not. A test writes them anew.
GOOD = (
    ("fr", "Can you help me? I have lost my keys."),
    ("fr", "I would like a cup of coffee, please."),
    ("fr", "My friend Zlatomira lives in Kraków with 37 cats."),
    ("es", "She has been learning French for two years."),
    ("es", "How much does this shirt cost?"),
)
BAD = (
    ("fr", "It is raining cats and dogs."),
    ("fr", "She is a doctor. He is a nurse."),
    ("fr", "The quick brown fox jumps over the lazy dog."),
    ("es", "Machine learning models are trained on large amounts of data."),
    ("es", "My flight AF1234 leaves at 17:45 from gate 36."),
)
NewModel = Callable[[Any, Sequence[Any]], Any]


def new_model(
    tokenizer: Any, examples: Sequence[Any], encoder_layers: int = 6, decoder_layers: int = 2, width: int = 320
) -> Any:
    """A T5 that begins as a word-for-word translator; no dropout, because it sees a pair only a few times."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(  # type: ignore[call-arg] # it keeps what else it is given
        vocab_size=len(tokenizer), d_model=width, d_kv=HEAD, d_ff=4 * width, num_heads=max(1, width // HEAD),
        num_layers=encoder_layers, num_decoder_layers=decoder_layers, dropout_rate=0.0, n_positions=512,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, task_specific_params=tasks(),
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    vectors = bilingual_vectors(examples, len(tokenizer), width)
    first = next(iter(LANGUAGES))
    vectors[0] = vectors[tokenizer.convert_tokens_to_ids(prefix(first).strip())]  # writing begins where reading begins
    with torch.no_grad():
        model.shared.weight.copy_(vectors)
    translate_word_for_word(model)
    return model


def prepare_tokenizer(translated: Sequence[Translated], run: Run, start_from: Path | None) -> Any:
    """That of the model to start from, the one that a resumed training began with, or a new one."""
    from transformers import AutoTokenizer

    folder = run.folder / "tokenizer"
    if start_from or (run.resume and folder.is_dir()):
        return AutoTokenizer.from_pretrained(start_from or folder)
    shutil.rmtree(folder, ignore_errors=True)
    return train_tokenizer((text for one in translated for text in (one.english, one.translation)), VOCABULARY, folder)


def describe(output: Path, data: Path, run: Run, start_from: Path | None) -> dict[str, float]:
    """Measure the finished model on the test sentences and write its card; returns the figures."""
    figures = evaluate(output, data)
    translator = TextToText.load(find_card(str(output), Task.TEXT_TO_TEXT), device="cpu")
    body = card_text(
        "t5-mini",
        run,
        config=translator.model.config,
        millions=translator.model.num_parameters() / 1e6,
        good=_examples(translator, GOOD),
        bad=_examples(translator, BAD),
        longest=MAX_TOKENS,
        tokens=2 * TARGET_TOKENS_A_STEP[run.device],
        sittings=table(add(output, start_from, run)),
    )
    write_card(
        output, model_id=MODEL_ID, title="T5 mini, English to French and Spanish", licence="agpl-3.0",
        languages=["en", *LANGUAGES], task="translation", datasets=["Tatoeba"], figures=figures, figures_on=TEST_TEXT,
        body=body,
    )  # fmt: skip
    return figures


def _examples(translator: TextToText, asked: Sequence[tuple[str, str]]) -> str:
    """Rows of a Markdown table: the text, the language, the translation with the settings of the page."""
    written = [join(translator.translate(text, LANGUAGES[language].lower())) for language, text in asked]
    return "\n".join(
        f"| {text} | {LANGUAGES[language]} | {found} |" for (language, text), found in zip(asked, written, strict=True)
    )


def validated(folder: Path, data: Path) -> dict[str, float]:
    """The figures of a finished model on the validation sentences, as during its training."""
    translator = TextToText.load(find_card(str(folder), Task.TEXT_TO_TEXT), device="cpu")
    return validate(translator.model, translator.tokenizer, data)


def train(
    data: Path, output: Path, run: Run, start_from: Path | None = None, new: NewModel = new_model
) -> dict[str, float]:
    """Train what `new` makes, write the folder with its card, and return its figures on the test sentences."""
    from transformers import AutoModelForSeq2SeqLM

    torch.manual_seed(run.seed)
    translated = read_translated(data)
    chosen = mixture(translated, run.seed)
    tokenizer = prepare_tokenizer(translated, run, start_from)
    examples = Examples(tokenizer, chosen)
    if start_from:
        model = AutoModelForSeq2SeqLM.from_pretrained(start_from, dtype=torch.float32)
    else:
        model = new(tokenizer, Examples(tokenizer, translated))
    # Short rows: to look from each of twenty words at each other costs less than to do that in a cleverer way.
    model.set_attn_implementation("eager")
    print(f"{len(examples)} pairs, {model.num_parameters() / 1e6:.1f} M parameters", flush=True)
    rate, muon_rate = RATES[bool(start_from)]
    schedule = Schedule(
        rate, muon_rate=muon_rate, warmup=0.02, label_smoothing=0.1, adam_beta2=0.99, evaluations=8, metric="BLEU"
    )
    batches = TokenBatches(examples.lengths(), TARGET_TOKENS_A_STEP[run.device], run.seed, noise=5e-4)
    fit(model, examples, collate, batches, schedule, run, partial(validate, tokenizer=tokenizer, data=data))
    model.half().save_pretrained(output)
    neither_cutting_nor_filling(tokenizer.backend_tokenizer)  # validation filled its batches
    save_tokenizer(tokenizer, output)
    return describe(output, data, run, start_from)


@with_run_options("runs/training/translation", minutes=120)
def main(
    data: Data,
    output: Output,
    run: Run,
    start_from: StartFrom = None,
    encoder_layers: Annotated[int, typer.Option(help="Layers that read, in a new model.", min=1)] = 6,
    decoder_layers: Annotated[int, typer.Option(help="Layers that write, in a new model.", min=1)] = 2,
    width: Annotated[int, typer.Option(help="Width of a new model, a multiple of 64.", min=64)] = 320,
) -> None:
    """Train a translator from English to French and Spanish and write its folder."""
    new = partial(new_model, encoder_layers=encoder_layers, decoder_layers=decoder_layers, width=width)
    print(readable(train(data, output, run, start_from, new)))


if __name__ == "__main__":
    run_command(main)

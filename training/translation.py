"""Trains `aula/t5-mini-en-fr`: a small T5 (Raffel et al. 2020) that translates everyday English to French.

It learns from nothing but pairs of sentences. Whoever has more time or data goes on from the finished folder with
`--start-from`.
"""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from models.catalog import Task
from models.precision import FP32, Precision
from models.text.repetition import circles, without_circles
from models.text.segmentation import sentences
from models.text.task_settings import TextToTextSettings, generate_arguments
from models.text_to_text import TextToText, join
from models.weights.cards import find_card
from training.card import card_text, write_card
from training.collection import sample
from training.command import run_command
from training.events import readable
from training.options import Data, Output, Run, StartFrom, with_run_options
from training.sentence_pairs import (
    MAX_TOKENS,
    PREFIX,
    Example,
    Pair,
    collate,
    read_pairs,
    tokenize,
    train_tokenizer,
    with_joined,
)
from training.trainer import Schedule, TokenBatches, fit
from training.word_for_word import HEAD, bilingual_vectors, translate_word_for_word

MODEL_ID = "aula/t5-mini-en-fr"
VOCABULARY = 6_000
TARGET_TOKENS_A_STEP = 600  # and about as many of the source: many small steps beat few large ones
VALIDATION_PAIRS = 250
LEARNING_RATE = 1e-3
LEARNING_RATE_OF_TRAINED = 8e-4  # a warm-up to more would undo what the weights know
TEXTS_AT_ONCE = 100
QUICK = TextToTextSettings(beams=1, max_new_tokens=MAX_TOKENS + 10)
# What the wrapper reads. It cuts lines so that a piece has at most half of this length, which was trained on.
TASK = {
    "prefix": PREFIX,
    "max_length": 2 * MAX_TOKENS,
    "num_beams": 4,
    "early_stopping": True,
    "sentence_by_sentence": True,
}
TEST = "translation/en-fr.test.multiref.tsv.gz"
TEST_TEXT = "Tatoeba: 2,099 everyday sentences, none of them trained on, with all their translations (sacrebleu)"
EXAMPLES = (
    "I don't know where he lives.",
    "Can you help me? I have lost my keys.",
    "She has been learning French for two years.",
    "The committee postponed its decision on the quarterly budget amendments.",
)
NewModel = Callable[[Any, list[Example]], Any]


def new_model(tokenizer: Any, examples: list[Example], encoder_layers: int, decoder_layers: int, width: int) -> Any:
    """A T5 that begins as a word-for-word translator; no dropout, because it sees a pair only a few times."""
    from transformers import T5Config, T5ForConditionalGeneration

    config = T5Config(  # type: ignore[call-arg] # it keeps what else it is given
        vocab_size=len(tokenizer), d_model=width, d_kv=HEAD, d_ff=4 * width, num_heads=max(1, width // HEAD),
        num_layers=encoder_layers, num_decoder_layers=decoder_layers, dropout_rate=0.0, n_positions=512,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, task_specific_params={"translation_en_to_fr": TASK},
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    vectors = bilingual_vectors(examples, len(tokenizer), width)
    vectors[0] = vectors[tokenizer.convert_tokens_to_ids(PREFIX.strip())]  # writing begins where reading begins
    with torch.no_grad():
        model.shared.weight.copy_(vectors)
    translate_word_for_word(model)
    return model


@torch.inference_mode()
def translate(model: Any, tokenizer: Any, texts: list[str], settings: TextToTextSettings) -> list[str]:
    """Translations of short texts, cut and searched for as `TextToText` does, but many at once."""
    written: dict[str, str] = {}
    units = sorted({sentence for text in texts for sentence in sentences(text)}, key=len)  # so: hardly any padding
    for begin in range(0, len(units), TEXTS_AT_ONCE):
        chosen = units[begin : begin + TEXTS_AT_ONCE]
        batch = tokenizer([PREFIX + sentence for sentence in chosen], padding=True, return_tensors="pt")
        output = model.generate(**batch.to(model.device), **generate_arguments(TASK, settings))
        rows = zip(output.tolist(), batch["input_ids"].tolist(), strict=True)
        kept = [_without_circles(tokens, source, tokenizer.pad_token_id) for tokens, source in rows]
        written |= zip(chosen, tokenizer.batch_decode(kept, skip_special_tokens=True), strict=True)
    return [" ".join(written[sentence].strip() for sentence in sentences(text)) for text in texts]


def _without_circles(tokens: list[int], source: list[int], padding: int) -> list[int]:
    """What is left of the tokens, as in `TextToText`: it reads and writes one text, without padding."""
    words = [token for token in tokens if token != padding]
    return without_circles(words, circles([token for token in source if token != padding]))


def score(model: Any, tokenizer: Any, pairs: list[Pair], settings: TextToTextSettings) -> dict[str, float]:
    """BLEU (Papineni et al. 2002) and chrF (Popović 2015), 0 to 100, against every translation of a text."""
    from sacrebleu.metrics import BLEU, CHRF

    written = translate(model, tokenizer, [pair[0] for pair in pairs], settings)
    most = max(map(len, pairs))
    # One list a translation, as long as the pairs: sacrebleu skips None, where a text has fewer translations.
    columns: Any = [[pair[number] if number < len(pair) else None for pair in pairs] for number in range(1, most)]
    return {name: metric.corpus_score(written, columns).score for name, metric in (("BLEU", BLEU()), ("chrF", CHRF()))}


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """A finished model's figures on the test sentences of `translation/` in `data`, loaded and searched as on pages.

    `examples` limits how many sentences are translated, always the same ones.
    """
    translator = TextToText.load(find_card(str(folder), Task.TEXT_TO_TEXT), "cpu", precision)
    pairs = sample(read_pairs(data / TEST), examples)
    return score(translator.model, translator.tokenizer, pairs, TextToTextSettings())


def prepare_tokenizer(pairs: list[Pair], run: Run, start_from: Path | None) -> Any:
    """That of the model to start from, the one that a resumed training began with, or a new one."""
    from transformers import AutoTokenizer

    folder = run.folder / "tokenizer"
    if start_from or (run.resume and folder.is_dir()):
        return AutoTokenizer.from_pretrained(start_from or folder)
    shutil.rmtree(folder, ignore_errors=True)
    return train_tokenizer(pairs, VOCABULARY, folder)


def describe(output: Path, data: Path, run: Run) -> dict[str, float]:
    """Measure the finished model on the test sentences and write its card; returns the figures."""
    figures = evaluate(output, data)
    translator = TextToText.load(find_card(str(output), Task.TEXT_TO_TEXT), device="cpu")
    examples = {text: join(translator.translate(text)) for text in EXAMPLES}
    body = card_text(
        "t5-mini-en-fr",
        run,
        config=translator.model.config,
        millions=translator.model.num_parameters() / 1e6,
        examples="\n".join(f"| {text} | {written} |" for text, written in examples.items()),
        longest=MAX_TOKENS,
        tokens=2 * TARGET_TOKENS_A_STEP,
    )
    write_card(
        output, model_id=MODEL_ID, title="T5 mini, English to French", licence="agpl-3.0", languages=["en", "fr"],
        task="translation", datasets=["Tatoeba"], figures=figures, figures_on=TEST_TEXT, body=body,
    )  # fmt: skip
    return figures


def train(data: Path, output: Path, run: Run, start_from: Path | None, new: NewModel) -> dict[str, float]:
    """Train what `new` makes, write the folder with its card, and return its figures on the test sentences."""
    from transformers import AutoModelForSeq2SeqLM

    torch.manual_seed(run.seed)
    pairs = read_pairs(data / "translation/en-fr.train.tsv.gz")
    held_out = read_pairs(data / "translation/en-fr.valid.tsv.gz")[:VALIDATION_PAIRS]
    tokenizer = prepare_tokenizer(pairs, run, start_from)
    examples = list(tokenize(tokenizer, with_joined(pairs, run.seed)))
    if start_from:
        model = AutoModelForSeq2SeqLM.from_pretrained(start_from, dtype=torch.float32)
    else:
        model = new(tokenizer, examples)
    print(f"{len(examples)} pairs, {model.num_parameters() / 1e6:.1f} M parameters", flush=True)
    # Sorted by the target, and among equals by the source, so that there is hardly any padding on either side.
    lengths = [len(example.target) + len(example.source) / 100 for example in examples]
    schedule = Schedule(
        LEARNING_RATE_OF_TRAINED if start_from else LEARNING_RATE, warmup=0.02, label_smoothing=0.1, adam_beta2=0.99,
        evaluations=6, metric="BLEU",
    )  # fmt: skip
    batches = TokenBatches(lengths, TARGET_TOKENS_A_STEP, run.seed, noise=5e-4)
    fit(model, examples, collate, batches, schedule, run, lambda trained: score(trained, tokenizer, held_out, QUICK))
    model.half().save_pretrained(output)
    tokenizer.save_pretrained(output)
    return describe(output, data, run)


@with_run_options("runs/training/translation", minutes=120)
def main(
    data: Data,
    output: Output,
    run: Run,
    start_from: StartFrom = None,
    encoder_layers: Annotated[int, typer.Option(help="Layers that read, in a new model.", min=1)] = 3,
    decoder_layers: Annotated[int, typer.Option(help="Layers that write, in a new model.", min=1)] = 2,
    width: Annotated[int, typer.Option(help="Width of a new model, a multiple of 64.", min=64)] = 256,
) -> None:
    """Train a translator from English to French and write its folder."""
    new = partial(new_model, encoder_layers=encoder_layers, decoder_layers=decoder_layers, width=width)
    print(readable(train(data, output, run, start_from, new)))


if __name__ == "__main__":
    run_command(main)

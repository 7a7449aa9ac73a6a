"""What a translator is asked, and how good its translations are: BLEU and chrF, by language and by kind of text."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from models.catalog import Task
from models.precision import FP32, Precision
from models.text.repetition import circles, without_circles
from models.text.segmentation import sentences
from models.text.task_settings import TextToTextSettings, generate_arguments
from models.text_to_text import TextToText
from models.weights.cards import find_card
from training.collection import sample
from training.sentence_pairs import LANGUAGES, MAX_TOKENS, Pair, prefix, read_rows

TEXTS_AT_ONCE = 100
# What the wrapper reads. It cuts lines so that a piece has at most half of this length, which was trained on.
# Six tokens never follow one another twice: chosen on validation sentences. It ends what would go round for ever, and
# leaves numbers and most names alone.
TASK = {
    "max_length": 2 * MAX_TOKENS,
    "num_beams": 4,
    "early_stopping": True,
    "no_repeat_ngram_size": 6,
    "sentence_by_sentence": True,
}
OTHERS_OF_A_KIND = 50  # sentences of each kind of text that is not Tatoeba, to measure on
QUICK = TextToTextSettings(beams=1, max_new_tokens=40)  # the search while a model is in training
VALIDATION_PAIRS = 200  # of each language
TEST_TEXT = "Tatoeba, 2,100 everyday sentences a language; other: eleven kinds of text; none trained on"


def tasks() -> dict[str, dict[str, Any]]:
    """What the wrapper reads for each language, by the names of the published T5."""
    return {f"translation_en_to_{name}": TASK | {"prefix": prefix(name)} for name in LANGUAGES}


@torch.inference_mode()
def translate(
    model: Any, tokenizer: Any, texts: Sequence[str], language: str, settings: TextToTextSettings
) -> list[str]:
    """Translations of short texts, cut and searched for as at the first attempt of `TextToText`, but many at once."""
    task, written = tasks()[f"translation_en_to_{language}"], dict[str, str]()
    units = sorted({sentence for text in texts for sentence in sentences(text)}, key=len)  # so: hardly any padding
    for begin in range(0, len(units), TEXTS_AT_ONCE):
        chosen = units[begin : begin + TEXTS_AT_ONCE]
        batch = tokenizer([prefix(language) + sentence for sentence in chosen], padding=True, return_tensors="pt")
        read = {name: batch[name].to(model.device) for name in ("input_ids", "attention_mask")}
        output = model.generate(**read, **generate_arguments(task, settings))
        rows = zip(output.tolist(), batch["input_ids"].tolist(), strict=True)
        kept = [_without_circles(tokens, source, tokenizer.pad_token_id) for tokens, source in rows]
        written |= zip(chosen, tokenizer.batch_decode(kept, skip_special_tokens=True), strict=True)
    return [" ".join(written[sentence].strip() for sentence in sentences(text)) for text in texts]


def _without_circles(tokens: list[int], source: list[int], padding: int) -> list[int]:
    """What is left of the tokens, as in `TextToText`: it reads and writes one text, without padding."""
    words = [token for token in tokens if token != padding]
    return without_circles(words, circles([token for token in source if token != padding]))


def translated_as_on_pages(translator: TextToText, texts: Sequence[str], language: str) -> list[str]:
    """Translations of texts of one line each, by the wrapper itself: second attempts belong to what is measured."""
    lines, written = sorted(dict.fromkeys(texts), key=len), list[str]()  # so: hardly any padding
    for begin in range(0, len(lines), TEXTS_AT_ONCE):
        text = "\n".join(lines[begin : begin + TEXTS_AT_ONCE])
        pieces = translator.translate(text, LANGUAGES[language].lower(), even_if_unreadable=True)
        of_lines = groupby(pieces, key=lambda piece: piece.paragraph)
        written += [" ".join(piece.text for piece in of_line if piece.text) for _, of_line in of_lines]
    found = dict(zip(lines, written, strict=True))
    return [found[text] for text in texts]


def score(
    model: Any, tokenizer: Any, pairs: Sequence[Pair], language: str, settings: TextToTextSettings
) -> dict[str, float]:
    """BLEU (Papineni et al. 2002) and chrF (Popović 2015), 0 to 100, against every translation of a text."""
    return compared(translate(model, tokenizer, [pair[0] for pair in pairs], language, settings), pairs)


def compared(written: Sequence[str], pairs: Sequence[Pair]) -> dict[str, float]:
    """BLEU and chrF of what was written for the first text of each row, whose other texts are its translations."""
    from sacrebleu.metrics import BLEU, CHRF

    most = max(map(len, pairs))
    # One list a translation, as long as the pairs: sacrebleu skips None, where a text has fewer translations.
    columns: Any = [[pair[number] if number < len(pair) else None for pair in pairs] for number in range(1, most)]
    metrics: Any = (("BLEU", BLEU()), ("chrF", CHRF()))
    return {name: metric.corpus_score(list(written), columns).score for name, metric in metrics}


def validate(model: Any, tokenizer: Any, data: Path) -> dict[str, float]:
    """BLEU and chrF on validation sentences, the mean over the languages, by the quickest search."""
    found = []
    for language in LANGUAGES:
        pairs = read_rows(data / f"translation/en-{language}.valid.tsv.gz")[:VALIDATION_PAIRS]
        found.append(score(model, tokenizer, pairs, language, QUICK))
    return {name: sum(each[name] for each in found) / len(found) for name in found[0]}


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """A finished model's figures on the test sentences of `translation/` in `data`, loaded and searched as on pages.

    For each language those of the everyday sentences, and, where the collection has other kinds of text, chrF over
    all of these and of each (“chrF en-fr other/law”). `examples` limits how many everyday sentences are translated,
    always the same ones, and leaves the other kinds out.
    """
    translator = TextToText.load(find_card(str(folder), Task.TEXT_TO_TEXT), "cpu", precision)
    figures = dict[str, float]()
    for language in LANGUAGES:
        pairs = sample(read_rows(data / f"translation/en-{language}.test.multiref.tsv.gz"), examples)
        everyday = compared(translated_as_on_pages(translator, [pair[0] for pair in pairs], language), pairs)
        figures |= {f"{name} en-{language}": value for name, value in everyday.items()}
        others = data / f"translation/other.en-{language}.test.tsv.gz"
        if examples is None and others.is_file():
            figures |= _others(translator, read_rows(others), language)
    return figures


def _others(translator: TextToText, rows: Sequence[Pair], language: str) -> dict[str, float]:
    """chrF over rows whose last column is their kind, and of each kind."""
    kinds: dict[str, list[Pair]] = {}
    for row in rows:
        kinds.setdefault(row[2], []).append(row[:2])
    name, parts, everything, all_written = f"chrF en-{language} other", dict[str, float](), list[Pair](), list[str]()
    for kind, of_kind in sorted(kinds.items()):
        pairs = sample(of_kind, OTHERS_OF_A_KIND)
        written = translated_as_on_pages(translator, [pair[0] for pair in pairs], language)
        parts[f"{name}/{kind}"] = compared(written, pairs)["chrF"]
        everything, all_written = everything + pairs, all_written + written
    return {name: compared(all_written, everything)["chrF"]} | parts

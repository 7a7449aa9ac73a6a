"""The Spanish collection as windows of tokens: which passages are read how often, and a tokenizer made for them."""

import gzip
import random
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.errors import InvalidInput
from models.text.tokenizer_file import neither_cutting_nor_filling
from training import subjects
from training.collection import existing
from training.sentence_pairs import Pair

END = "<|endoftext|>"
PASSAGE = 2_000  # characters of paragraphs that follow one another
TOKENIZER_PASSAGES = 6_000

# How often each kind of passage is seen. Most of the collection is speeches in parliament and old books; news,
# textbooks and everyday sentences are few, and nearer to what a class writes.
SHARES = {
    "everyday": 1.0,
    "parliament": 0.1,
    "dialogue": 0.1,
    "prose": 0.1,
    "spoken": 0.3,
    "news": 2.0,
    "football": 4.0,
    "books": 0.1,
    "textbooks": 0.2,
}
# Times that single sentences are put together to texts, each time to others: everyday ones, and those of other kinds.
EVERYDAY_TIMES, TODAY_TIMES = 6, 3
DASHES = ("-", "–", "—", "«", "»")
PARLIAMENT = re.compile(r"[Ss]eñoría|Grupo Parlamentario|enmienda|señor (minist|president)|diputad")
TODAY = re.compile(
    r"\b(19[5-9]|20[0-2])\d\b|%|\bkm\b|(?i:covid|pandemia|vacuna|internet|redes sociales)"
    r"|Twitter|Facebook|EE\.? ?UU|López Obrador|México"
)
# What a page of a textbook or of documentation has several of, and an old book hardly one.
TEXTBOOK = re.compile(
    r"(?i)\b(ecuaci|funci[oó]n|figura|gr[aá]fic|mol[eé]cul|[aá]tomo|velocidad|energía|muestra|archivo|código|usuario|datos"
    r"|sistema)"
)
# Where a number was taken out of a line, as in all of one collection of news: “el de agosto de .”, “solo un %”.
HOLE = re.compile(
    r" [.,;:](?!\.)(\s|$)|\( ?\)|\b([Uu]n|[Ee]l|al|del|en|de|y|a) %|\b([Ee]l|al|del) de (enero|febrero|marzo|abril|mayo"
    r"|junio|julio|agosto|sept?iembre|octubre|noviembre|diciembre)\b"
)
SPOKEN = re.compile(r"\b(ustedes|usted|[Mm]uchas gracias|[Bb]uenas (noches|tardes)|vamos|tenemos|estamos|doctora?)\b")

Passage = list[str]  # lines that follow one another


def kind(lines: Passage) -> str:
    """What a passage is, a key of SHARES. It is told from the looks, because the collection does not say it."""
    text = "\n".join(lines)
    dashes = sum(line.startswith(DASHES) for line in lines)
    if len(text) < 60 * len(lines) and dashes < len(lines) / 10:
        return "everyday"
    if PARLIAMENT.search(text):
        return "parliament"
    if dashes > 1 or not TODAY.search(text):
        return "dialogue" if dashes > 1 else "prose"
    return "spoken" if len(SPOKEN.findall(text)) > 1 else "news"


def kind_of_book(lines: Passage) -> str:
    """What a passage of `more.train.txt.gz` is: of a textbook or of documentation, or of an old book."""
    return "textbooks" if len(TEXTBOOK.findall("\n".join(lines))) > 3 else "books"


def passages(lines: Iterable[str]) -> Iterator[Passage]:
    """Neighbouring lines without a HOLE, together about PASSAGE characters; a longer line stays whole."""
    passage: Passage = []
    for line in lines:
        if HOLE.search(line):
            continue
        passage.append(line.rstrip("\n"))
        if sum(map(len, passage)) >= PASSAGE:
            yield passage
            passage = []
    if passage:
        yield passage


def training_texts(data: Path, seed: int) -> list[str]:
    """The passages of one pass over `spanish/` in `data`, each kind as often as SHARES says, in random order.

    Where the collection has them, three files more are taken: `more.train.txt.gz`, books, textbooks and documentation;
    and the pairs by which single sentences are put together to texts (see `subjects`).

    Raises:
        InvalidInput: the folder does not hold the collection.
    """
    generator, passages_by_kind = random.Random(seed), _by_kind(data / "spanish")
    scattered = passages_by_kind["everyday"]
    held_out = "\n".join(held_out_text(data, split) for split in ("valid", "test"))
    everyday, today = subjects.everyday(data, held_out), subjects.today(data, held_out)
    passages_by_kind["everyday"] = _without(scattered, {spanish for _, spanish, *_ in everyday})
    texts = [*_together(everyday, EVERYDAY_TIMES, generator), *_together(today, TODAY_TIMES, generator)]
    for name, found in passages_by_kind.items():
        for passage in found:
            texts += ["\n".join(passage)] * (int(SHARES[name]) + (generator.random() < SHARES[name] % 1))
    generator.shuffle(texts)
    return texts


def _together(pairs: list[Pair], times: int, generator: random.Random) -> Iterator[str]:
    if not pairs:
        return
    found = subjects.subjects(pairs)
    for _ in range(times):
        yield from found.texts(generator)


def _by_kind(folder: Path) -> dict[str, list[Passage]]:
    found: dict[str, list[Passage]] = {name: [] for name in SHARES}
    with gzip.open(existing(folder / "train.txt.gz"), "rt", encoding="utf-8") as lines:
        for passage in passages(lines):
            found[kind(passage)].append(passage)
    with existing(folder / "football.train.txt").open(encoding="utf-8") as lines:
        found["football"] += passages(lines)
    more = folder / "more.train.txt.gz"
    if more.is_file():
        with gzip.open(more, "rt", encoding="utf-8") as lines:
            for passage in passages(lines):
                found[kind_of_book(passage)].append(passage)
    return found


def _without(found: list[Passage], lines: Collection[str]) -> list[Passage]:
    left = ([line for line in passage if line not in lines] for passage in found)
    return [passage for passage in left if passage]


def held_out_text(data: Path, split: str) -> str:
    """All of `valid` or `test`. Raises `InvalidInput` where there is none."""
    return existing(data / f"spanish/{split}.txt").read_text(encoding="utf-8")


def excerpts(text: str, characters: int, count: int = 5) -> str:
    """`count` pieces at equal distances, together about `characters` long, as the sources stand one after another."""
    distance, length = max(1, len(text) // count), characters // count
    return "\n".join(text[start : start + min(distance, length)] for start in range(0, distance * count, distance))


def train_tokenizer(texts: list[str], vocabulary: int, window: int) -> Any:
    """A byte-level BPE (Sennrich et al. 2016; Radford et al. 2019): writes any text, and common words in one token."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()  # as the collection is: “ñ” is one character, however it was typed
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts[:TOKENIZER_PASSAGES], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=END, eos_token=END, unk_token=END, model_max_length=window
    )


def windows(tokenizer: Any, texts: list[str], window: int) -> np.ndarray:
    """The texts one after another, each on lines of its own, cut into rows: shape (rows, window), uint16.

    No end token stands between them, because a passage ends anywhere. A model that had learned it would stop in the
    middle of a thought.

    Raises:
        InvalidInput: not enough text for one row.
    """
    parts, whole = [], neither_cutting_nor_filling(tokenizer.backend_tokenizer)
    for start in range(0, len(texts), 500):  # all at once would take gigabytes of memory
        batch = [f"{text}\n" for text in texts[start : start + 500]]
        parts += [np.array(encoding.ids, np.uint16) for encoding in whole.encode_batch_fast(batch)]
    tokens = np.concatenate(parts)
    if len(tokens) < window:
        raise InvalidInput(f"The training text has {len(tokens)} tokens, and needs at least {window}. Give more text.")
    return tokens[: len(tokens) // window * window].reshape(-1, window)

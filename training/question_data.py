"""The questions that question answering learns from: which sources, which texts are held out, and their tokens."""

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

from training.collection import existing

# How often each source is seen. Wikipedia counts double, because that is what the test and most classrooms ask about,
# and its questions without an answer three times, because there are few; the long reviews and posts only half.
SOURCES = {
    "squad1.1-dev": 2.0,
    "squad2.0-dev": 3.0,
    "squadshifts.new_wiki": 1.0,
    "squadshifts.reddit": 0.5,
    "squadshifts.amazon_reviews": 0.5,
    "qamr": 1.0,
    "fairytaleqa": 0.5,
}
TEST = "qa/test.xquad.en.jsonl.gz"
MAX_TOKENS = 256
LEAST_CONTEXT_TOKENS = 32
VALIDATION_QUESTIONS = 300

Question = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """A tokenized question and text, with the first and last token of the answer (0 and 0 where there is none)."""

    input_ids: list[int]
    token_type_ids: list[int]
    start: int
    end: int


def read_questions(file: Path) -> Iterator[Question]:
    """Questions with `context`, `question`, `answers` (text and answer_start), `is_impossible` and `source`.

    Raises:
        InvalidInput: there is no such file.
    """
    with gzip.open(existing(file), "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def part(question: Question) -> str:
    """Which split of the unanswerable questions a text belongs to; all questions about it go the same way."""
    number = hashlib.sha256(question["context"].encode()).digest()[0] % 12
    return {0: "test", 1: "validation"}.get(number, "train")


def impossible_questions(data: Path, split: str) -> list[Question]:
    """The unanswerable questions of a split."""
    return [question for question in _permitted(data / "qa/train.impossible.jsonl.gz") if part(question) == split]


def _permitted(file: Path) -> Iterator[Question]:
    """Those whose licence allows that the weights are given away; the others are there to measure with."""
    return (question for question in read_questions(file) if question["source"] in SOURCES)


def training_questions(data: Path, seed: int) -> list[Question]:
    """The questions of one pass, each source as often as SOURCES says, in random order."""
    held_out = {row["context"] for split in ("test", "validation") for row in impossible_questions(data, split)}
    answerable = _permitted(data / "qa/train.core.jsonl.gz")
    questions = [question for question in answerable if question["context"] not in held_out]
    questions += impossible_questions(data, "train")
    generator = random.Random(seed)
    chosen = []
    for question in questions:
        weight = SOURCES[question["source"]]
        chosen += [question] * (int(weight) + (generator.random() < weight % 1))
    generator.shuffle(chosen)
    return chosen


def validation_questions(data: Path, count: int = VALIDATION_QUESTIONS) -> list[Question]:
    """Held-out questions, a third of them without an answer."""
    generator = random.Random(0)
    held_out = list(_permitted(data / "qa/valid.jsonl.gz"))
    possible = [question for question in held_out if question["source"] in ("squad1.1-dev", "squadshifts.new_wiki")]
    impossible = impossible_questions(data, "validation")
    without = min(len(impossible), count // 3)
    return generator.sample(impossible, without) + generator.sample(possible, min(len(possible), count - without))


def tokenize(tokenizer: Any, question: Question, generator: random.Random) -> Example | None:
    """At most 256 tokens; a longer text is cut at random around the answer. None if that does not fit."""
    encoding = tokenizer(question["question"], question["context"], return_offsets_mapping=True, verbose=False)
    ids = encoding["input_ids"]
    context = [token for token, part_of in enumerate(encoding.sequence_ids()) if part_of == 1]  # 0 is the question
    answer = _answer_tokens(question, context, encoding["offset_mapping"])
    if answer is None:
        return None
    begin = _begin(context, answer, len(ids), generator)
    if begin is None:
        return None
    head = context[0]
    kept = ids[:head] + ids[begin : min(begin + _room(context), len(ids) - 1)] + ids[-1:]
    moved = begin - head if answer[1] else 0
    return Example(kept, [0] * head + [1] * (len(kept) - head), answer[0] - moved, answer[1] - moved)


def _answer_tokens(question: Question, context: list[int], offsets: list[tuple[int, int]]) -> tuple[int, int] | None:
    """First and last token of the answer; 0 and 0 if there is none to be found, None if no token covers it."""
    if question["is_impossible"] or not question["answers"]:
        return 0, 0
    answer = question["answers"][0]
    begins, ends = answer["answer_start"], answer["answer_start"] + len(answer["text"])
    covered = [token for token in context if offsets[token][1] > begins and offsets[token][0] < ends]
    return (covered[0], covered[-1]) if covered else None


def _room(context: list[int]) -> int:
    """How many tokens of the text fit behind the question, before the last separator."""
    return MAX_TOKENS - context[0] - 1


def _begin(context: list[int], answer: tuple[int, int], tokens: int, generator: random.Random) -> int | None:
    """The first token of the text that is kept: any with which the whole answer is. None if there is none."""
    (first, last), head, room = answer, context[0], _room(context)
    if len(context) <= room:
        return head
    lowest = max(head, last - room + 1) if last else head
    highest = min(first if last else tokens, context[-1] - room + 1)
    if room < LEAST_CONTEXT_TOKENS or highest < lowest:
        return None
    return generator.randint(lowest, highest)


def collate(examples: list[Example]) -> dict[str, torch.Tensor]:
    """Tensors of shape (examples, tokens of the longest)."""
    ids = [torch.tensor(example.input_ids) for example in examples]
    types = [torch.tensor(example.token_type_ids) for example in examples]
    return {
        "input_ids": pad_sequence(ids, batch_first=True),
        "token_type_ids": pad_sequence(types, batch_first=True),
        "attention_mask": pad_sequence([torch.ones_like(row) for row in ids], batch_first=True),
        "start_positions": torch.tensor([example.start for example in examples]),
        "end_positions": torch.tensor([example.end for example in examples]),
    }

"""Cuts a question and a long context into overlapping windows that a model can read.

Knows tokenizers, not models. Every token of the context has one number, counted over the whole context, whichever
windows it stands in; `ContextWindows` says which characters that token and its whole word cover.
"""

import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from models.errors import InvalidInput
from models.text.answer_spans import MAX_ANSWER_TOKENS
from models.text.readable import encode
from models.text.segmentation import without_space
from models.wording import is_blank
from models.wrapper import readable

WINDOW_TOKENS = 384
OVERLAP_TOKENS = 128
MAX_CONTEXT_CHARACTERS = 1_000_000

Characters = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """What the model reads at once.

    `inputs` has one list of numbers for each argument of the model; `positions` says where in them the context's
    tokens stand, and `first` is the number of the first of these.
    """

    inputs: dict[str, list[int]]
    positions: list[int]
    first: int


@dataclass(frozen=True)
class ContextWindows:
    """A whole context: its windows, and for each of its tokens the (start, end) characters of token and whole word."""

    windows: list[Window]
    tokens: list[Characters]
    words: list[Characters]


def require_question(question: str) -> None:
    """Raise InvalidInput for a question that is blank, or holds bytes that were not UTF-8."""
    if is_blank(question):
        raise InvalidInput("There is no question. Ask one about the text.")
    readable(question)


def require_context(context: str) -> None:
    """Raise InvalidInput for a context that is blank, too long, or holds bytes that were not UTF-8."""
    if is_blank(context):
        raise InvalidInput("There is no text to look for the answer in. Give the text that the question is about.")
    if len(context) > MAX_CONTEXT_CHARACTERS:
        raise InvalidInput(
            f"The text has {len(context):,} characters, and at most {MAX_CONTEXT_CHARACTERS:,} are read. "
            "Ask about a part of it."
        )
    readable(context)


def split_into_windows(
    tokenizer: Any, question: str, context: str, size: int = WINDOW_TOKENS, token_types: bool = False
) -> ContextWindows:
    """Windows of at most `size` tokens, each holding the whole question and a piece of the context.

    Neighbours share 128 tokens of context, half of `size` for models that read less than 256, and never more than
    three quarters of what fits, so that each window brings something new even behind a long question.

    With room for 4 tokens of context beside the question, and an overlap of 1, a context of 9 tokens becomes

        window 0:  0 1 2 3              first = 0
        window 1:        3 4 5 6        first = 1 × (4 - 1) = 3
        window 2:              6 7 8    first = 2 × (4 - 1) = 6

    Raises:
        InvalidInput: the question leaves less room than the longest answer needs, or no token of the context remains.
    """
    room = _room_for_context(tokenizer, question, size)
    overlap = min(OVERLAP_TOKENS, size // 2, room * 3 // 4)
    encoding = encode(
        tokenizer,
        question,
        context,
        truncation="only_second",
        max_length=size,
        stride=overlap,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_token_type_ids=token_types,
    )
    windows: list[Window] = []
    tokens: list[Characters] = []
    words: list[int | None] = []  # the tokenizer's number of the word that each token belongs to
    for row, ids in enumerate(encoding["input_ids"]):
        # <s> 0, question 0, </s></s> none, context 1, </s> none: where in `ids` the context's tokens stand.
        positions = [position for position, text in enumerate(encoding.sequence_ids(row)) if text == 1]
        first = row * (room - overlap)
        inputs = {name: encoding[name][row] for name in ("attention_mask", "token_type_ids") if name in encoding}
        windows.append(Window({"input_ids": ids} | inputs, positions, first))
        offsets, word_ids = encoding["offset_mapping"][row], encoding.word_ids(row)
        # From `first` on, not at the end: the tokens of the overlap are there already, and are the same.
        tokens[first:] = [(offsets[position][0], offsets[position][1]) for position in positions]
        words[first:] = [word_ids[position] for position in positions]
    if not tokens:
        raise InvalidInput("The model can read nothing in this text. Give it a text with words in it.")
    return ContextWindows(windows, tokens, _whole_words(context, tokens, words))


def _room_for_context(tokenizer: Any, question: str, size: int) -> int:
    length = len(encode(tokenizer, question, add_special_tokens=False, verbose=False)["input_ids"])
    longest: int = size - tokenizer.num_special_tokens_to_add(pair=True) - MAX_ANSWER_TOKENS
    if length > longest:
        raise InvalidInput(
            f"The question is too long: it has {length} tokens, and this model has room for {max(longest, 0)} "
            "beside the text. Ask a shorter question."
        )
    return longest - length + MAX_ANSWER_TOKENS


def _whole_words(context: str, tokens: list[Characters], word_ids: list[int | None]) -> list[Characters]:
    """For each token the characters of the word that it belongs to; its own where the tokenizer knows no words."""
    words: list[Characters] = []
    for word, pieces in groupby(zip(word_ids, tokens, strict=True), key=lambda piece: piece[0]):
        offsets = [token for _, token in pieces]
        if word is None:
            words.extend(offsets)
            continue
        start, end = offsets[0][0], offsets[-1][1]
        # Accents that are characters of their own follow their letter, but some tokenizers count them as a new word.
        if words and _is_mark(context, start):
            start = words[-1][0]
        while _is_mark(context, end):
            end += 1
        words.extend([(start, end)] * len(offsets))
    # DeBERTa's and ModernBERT's tokenizers count the space before a word as a part of it.
    return [without_space(context, *word) if context[slice(*word)].strip() else word for word in words]


def _is_mark(context: str, index: int) -> bool:
    return index < len(context) and unicodedata.category(context[index]).startswith("M")

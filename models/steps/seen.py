"""Reads what is worth seeing from the names that a step's cell gave values to. Keeps no model and no tokenizer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.catalog import Task
from models.steps.cells import ANSWER, ATTENTION, LOGITS, OTHER, PIPELINE, TOKENS
from models.steps.execution import Namespace
from models.steps.looks import (
    AnswerLook,
    AttentionLook,
    AttentionTable,
    LabelsLook,
    Look,
    NextLook,
    SameLook,
    SpansLook,
    TokensLook,
    WrongLook,
)
from models.steps.plan import Plan
from models.text.token_pieces import shown_piece
from models.text.tokenized import Token

MOST_TOKENS = 400  # that are kept to be drawn
MOST_ATTENTION = 40  # tokens on a side of a heat map
MOST_LABELS = 30
MOST_NEXT = 100  # next tokens that are kept by name; the sliders leave their order as it is
MOST_SPANS = 6


def look(name: str, plan: Plan, names: Namespace) -> Look | None:
    """What there is to see after the step `name`; None where names and printed lines say all."""
    task = plan.asked.task
    if name == TOKENS:
        return TokensLook(_tokens(names["inputs"], names["tokenizer"]), int(names["inputs"]["input_ids"].shape[1]))
    if name == LOGITS:
        return _LOGITS[task](plan, names)
    if name == ANSWER:
        return _answer(task, names)
    if name == PIPELINE:
        return SameLook(names.get("same"), "" if names.get("piped") is None else str(names["piped"])[:300])
    if name == ATTENTION:
        return AttentionLook(_attention(task, names))
    return _wrong(names) if name == OTHER else None


# Tokens


def _tokens(encoded: Any, tokenizer: Any) -> tuple[Token, ...]:
    """The tokens of what a tokenizer gave for one text, or for two."""
    found = encoded.encodings[0]
    unknown, special = tokenizer.unk_token_id, frozenset(tokenizer.all_special_ids)
    byte_level = is_byte_level(tokenizer)
    parts = zip(found.ids, found.tokens, found.offsets, found.sequence_ids, strict=True)
    return tuple(
        Token(
            number, piece, shown_piece(piece, byte_level), start, end,
            special=number in special, added=of is None, unknown=number == unknown and of is not None,
        )
        for number, piece, (start, end), of in list(parts)[:MOST_TOKENS]
    )  # fmt: skip


def is_byte_level(tokenizer: Any) -> bool:
    """Whether the pieces of a vocabulary are bytes."""
    return "ByteLevel" in str(tokenizer.backend_tokenizer.decoder)


def _by_number(ids: Sequence[int], tokenizer: Any) -> tuple[Token, ...]:
    """Tokens of which only the numbers are known."""
    pieces, byte_level = tokenizer.convert_ids_to_tokens(list(ids)), is_byte_level(tokenizer)
    special = frozenset(tokenizer.all_special_ids)
    return tuple(
        Token(number, str(piece), shown_piece(str(piece), byte_level), 0, 0, special=number in special)
        for number, piece in zip(ids, pieces, strict=True)
    )


# Logits


def _labels(plan: Plan, names: Namespace) -> LabelsLook:
    logits = names["logits"][0].float().cpu()
    chances = logits.double().sigmoid() if plan.sigmoid else logits.double().softmax(dim=-1)
    words = names["model"].config.id2label
    best = logits.argsort(descending=True)[:MOST_LABELS].tolist()
    return LabelsLook(
        tuple(str(words[number]) for number in best),
        tuple(float(logits[number]) for number in best),
        tuple(float(chances[number]) for number in best),
    )


def _spans(plan: Plan, names: Namespace) -> SpansLook:
    tokens = _tokens(names["inputs"], names["tokenizer"])

    def best(logits: Any) -> tuple[tuple[str, int, float], ...]:
        values, numbers = logits.float().cpu()[: len(tokens)].topk(min(MOST_SPANS, len(tokens)))
        return tuple(
            (tokens[number].shown, number, value)
            for number, value in zip(numbers.tolist(), values.tolist(), strict=True)
        )

    return SpansLook(best(names["start_logits"]), best(names["end_logits"]))


def _next(plan: Plan, names: Namespace) -> NextLook:
    logits = names["next_logits"].float().cpu()
    best = logits.topk(min(MOST_NEXT, len(logits))).indices.tolist()
    tokenizer = names["tokenizer"]
    # A model may have more rows than its tokenizer has tokens: these say nothing.
    pieces, byte_level = tokenizer.convert_ids_to_tokens(best), is_byte_level(tokenizer)
    texts = (shown_piece(piece, byte_level) if piece is not None else "(no token)" for piece in pieces)
    return NextLook(logits.numpy().astype(np.float32), tuple(zip(best, texts, strict=True)))


_LOGITS: dict[Task, Callable[[Plan, Namespace], Look]] = {
    Task.TEXT_CLASSIFICATION: _labels,
    Task.QUESTION_ANSWERING: _spans,
    Task.TEXT_GENERATION: _next,
    Task.TEXT_TO_TEXT: _next,
}


# Answers


def _answer(task: Task, names: Namespace) -> AnswerLook:
    answer, tokenizer = str(names["answer"]), names["tokenizer"]
    if task == Task.TEXT_CLASSIFICATION:
        return AnswerLook(answer, float(names["scores"].max()))
    if task == Task.QUESTION_ANSWERING:
        start = int(names["begins"]) if answer else 0
        return AnswerLook(answer, float(names["score"]), str(names["CONTEXT"]), start, start + len(answer))
    known = names["inputs"]["input_ids"].shape[1] if task == Task.TEXT_GENERATION else 1
    return AnswerLook(answer, new=_by_number(names["ids"][0, known:].tolist(), tokenizer))


def _wrong(names: Namespace) -> WrongLook:
    wrong, answer = names.get("wrong"), names.get("wrong_answer")
    tokens = () if wrong is None else _tokens(wrong, names["other"])
    as_read = str(names.get("as_read") or "")[:600]
    return WrongLook(tokens, as_read, str(names.get("answer") or ""), None if answer is None else str(answer)[:600])


# Attention


def _attention(task: Task, names: Namespace) -> dict[str, AttentionTable]:
    if task != Task.TEXT_TO_TEXT:
        ids = names["ids"] if task == Task.TEXT_GENERATION else names["inputs"]["input_ids"]
        words = _words(ids, names)
        return {"the text, at itself": _table(names["attentions"], words, words)}
    written, read = _words(names["ids"], names), _words(names["inputs"]["input_ids"], names)
    return {
        "what is written, at what was read": _table(names["cross_attentions"], written, read),
        "what was read, at itself": _table(names["encoder_attentions"], read, read),
    }


def _words(ids: Any, names: Namespace) -> tuple[str, ...]:
    return tuple(token.shown for token in _by_number(ids[0].tolist(), names["tokenizer"]))


def _table(attentions: Sequence[Any], rows: tuple[str, ...], columns: tuple[str, ...]) -> AttentionTable:
    """From a tensor (1, heads, rows, columns) for each layer."""
    most = MOST_ATTENTION
    kept = [layer[0, :, :most, :most].float().cpu().numpy().astype(np.float16) for layer in attentions]
    left_out = max(len(rows), len(columns)) - most
    return AttentionTable(np.stack(kept), rows[:most], columns[:most], max(0, left_out))
